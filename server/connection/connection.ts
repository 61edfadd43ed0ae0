/**
 * One socket. One reader hears lines from it; one queue and one writer send to it.
 * Nobody waits for a peer: what is sent is queued. When the queue is over its
 * bound, `flush()` says so, and nothing more is read from the peer until it drains.
 */

import { LineFramer } from "../../protocol/mod.ts";
import { hostAndPort, isLoopback } from "../../cli/host_port.ts";
import type { Batch } from "./batch.ts";
import type { ConnectionHandle } from "../hub/connection_handle.ts";
import type { Subscription } from "../delivery/subscription.ts";
import type { LineSplitter } from "./line_stream.ts";
import type { IoScheduler, Writable } from "./io_scheduler.ts";
import { type LineReceiver, Reader } from "./reader.ts";
import { SendQueue } from "./send_queue.ts";

/**
 * Bytes that may wait for a peer to read them: well above one tick of a busy room.
 * More only comes as answers to its own requests, of which none is read meanwhile.
 */
const SEND_QUEUE_LIMIT = 1024 * 1024;

/** Bytes down to which a queue must drain before it is fed again. */
const LOW_WATER = 128 * 1024;

/** Bytes read at once of what is to be dropped. */
const DISCARD_READ = 64 * 1024;

/**
 * Milliseconds that a closing connection has, to take what it was sent and to
 * end its own side. Closing at once would reset it, and lose the last lines.
 */
const CLOSE_TIMEOUT = 2000;

/** What a connection needs of its socket: a `Deno.TcpConn` has it all, whatever is spoken over it. */
export interface Socket extends Pick<Deno.TcpConn, SocketPart> {
  /** Whether nobody between the two ends can read along. */
  readonly isEncrypted?: boolean;
}

type SocketPart =
  | "remoteAddr"
  | "read"
  | "write"
  | "closeWrite"
  | "close"
  | "setNoDelay"
  | "setKeepAlive";

/** A connection's socket, reader, send queue and writer. */
export class Connection implements ConnectionHandle, Writable {
  /** Counts from 1 for the server's life; names the connection in the logs. */
  readonly id: number;
  /** The peer's address and port. */
  readonly peer: string;
  /** The peer's address. */
  readonly hostname: string;
  /** Whether a secret may pass: it is encrypted, or never leaves this machine. */
  readonly isSecure: boolean;
  readonly framer = new LineFramer();
  /** What it follows of the log: the pipeline's, kept here so that nobody has to look for it. */
  subscription: Subscription | undefined;
  /** Why it was given up, for the log. */
  failure: string | undefined;
  readonly #conn: Socket;
  readonly #scheduler: IoScheduler;
  #reader: Reader | undefined;
  readonly #queue = new SendQueue();
  /** Bytes that are ready to be written, or on their way. */
  #queuedBytes = 0;
  /** Bytes that were queued since the peer was heard last. */
  #unansweredBytes = 0;
  /** Whether something is being written, or waits for its turn to be. */
  #isWriting = false;
  /** Bytes of which the system has not taken all. */
  #unwritten: Uint8Array | undefined;
  #writable: PromiseWithResolvers<void> | undefined;
  #closing: ReturnType<typeof setTimeout> | undefined;
  #closed = false;
  /** Ends each rest that is being taken: of its reader, and of whoever handles the lines. */
  #resting: Set<() => void> | undefined;
  #isDrained = false;
  #drained: PromiseWithResolvers<void> | undefined;

  constructor(conn: Socket, id: number, scheduler: IoScheduler) {
    this.#conn = conn;
    this.#scheduler = scheduler;
    this.id = id;
    this.peer = hostAndPort(conn.remoteAddr);
    this.hostname = conn.remoteAddr.hostname;
    this.isSecure = conn.isEncrypted === true || isLoopback(this.hostname);
    // A chat line must not wait for the next one (Nagle); a dead peer must be found some day.
    conn.setNoDelay(true);
    conn.setKeepAlive(true);
  }

  /** Resolves when nothing more will be written: all has left, or is lost. */
  get drained(): Promise<void> {
    if (this.#isDrained) return Promise.resolve();
    this.#drained ??= Promise.withResolvers<void>();
    return this.#drained.promise;
  }

  /** Whether much waits for the peer to read it. */
  get isHeavy(): boolean {
    return this.#queuedBytes > LOW_WATER;
  }

  /** Whether so much was sent since the peer was heard last that it may still be reading. */
  get hasMuchToRead(): boolean {
    return this.#unansweredBytes > LOW_WATER;
  }

  /** Whether so much waits that nothing more is to be asked of it. */
  get isFull(): boolean {
    return this.#queuedBytes > SEND_QUEUE_LIMIT;
  }

  /** Whether something is to be written, and its turn has not come. */
  get isWaiting(): boolean {
    return this.#isWriting && this.#unwritten === undefined && !this.#closed;
  }

  /** Whether it is closed or about to be: nothing that comes from it counts any more. */
  get isClosing(): boolean {
    return this.#closed || this.#closing !== undefined;
  }

  /**
   * Hands on each line, until the peer ends, the framing breaks (`framer.problem`)
   * or the connection fails (`failure`).
   */
  read(splitter: LineSplitter, receiver: LineReceiver): void {
    this.#reader = new Reader(this, this.#conn, this.#scheduler, { splitter, receiver });
  }

  /** Notes that the peer said something. */
  heard(): void {
    this.#unansweredBytes = 0;
  }

  /** Resolves after so many milliseconds, or when the connection closes. */
  async rest(milliseconds: number): Promise<void> {
    if (this.isClosing) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, milliseconds);
    this.#resting ??= new Set();
    this.#resting.add(resolve);
    await promise;
    clearTimeout(timer);
    this.#resting.delete(resolve);
  }

