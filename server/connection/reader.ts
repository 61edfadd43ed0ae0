/**
 * What comes over one socket: bytes → lines → whoever hears them. By callbacks, not by
 * a loop that awaits: what a connection keeps while it waits is most of what the
 * collector of a busy server has to look at, and this is half of it.
 */

import type { Connection, Socket } from "./connection.ts";
import type { LineSplitter } from "./line_stream.ts";
import type { IoScheduler, Readable } from "./io_scheduler.ts";

/** Bytes read at once from a peer that says a line now and then: nearly all are shorter. */
const IDLE_READ = 512;

/** Bytes read at once from a peer that has just filled its buffer. */
const BUSY_READ = 16 * 1024;

/** Who is told what comes over a connection. */
export interface LineReceiver {
  /** Takes a line. A promise holds up the next one. */
  onLine(line: string): Promise<void> | void;
  /** Takes the number of bytes of each read; gives the milliseconds for which no more is to be read. */
  onRead(bytes: number): number;
  /** A peer that has much to read has read some of it: a sign of life. */
  onProgress(): void;
  /**
   * Called once, after the last line, when the peer has ended, the framing is broken or
   * the connection has failed; with an `error` when `onLine` or `onRead` has.
   */
  onOver(error?: unknown): void;
}

/** Reads one connection, line by line, from when it is made. */
export class Reader implements Readable {
  readonly #connection: Connection;
  readonly #socket: Pick<Socket, "read">;
  readonly #scheduler: IoScheduler;
  readonly #splitter: LineSplitter;
  readonly #receiver: LineReceiver;
  /** All the memory that reading costs while nothing comes. */
  #buffer = new Uint8Array(IDLE_READ);
  /** Bytes of the last read; `null` when there are no more. */
  #count: number | null = 0;
  /** Whether it is to be read, but for something that waits to be written. */
  #isDue = false;

  constructor(
    connection: Connection,
    socket: Pick<Socket, "read">,
    scheduler: IoScheduler,
    { splitter, receiver }: { splitter: LineSplitter; receiver: LineReceiver },
  ) {
    this.#connection = connection;
    this.#socket = socket;
    this.#scheduler = scheduler;
    this.#splitter = splitter;
    this.#receiver = receiver;
    scheduler.scheduleRead(this);
  }

  /** Starts a read, which `IoScheduler` asks for; not while something waits to be written: its peer waits for that. */
  read(): boolean {
    this.#isDue = this.#connection.isWaiting;
    if (this.#isDue) return false;
    this.#socket.read(this.#buffer).then(this.#onRead, this.#onFailure);
    return true;
  }

  /** Notes that the peer has read some of the much that it has to read. */
  onProgress(): void {
    this.#receiver.onProgress();
  }

  /** Notes that nothing waits to be written any more. */
  onWriting(): void {
    if (this.#isDue) this.#scheduler.scheduleRead(this);
    this.#isDue = false;
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

  readonly #onLines = (lines: readonly string[]): void => this.#handOn(lines, 0);

  /** Hands on the lines from the index `next` on, each as soon as nothing holds it up, and reads on. */
  #handOn(lines: readonly string[], next: number): void {
    try {
      while (next < lines.length && !this.#connection.isClosing) {
        const pending = this.#receiver.onLine(lines[next++] as string);
        if (pending === undefined && !this.#connection.isFull) continue;
        this.#handOnAfter(pending, lines, next);
        return;
      }
      this.#readOn();
    } catch (error) {
      this.#receiver.onOver(error);
    }
  }

  async #handOnAfter(
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
    this.#handOn(lines, next);
  }

  /** Lets more be read, unless there is no more, once the peer may say more. */
  #readOn(): void {
    const count = this.#count;
    const milliseconds = this.#receiver.onRead(count ?? 0);
    if (count === null || this.#connection.framer.problem !== undefined) {
      return this.#receiver.onOver();
    }
    const size = count === this.#buffer.length ? BUSY_READ : IDLE_READ;
    if (size !== this.#buffer.length) this.#buffer = new Uint8Array(size);
    if (milliseconds === 0) return this.#scheduler.scheduleRead(this);
    this.#connection.rest(milliseconds).then(() => this.#scheduler.scheduleRead(this));
  }
}
