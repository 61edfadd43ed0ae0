/**
 * One socket, with one send queue and one writer; `reader.ts` reads it. Nothing waits for a
 * peer: output is queued. When the queue is over its limit, `flush()` returns false, and
 * nothing more is read from the peer until the queue drains.
 */

import { limitedKey } from "../limits/rate_limit_key.ts";
import { LineFramer } from "../../protocol/mod.ts";
import { hostAndPort, isLoopback } from "../../cli/host_port.ts";
import { Activity } from "./activity.ts";
import type { Batch } from "./batch.ts";
import type { ConnectionHandle } from "../hub/state/connection_handle.ts";
import type { IoScheduler, Readable, Writable } from "./io_scheduler.ts";
import { SendQueue } from "./send_queue.ts";

/**
 * Bytes that may wait for a peer to read them: well above one tick of a busy room. More is
 * queued only as answers to the peer's own requests, of which none is read meanwhile.
 */
const SEND_QUEUE_LIMIT = 1024 * 1024;

/** Bytes down to which a queue must drain before it is filled from the log again. */
const LOW_WATER = 128 * 1024;

/** Bytes read at once of input that is to be dropped. */
const DISCARD_READ = 64 * 1024;

/**
 * Milliseconds in which a closing connection's peer has to read what it was sent and end its
 * own side. Closing at once would reset the connection and lose the last lines.
 */
const CLOSE_TIMEOUT = 2000;

/** The part of a socket that a connection uses; a `Deno.TcpConn` has all of it. */
export interface Socket extends Pick<Deno.TcpConn, SocketPart> {
  /** Whether it is unreadable on the way. */
  readonly isEncrypted?: boolean;
  /**
   * Of a socket that stands in for another until its peer's first bytes have come: calls `use`
   * with the other one once it is known, so that it costs nothing from then on.
   */
  whenKnown?(use: (socket: Socket) => void): void;
}

type SocketPart =
  | "remoteAddr"
  | "read"
  | "write"
  | "closeWrite"
  | "close"
  | "setNoDelay"
  | "setKeepAlive";

/** A socket that knows the address at which its peer has reached the server. */
export interface Transport extends Socket {
  readonly localAddr: Deno.NetAddr;
}

/** A listener that hands out {@linkcode Transport}s. */
export interface TransportListener extends Listener {
  accept(): Promise<Transport>;
}

/** Where connections come from: a `Deno.TcpListener`, one for TLS, or one for the page too. */
export interface Listener {
  readonly addr: Deno.NetAddr;
  accept(): Promise<Socket>;
  close(): void;
}

/** `closing`: what was sent still leaves; `ended`: all has left, and the socket is shut for writing. */
type Phase = "open" | "closing" | "ended" | "closed";

/** A connection's socket, send queue and writer. */
export class Connection implements ConnectionHandle, Writable {
  /** Counts from 1 for the server's life; names the connection in the server's own log. */
  readonly id: number;
  /** The peer's address and port. */
  readonly peer: string;
  /** The peer's address. */
  readonly hostname: string;
  readonly framer = new LineFramer();
  readonly activity = new Activity(performance.now());
  /**
   * Whether batches skip the connection, because its subscription sends it the log instead. Here and
   * not in a map of subscriptions, since each batch asks it of each member.
   */
  isBehind = false;
  /** Why the socket failed, for the server's own log. */
  failure: string | undefined;
  #socket: Socket;
  readonly #scheduler: IoScheduler;
  /** The reader, while it waits for the output to be written. */
  #waitingReader: Readable | undefined;
  readonly #queue = new SendQueue();
  #phase: Phase = "open";
  /** Bytes that are ready to be written, or on their way. */
  #queuedBytes = 0;
  /** The single writer: `scheduled` until its turn has come, then `writing` until the queue is empty. */
  #writer: "idle" | "scheduled" | "writing" = "idle";
  /** Bytes of which the system has not taken all. */
  #unwritten: Uint8Array | undefined;
  #writable: PromiseWithResolvers<void> | undefined;
  #drained: PromiseWithResolvers<void> | undefined;
  #closeTimer: ReturnType<typeof setTimeout> | undefined;
  /** Each ends one pause, in reading or in handling lines. */
  #pauses: Set<() => void> | undefined;

