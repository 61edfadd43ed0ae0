/**
 * The wire without `epoll`: `Deno.Conn`s. Each read costs more, so that this wire can
 * saturate before a fast server does; the report says when it did.
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
  /** The unsent bytes of each connection, while it is sending. */
  readonly #unsent = new Map<number, Bytes[]>();
  readonly #deaf = new Set<number>();
  readonly #closed = new Set<number>();

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  /** The time during which this process did not run: an upper bound. */
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
    // The caller may reuse its bytes as soon as this returns.
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
      // A reset counts as an end.
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
      // The reading side notices it.
    }
    this.#unsent.delete(connection);
  }
}
