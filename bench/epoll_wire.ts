/**
 * The wire on Linux: plain sockets and `epoll` of the C library, with one buffer for
 * all. Every ready connection is read once per turn, so none starves.
 */

import { setImmediate } from "node:timers";
import { EPOLL_EVENT, hasLibc, type Libc, LINUX, loopback, openLibc } from "./libc.ts";
import type { Bytes, Wire } from "./wire.ts";

/** Ready connections per call of `epoll_wait`. */
const MAX_EVENTS = 1024;

/** Bytes per read. */
const READ_SIZE = 256 * 1024;

/** Milliseconds after which the runtime's timers and signals get a turn. */
const SLICE = 50;

/** Many connections over `epoll`. */
export class EpollWire implements Wire {
  /** Whether this machine supports it. */
  static readonly isAvailable = hasLibc();
  readonly name = "epoll, called from Deno";
  onBytes: Wire["onBytes"] = () => {};
  onEnd: Wire["onEnd"] = () => {};
  pace: Wire["pace"] = () => Infinity;
  idle = 0;
  readonly #signal: AbortSignal;
  readonly #library: Libc = openLibc();
  readonly #libc = this.#library.symbols;
  readonly #epoll = this.#libc.epoll_create1(0);
  /** The descriptor of each connection; -1 when it is closed. */
  readonly #descriptors: number[] = [];
  readonly #unsent = new Map<number, Bytes>();
  readonly #deaf = new Set<number>();
  readonly #events = new Int32Array(MAX_EVENTS * EPOLL_EVENT.words);
  readonly #eventBytes = new Uint8Array(this.#events.buffer);
  readonly #buffer = new Uint8Array(READ_SIZE);
  readonly #readSize = BigInt(READ_SIZE);

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  open(port: number): Promise<number> {
    const { AF_INET, SOCK_STREAM, SOCK_CLOEXEC, IPPROTO_TCP, TCP_NODELAY } = LINUX;
    const descriptor = this.#libc.socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) throw new Error("Cannot open a socket: raise the limit with ulimit -n");
    if (this.#libc.connect(descriptor, loopback(port), 16) < 0) {
      this.#libc.close(descriptor);
      throw new Error(`Cannot connect to port ${port}`);
    }
    this.#libc.setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, int32(1), 4);
    const connection = this.#descriptors.push(descriptor) - 1;
    this.#watch(connection, LINUX.EPOLL_CTL_ADD);
    return Promise.resolve(connection);
  }

  send(connection: number, bytes: Bytes): void {
    const waiting = this.#unsent.get(connection);
    if (waiting !== undefined) {
      this.#unsent.set(connection, joined(waiting, bytes));
      return;
    }
    const sent = this.#sendSome(connection, bytes);
    if (sent === bytes.length) return;
    this.#unsent.set(connection, bytes.slice(sent));
    this.#watch(connection, LINUX.EPOLL_CTL_MOD);
  }

  stopReading(connection: number): void {
    const { SOL_SOCKET, SO_RCVBUF, EPOLL_CTL_MOD } = LINUX;
    this.#libc.setsockopt(this.#descriptor(connection), SOL_SOCKET, SO_RCVBUF, int32(16384), 4);
    this.#deaf.add(connection);
    this.#watch(connection, EPOLL_CTL_MOD);
  }

  close(connection: number): void {
    const descriptor = this.#descriptor(connection);
    if (descriptor < 0) return;
    this.#libc.close(descriptor);
    this.#descriptors[connection] = -1;
    this.#unsent.delete(connection);
  }

  async run(until: number): Promise<void> {
    do {
      const end = Math.min(until, performance.now() + SLICE);
      do this.#turn(end); while (performance.now() < end);
      await new Promise<void>((resolve) => setImmediate(resolve));
      this.#signal.throwIfAborted();
    } while (performance.now() < until);
  }

  [Symbol.dispose](): void {
    for (const connection of this.#descriptors.keys()) this.close(connection);
    this.#libc.close(this.#epoll);
    this.#library.close();
  }

  /** Waits for ready connections, and serves each of them once. */
  #turn(end: number): void {
    const due = this.pace();
    const began = performance.now();
    // Rounded down: the last fraction of a millisecond is spent polling, so nothing is sent late.
    const wait = Math.max(0, Math.floor(Math.min(due, end - began)));
    const count = this.#libc.epoll_wait(this.#epoll, this.#eventBytes, MAX_EVENTS, wait);
    this.idle += performance.now() - began;
    for (let event = 0; event < count; event++) {
      const word = event * EPOLL_EVENT.words;
      this.#serve(
        this.#events[word + EPOLL_EVENT.own] as number,
        this.#events[word] as number,
      );
    }
  }

  #serve(connection: number, ready: number): void {
    if ((ready & LINUX.EPOLLOUT) !== 0) this.#sendWaiting(connection);
    const readable = LINUX.EPOLLIN | LINUX.EPOLLERR | LINUX.EPOLLHUP;
    const descriptor = this.#descriptor(connection);
    if ((ready & readable) === 0 || descriptor < 0) return;
    const count = this.#libc.recv(descriptor, this.#buffer, this.#readSize, LINUX.MSG_DONTWAIT);
    if (count > 0) {
      this.onBytes(connection, this.#buffer.subarray(0, count));
    } else if (count === 0 || (ready & (LINUX.EPOLLERR | LINUX.EPOLLHUP)) !== 0) {
      this.close(connection);
      this.onEnd(connection);
    }
  }

  #sendWaiting(connection: number): void {
    const waiting = this.#unsent.get(connection);
    if (waiting === undefined) return;
    const sent = this.#sendSome(connection, waiting);
    if (sent < waiting.length) {
      this.#unsent.set(connection, waiting.slice(sent));
      return;
    }
    this.#unsent.delete(connection);
    this.#watch(connection, LINUX.EPOLL_CTL_MOD);
  }

  #sendSome(connection: number, bytes: Bytes): number {
    const flags = LINUX.MSG_DONTWAIT | LINUX.MSG_NOSIGNAL;
    const descriptor = this.#descriptor(connection);
    return Math.max(0, this.#libc.send(descriptor, bytes, BigInt(bytes.length), flags));
  }

  /** Sets the events that the kernel reports for a connection. */
  #watch(connection: number, operation: number): void {
    const event = new Int32Array(EPOLL_EVENT.words);
    if (!this.#deaf.has(connection)) event[0] = LINUX.EPOLLIN;
    if (this.#unsent.has(connection)) event[0] = (event[0] ?? 0) | LINUX.EPOLLOUT;
    event[EPOLL_EVENT.own] = connection;
    const bytes = new Uint8Array(event.buffer);
    this.#libc.epoll_ctl(this.#epoll, operation, this.#descriptor(connection), bytes);
  }

  #descriptor(connection: number): number {
    return this.#descriptors[connection] ?? -1;
  }
}

function int32(value: number): Bytes {
  return new Uint8Array(new Int32Array([value]).buffer);
}

function joined(one: Bytes, other: Bytes): Bytes {
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}