  constructor(socket: Socket, id: number, scheduler: IoScheduler) {
    this.#socket = socket;
    socket.whenKnown?.((known) => this.#socket = known);
    this.#scheduler = scheduler;
    this.id = id;
    this.peer = hostAndPort(socket.remoteAddr);
    this.hostname = socket.remoteAddr.hostname;
    // A chat line must not wait for the next one (Nagle); a dead peer must be found some day.
    socket.setNoDelay(true);
    socket.setKeepAlive(true);
  }

  /** Whether it has come over TLS. */
  get isEncrypted(): boolean {
    return this.#socket.isEncrypted === true;
  }

  /** Whether a secret may pass: the connection is encrypted, or never leaves this machine. */
  get isSecure(): boolean {
    return this.isEncrypted || isLoopback(this.hostname);
  }

  /** The address as bans compare it; none for this machine, where a proxy may stand for everyone. */
  get addressKey(): string | undefined {
    return limitedKey(this.hostname, false);
  }

  /** Resolves when nothing more will be written: all has left, or is lost. */
  get drained(): Promise<void> {
    if (this.#phase === "ended" || this.#phase === "closed") return Promise.resolve();
    this.#drained ??= Promise.withResolvers<void>();
    return this.#drained.promise;
  }

  /** Bytes that wait to be written, or are on their way. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** Whether much waits for the peer to read it. */
  get isHeavy(): boolean {
    return this.#queuedBytes > LOW_WATER;
  }

  /** Whether the peer was sent so much since its last line that it may still be reading. */
  get hasMuchToRead(): boolean {
    return this.activity.unansweredBytes > LOW_WATER;
  }

  /** Whether so much waits that no more requests are to be read. */
  get isFull(): boolean {
    return this.#queuedBytes > SEND_QUEUE_LIMIT;
  }

  /** Whether output waits for the writer's turn. */
  get isWaiting(): boolean {
    return this.#writer === "scheduled" && this.#phase !== "closed";
  }

  /** Whether it is closed or about to be, so that no further input counts. */
  get isClosing(): boolean {
    return this.#phase !== "open";
  }

  /** Reads into `buffer`; resolves with the number of bytes, or `null` when the peer has ended its side. */
  receive(buffer: Uint8Array): Promise<number | null> {
    return this.#socket.read(buffer);
  }

  /** Schedules a read for when no output waits any more. */
  readAfterWriting(reader: Readable): void {
    this.#waitingReader = reader;
  }

  /** Resolves after so many milliseconds, or when the connection closes. */
  async pause(milliseconds: number): Promise<void> {
    if (this.isClosing) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, milliseconds);
    this.#pauses ??= new Set();
    this.#pauses.add(resolve);
    await promise;
    clearTimeout(timer);
    this.#pauses.delete(resolve);
  }

  /**
   * Queues bytes or a batch, in the order of the calls; returns at once.
   *
   * - Nothing leaves before the tick's {@linkcode Connection.flush}. Until then a batch may
   *   still grow, unless other bytes than its own were sent behind it or `closeBatch` was called.
   * - The queue has no bound of its own: the caller stops when `flush` returns false, and
   *   resumes after `writable`.
   * - A connection that is closing or closed ignores it. Nothing is thrown: a socket that fails
   *   is noted in `failure` and ends the reader.
   *
   * Returns true for the first call of a tick, since one flush is enough.
   */
  send(chunk: Uint8Array | Batch): boolean {
    return this.#phase === "open" && this.#queue.push(chunk);
  }

  /** Stops the batch that was sent last from growing; earlier ones have stopped already. */
  closeBatch(): void {
    this.#queue.closeBatch();
  }

  /** Ends the tick: what was sent in it starts to leave. False when the queue is over its limit. */
  flush(): boolean {
    const bytes = this.#queue.flush(this);
    this.#queuedBytes += bytes;
    this.activity.unansweredBytes += bytes;
    if (this.#writer === "idle" && !this.#queue.isEmpty) {
      this.#writer = "scheduled";
      this.#scheduler.scheduleWrite(this);
    }
    return !this.isFull;
  }

  /** Resolves when the queue has drained, or the connection is closed. */
  writable(): Promise<void> {
    if (!this.isHeavy || this.#phase === "closed") return Promise.resolve();
    this.#writable ??= Promise.withResolvers<void>();
    return this.#writable.promise;
  }

  /** Closes once everything sent before has left, or after {@linkcode CLOSE_TIMEOUT}. */
  close(): void {
    if (this.isClosing) return;
    this.flush();
    this.#phase = "closing";
    this.#endPauses();
    this.#closeTimer = setTimeout(() => this.abort(), CLOSE_TIMEOUT);
    if (this.#writer === "idle") this.#endWriting();
  }

  /** Closes at once; what is queued is lost. */
  abort(): void {
    clearTimeout(this.#closeTimer);
    if (this.#phase === "closed") return;
    this.#phase = "closed";
    this.#endPauses();
    this.#queue.clear();
    this.#resumeReading();
    this.#socket.close();
    this.#drained?.resolve();
    this.#onWritable();
  }

  #endPauses(): void {
    for (const end of this.#pauses ?? []) end();
  }

  #onWritable(): void {
    this.#writable?.resolve();
    this.#writable = undefined;
  }

  /** Reads and drops what still comes from the peer, until it ends its side. */
  async discard(): Promise<void> {
    const buffer = new Uint8Array(DISCARD_READ);
    try {
      while (await this.receive(buffer) !== null);
    } catch (error) {
      this.noteFailure(error);
    }
  }

  /** Starts the single writer in its turn: one write at a time, with as much of the queue as is sensible. */
  write(): void {
    this.#writeNext();
    if (this.#waitingReader !== undefined) this.#resumeReading();
  }

  #resumeReading(): void {
    if (this.#waitingReader !== undefined) this.#scheduler.scheduleRead(this.#waitingReader);
    this.#waitingReader = undefined;
  }

  #writeNext(): void {
    this.#unwritten ??= this.#queue.isEmpty ? undefined : this.#queue.take();
    if (this.#unwritten !== undefined) {
      this.#writer = "writing";
      this.#socket.write(this.#unwritten).then(this.#onWritten, this.#onWriteFailure);
      return;
    }
    this.#writer = "idle";
    if (this.#phase === "closing") this.#endWriting();
  }

  readonly #onWritten = (count: number): void => {
    // A short write only reaches the system's buffer, and is no sign of the peer.
    if (this.isHeavy) this.activity.progressed(performance.now());
    this.#queuedBytes -= count;
    if (this.#writable !== undefined && !this.isHeavy) this.#onWritable();
    const { length } = this.#unwritten as Uint8Array;
    this.#unwritten = count < length ? this.#unwritten?.subarray(count) : undefined;
    this.#writeNext();
  };

  readonly #onWriteFailure = (error: unknown): void => {
    this.noteFailure(error);
    this.abort();
    this.#writer = "idle";
  };

  /** Tells the peer that nothing more comes. */
  async #endWriting(): Promise<void> {
    try {
      await this.#socket.closeWrite();
    } catch (error) {
      this.noteFailure(error);
    }
    if (this.#phase === "closing") this.#phase = "ended";
    this.#drained?.resolve();
  }

  /** Notes why the socket failed. A peer that is gone is everyday life, and no more than a note. */
  noteFailure(error: unknown): void {
    if (this.#phase === "closed") return;
    this.failure ??= error instanceof Error ? error.message : String(error);
  }
}
