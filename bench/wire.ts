/**
 * What the load is sent and read over: many connections, one thread, and as little
 * work for each of them as can be, since a slow load makes every server look alike.
 */

import { DenoWire } from "./deno_wire.ts";
import { EpollWire } from "./epoll_wire.ts";

/** Bytes that nobody shares. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** Many connections, known by their numbers, which count from 0. */
export interface Wire extends Disposable {
  /** What does the work, for the report. */
  readonly name: string;
  /** Takes what a connection received. The bytes are only good until it returns. */
  onBytes: (connection: number, bytes: Bytes) => void;
  /** Called when the other side has ended a connection. */
  onEnd: (connection: number) => void;
  /**
   * Called in every turn; says how many milliseconds it can wait for the next one.
   * Whatever must be sent at a certain time is sent from here.
   */
  pace: () => number;
  /** Milliseconds for which there was nothing to do: the load was not the bottleneck then. */
  readonly idle: number;
  /** Connects to a port on loopback. */
  open(port: number): Promise<number>;
  /** Sends bytes, at once or, when the other side is slow to read, later. */
  send(connection: number, bytes: Bytes): void;
  /** Reads nothing more from a connection. */
  stopReading(connection: number): void;
  /** Ends a connection. */
  close(connection: number): void;
  /** Sends and receives until then, by the clock of `performance.now()`. */
  run(until: number): Promise<void>;
}

/** The leanest wire that this machine has; `signal` ends its `run`. */
export function openWire(signal: AbortSignal): Wire {
  return EpollWire.isAvailable ? new EpollWire(signal) : new DenoWire(signal);
}
