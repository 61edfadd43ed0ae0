/** The state of a name on all its devices: its session, and what was said in it. */

import type { Target } from "./notes.ts";

/** A message that is not acknowledged yet. */
export interface Draft {
  ref: number;
  target: Target;
  text: string;
}

/** A device on which the account is used. */
interface Device {
  /** Stops talking. */
  hush(): void;
}

/** The state that all devices of one name share. */
export class Account {
  readonly name: string;
  token: string | undefined;
  lastRef = 0;
  /** Unacknowledged messages by ref, in the order in which they were said. */
  readonly waiting = new Map<number, Draft>();
  /** Messages that the server refused to keep. */
  readonly refused: Draft[] = [];
  /** The device that has the session. */
  device: Device | undefined;
  /** The number of acknowledged messages, and the highest ref among them. */
  acknowledged = 0;
  lastKept = 0;

  constructor(name: string) {
    this.name = name;
  }

  /** Notes that the server has kept the message with this ref. */
  settle(ref: number | undefined): void {
    if (ref === undefined) return;
    if (this.waiting.delete(ref)) this.acknowledged++;
    this.lastKept = Math.max(this.lastKept, ref);
  }
}
