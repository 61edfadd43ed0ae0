/** What a name has, on whatever device: its session, and what was said in it. */

import type { Target } from "./notes.ts";

/** Something said, and not acknowledged yet. */
export interface Draft {
  ref: number;
  target: Target;
  text: string;
}

/** A device on which the account is used. */
interface Device {
  /** Says nothing more. */
  hush(): void;
}

/** What all devices of one name share. */
export class Account {
  readonly name: string;
  token: string | undefined;
  lastRef = 0;
  /** What is not acknowledged, by ref, in the order in which it was said. */
  readonly waiting = new Map<number, Draft>();
  /** What the server refused to keep. */
  readonly refused: Draft[] = [];
  /** The device that has the session. */
  device: Device | undefined;
  /** How much was acknowledged, and the highest ref among that. */
  acknowledged = 0;
  lastKept = 0;

  constructor(name: string) {
    this.name = name;
  }

  /** Notes that the server has kept what has this ref. */
  settle(ref: number | undefined): void {
    if (ref === undefined) return;
    if (this.waiting.delete(ref)) this.acknowledged++;
    this.lastKept = Math.max(this.lastKept, ref);
  }
}
