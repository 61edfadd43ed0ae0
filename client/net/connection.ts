/** A transport over TCP, and TLS over that. */

import { isLoopback } from "../../cli/host_port.ts";
import { type Dial, type Transport, UnusableServer } from "../../core/session/transport.ts";
import { LineFramer } from "../../protocol/mod.ts";
import { readLines } from "../../protocol/read_lines.ts";
import { type Address, formatAddress } from "./address.ts";
import { dial } from "./dial.ts";

/** Bytes per read; a flood of 1,000 messages a second needs more than the default of `readLines`. */
const BUFFER_SIZE = 32_768;

/** A function that connects to `address`; it rejects as {@linkcode dial} does. */
export function dialer(address: Address): Dial {
  return async () => new Connection(await dial(address), address);
}

/** One socket to the server. */
class Connection implements Transport {
  readonly isSecure: boolean;
  readonly #address: Address;
  readonly #socket: Deno.Conn;
  readonly #framer = new LineFramer();
  #queue = "";
  #writing: Promise<void> | undefined;
  #closed = false;

  constructor(socket: Deno.Conn, address: Address) {
    this.#socket = socket;
    this.#address = address;
    const { hostname } = socket.remoteAddr as Deno.NetAddr;
    this.isSecure = address.proof !== undefined || isLoopback(hostname);
  }

  async *lines(): AsyncGenerator<string> {
    yield* readLines((buffer) => this.#read(buffer), this.#framer, BUFFER_SIZE);
    if (this.#framer.problem === undefined) return;
    const server = formatAddress(this.#address);
    throw new UnusableServer(`${server} does not speak this chat's protocol`);
  }

  /** Queues a line; the lines of one turn of the event loop go out in one write. */
  send(line: string): void {
    if (this.#closed) return;
    this.#queue += line;
    this.#writing ??= this.#write();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.close();
  }

  async #read(buffer: Uint8Array): Promise<number | null> {
    try {
      return await this.#socket.read(buffer);
    } catch (error) {
      if (this.#closed) return null;
      throw error;
    }
  }

  async #write(): Promise<void> {
    await Promise.resolve();
    const encoder = new TextEncoder();
    try {
      while (this.#queue !== "" && !this.#closed) {
        let bytes = encoder.encode(this.#queue);
        this.#queue = "";
        while (bytes.length > 0) bytes = bytes.subarray(await this.#socket.write(bytes));
      }
    } catch {
      // A socket that cannot be written cannot be read either: `lines` ends, and its
      // reader reports it.
      this.close();
    } finally {
      this.#writing = undefined;
    }
  }
}
