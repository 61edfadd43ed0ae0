/**
 * The transport of the load: many connections in one thread, with minimal work for
 * each, since a slow load makes all servers look alike.
 */

import { DenoWire } from "./deno_wire.ts";
import { EpollWire } from "./epoll_wire.ts";

/** Bytes in a buffer that is not shared with another thread. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** Many connections, numbered from 0. */
export interface Wire extends Disposable {
  /** The name of the mechanism, for the report. */
  readonly name: string;
  /** Called with received bytes, which are valid until it returns. */
  onBytes: (connection: number, bytes: Bytes) => void;
  /** Called when the peer has closed a connection. */
  onEnd: (connection: number) => void;
  /**
   * Called in every turn; returns how many milliseconds it can wait for the next one.
   * Messages that are due at a certain time are sent from here.
   */
  pace: () => number;
  /** Idle milliseconds, in which the load was not the bottleneck. */
  readonly idle: number;
  /** Connects to a port on loopback. */
  open(port: number): Promise<number>;
  /** Sends bytes, at once or, if the peer is slow to read, later. */
  send(connection: number, bytes: Bytes): void;
  /** Stops reading from a connection. */
  stopReading(connection: number): void;
  /** Ends a connection. */
  close(connection: number): void;
  /** Sends and receives until `until`, by `performance.now()`. */
  run(until: number): Promise<void>;
}

/** The leanest wire that this machine supports; `signal` ends its `run`. */
export function openWire(signal: AbortSignal): Wire {
  return EpollWire.isAvailable ? new EpollWire(signal) : new DenoWire(signal);
}
