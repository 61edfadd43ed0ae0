/**
 * The input of one socket: bytes → lines → the receiver. By callbacks, not by a loop that
 * awaits: what a connection keeps while it waits is most of what a busy server's collector
 * has to look at, and this is half of it.
 */

import type { Connection } from "./connection.ts";
import type { LineSplitter } from "./line_stream.ts";
import type { IoScheduler, Readable } from "./io_scheduler.ts";

/** Bytes read at once from a peer that sends a line now and then: nearly all lines are shorter. */
const IDLE_READ = 512;

/** Bytes read at once from a peer that has just filled its buffer. */
const BUSY_READ = 16 * 1024;

/** Takes what comes over a connection. Times are milliseconds of `performance.now()`. */
export interface LineReceiver {
  /** Takes a line. A promise holds up the next one. */
  onLine(line: string, now: number): Promise<void> | void;
  /** Takes the number of bytes of each read; returns the milliseconds for which no more is to be read. */
  onRead(bytes: number, now: number): number;
  /**
   * Called once, after the last line, when the peer has ended, the framing is broken or
   * the socket has failed; with an `error` when `onLine` or `onRead` has.
   */
  onOver(error?: unknown): void;
}

/**
 * Reads one connection from when it is made, until the peer ends, the framing breaks
 * (`framer.problem`) or the socket fails (`failure`).
 */
export class Reader implements Readable {
  readonly #connection: Connection;
  readonly #scheduler: IoScheduler;
  readonly #splitter: LineSplitter;
  readonly #receiver: LineReceiver;
  /** All the memory that reading costs while nothing comes. */
  #buffer = new Uint8Array(IDLE_READ);
  /** Bytes of the last read; `null` when there are no more. */
  #count: number | null = 0;

  constructor(
    connection: Connection,
    receiver: LineReceiver,
    { scheduler, splitter }: { scheduler: IoScheduler; splitter: LineSplitter },
  ) {
    this.#connection = connection;
    this.#scheduler = scheduler;
    this.#splitter = splitter;
    this.#receiver = receiver;
    scheduler.scheduleRead(this);
  }

  /** Starts a read in its turn; puts it off while output waits, because the peer waits for that. */
  read(): boolean {
    if (this.#connection.isWaiting) {
      this.#connection.readAfterWriting(this);
      return false;
    }
    this.#connection.receive(this.#buffer).then(this.#onRead, this.#onFailure);
    return true;
  }

  readonly #onRead = (count: number | null): void => {
    const { framer } = this.#connection;
    this.#scheduler.readCompleted();
    this.#count = count;
    const text = count === null ? framer.end() : framer.push(this.#buffer, count);
    if (text === "") this.#onLines([]);
    else this.#splitter.split(text, this.#onLines);
  };

  readonly #onFailure = (error: unknown): void => {
    this.#connection.noteFailure(error);
    this.#onRead(null);
  };

  /** Hands on the lines from the index `next` on, each as soon as nothing holds it up, and reads on. */
  readonly #onLines = (lines: readonly string[], next = 0): void => {
    try {
      const now = performance.now();
      while (next < lines.length && !this.#connection.isClosing) {
        this.#connection.activity.lineReceived(now);
        const pending = this.#receiver.onLine(lines[next++] as string, now);
        if (pending === undefined && !this.#connection.isFull) continue;
        this.#resumeAfter(pending, lines, next);
        return;
      }
      this.#readOn(now);
    } catch (error) {
      this.#receiver.onOver(error);
    }
  };

  async #resumeAfter(
    pending: Promise<void> | void,
    lines: readonly string[],
    next: number,
  ): Promise<void> {
    try {
      await pending;
      if (this.#connection.isFull) await this.#connection.writable();
    } catch (error) {
      return this.#receiver.onOver(error);
    }
    this.#onLines(lines, next);
  }

  /** Lets more be read, unless there is no more, once the peer's byte rate allows. */
  #readOn(now: number): void {
    const count = this.#count;
    const milliseconds = this.#receiver.onRead(count ?? 0, now);
    if (count === null || this.#connection.framer.problem !== undefined) {
      return this.#receiver.onOver();
    }
    const size = count === this.#buffer.length ? BUSY_READ : IDLE_READ;
    if (size !== this.#buffer.length) this.#buffer = new Uint8Array(size);
    if (milliseconds === 0) return this.#scheduler.scheduleRead(this);
    this.#connection.pause(milliseconds).then(() => this.#scheduler.scheduleRead(this));
  }
}