  /**
   * Queues bytes or a batch. They leave after the tick's {@linkcode Connection.flush}.
   * True for the first of a tick, since one flush is enough.
   */
  send(chunk: Uint8Array | Batch): boolean {
    return !this.isClosing && this.#queue.push(chunk);
  }

  /** Lets the batch that was sent last grow no more; those before it do not any more. */
  closeBatch(): void {
    this.#queue.closeBatch();
  }

  /** Ends the tick: what was sent in it starts to leave. False when the queue is over its limit. */
  flush(): boolean {
    const bytes = this.#queue.flush(this);
    this.#queuedBytes += bytes;
    this.#unansweredBytes += bytes;
    this.#startWriting();
    return !this.isFull;
  }

  /** Resolves when the queue has drained, or the connection is closed. */
  writable(): Promise<void> {
    if (!this.isHeavy || this.#closed) return Promise.resolve();
    this.#writable ??= Promise.withResolvers<void>();
    return this.#writable.promise;
  }

  /** Closes once everything sent before has left, or when patience ends. */
  close(): void {
    if (this.isClosing) return;
    this.flush();
    this.#wake();
    this.#closing = setTimeout(() => this.abort(), CLOSE_TIMEOUT);
    if (!this.#isWriting) this.#endWriting();
  }

  /** Closes at once; what is queued is lost. */
  abort(): void {
    clearTimeout(this.#closing);
    if (this.#closed) return;
    this.#closed = true;
    this.#wake();
    this.#queue.clear();
    this.#reader?.onWriting();
    this.#conn.close();
    this.#noteDrained();
    this.#resumeFeeding();
  }

  #wake(): void {
    for (const wake of this.#resting ?? []) wake();
  }

  #resumeFeeding(): void {
    this.#writable?.resolve();
    this.#writable = undefined;
  }

  /** Reads and drops what still comes from the peer, until it ends its side. */
  async discard(): Promise<void> {
    const buffer = new Uint8Array(DISCARD_READ);
    try {
      while (await this.#conn.read(buffer) !== null);
    } catch (error) {
      this.noteFailure(error);
    }
  }

  #startWriting(): void {
    if (this.#isWriting || this.#queue.isEmpty) return;
    this.#isWriting = true;
    this.#scheduler.scheduleWrite(this);
  }

  /** Starts the single writer, when `IoScheduler` says so: one write at a time, as much of the queue in it as is sensible. */
  write(): void {
    this.#writeNext();
    this.#reader?.onWriting();
  }

  #writeNext(): void {
    this.#unwritten ??= this.#queue.isEmpty ? undefined : this.#queue.take();
    if (this.#unwritten !== undefined) {
      this.#conn.write(this.#unwritten).then(this.#onWritten, this.#onWriteFailure);
      return;
    }
    this.#isWriting = false;
    if (this.#closing !== undefined) this.#endWriting();
  }

  readonly #onWritten = (count: number): void => {
    // A short write only reaches the system's buffer, and says nothing of the peer.
    if (this.isHeavy) this.#reader?.onProgress();
    this.#queuedBytes -= count;
    if (!this.isHeavy) this.#resumeFeeding();
    const { length } = this.#unwritten as Uint8Array;
    this.#unwritten = count < length ? this.#unwritten?.subarray(count) : undefined;
    this.#writeNext();
  };

  readonly #onWriteFailure = (error: unknown): void => {
    this.noteFailure(error);
    this.abort();
    this.#isWriting = false;
  };

  /** Tells the peer that nothing more comes. */
  async #endWriting(): Promise<void> {
    try {
      await this.#conn.closeWrite();
    } catch (error) {
      this.noteFailure(error);
    }
    this.#noteDrained();
  }

  #noteDrained(): void {
    this.#isDrained = true;
    this.#drained?.resolve();
  }

  /** Notes how the connection failed. A peer that is gone is everyday life, and no more than a note. */
  noteFailure(error: unknown): void {
    if (!this.#closed) this.failure ??= error instanceof Error ? error.message : String(error);
  }
}
