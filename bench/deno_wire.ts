/**
 * The wire where there is no `epoll`: `Deno.Conn`s. It costs more for each read,
 * so that on a fast server it is the first to be busy; the report says when it was.
 */

import { cpuUsage } from "node:process";
import type { Bytes, Wire } from "./wire.ts";

const READ_SIZE = 64 * 1024;

/** Many connections over `Deno.connect`. */
export class DenoWire implements Wire {
  readonly name = "Deno.connect";
  onBytes: Wire["onBytes"] = () => {};
  onEnd: Wire["onEnd"] = () => {};
  pace: Wire["pace"] = () => Infinity;
  readonly #signal: AbortSignal;
  readonly #connections: Deno.TcpConn[] = [];
  /** What each connection still has to send, while it is sending. */
  readonly #unsent = new Map<number, Bytes[]>();
  readonly #deaf = new Set<number>();
  readonly #closed = new Set<number>();

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  /** All time for which this process had no processor: an upper bound. */
  get idle(): number {
    const { user, system } = cpuUsage();
    return performance.now() - (user + system) / 1000;
  }

  async open(port: number): Promise<number> {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port });
    conn.setNoDelay(true);
    const connection = this.#connections.push(conn) - 1;
    this.#read(connection, conn);
    return connection;
  }

  send(connection: number, bytes: Bytes): void {
    const waiting = this.#unsent.get(connection);
    // The caller may use its bytes for something else as soon as this returns.
    if (waiting !== undefined) waiting.push(bytes.slice());
    else this.#write(connection, [bytes.slice()]);
  }

  stopReading(connection: number): void {
    this.#deaf.add(connection);
  }

  close(connection: number): void {
    if (this.#closed.has(connection)) return;
    this.#closed.add(connection);
    this.#connections[connection]?.close();
  }

  async run(until: number): Promise<void> {
    do {
      const wait = Math.max(0, Math.min(this.pace(), until - performance.now()));
      await new Promise((resolve) => setTimeout(resolve, wait));
      this.#signal.throwIfAborted();
    } while (performance.now() < until);
  }

  [Symbol.dispose](): void {
    for (const connection of this.#connections.keys()) this.close(connection);
  }

  async #read(connection: number, conn: Deno.TcpConn): Promise<void> {
    const buffer = new Uint8Array(READ_SIZE);
    try {
      for (;;) {
        const count = await conn.read(buffer);
        if (count === null || this.#deaf.has(connection)) break;
        this.onBytes(connection, buffer.subarray(0, count));
      }
    } catch {
      // A reset is an end like any other.
    }
    if (this.#closed.has(connection) || this.#deaf.has(connection)) return;
    this.close(connection);
    this.onEnd(connection);
  }

  async #write(connection: number, queue: Bytes[]): Promise<void> {
    this.#unsent.set(connection, queue);
    try {
      for (let bytes = queue.shift(); bytes !== undefined; bytes = queue.shift()) {
        for (let sent = 0; sent < bytes.length;) {
          sent += await this.#connections[connection]?.write(bytes.subarray(sent)) ?? bytes.length;
        }
      }
    } catch {
      // Whoever reads it finds out.
    }
    this.#unsent.delete(connection);
  }
}
