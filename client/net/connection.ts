/** One socket to the server: lines in, requests out. */

import {
  encode,
  type FramingProblem,
  LineFramer,
  readLines,
  type Request,
} from "../../protocol/mod.ts";
import { isLoopback } from "../../cli/host_port.ts";
import type { Address } from "./address.ts";
import { dial } from "./dial.ts";

/** Bytes read at once; a flood of 1,000 messages a second needs more than the protocol's default. */
const BUFFER_SIZE = 32_768;

/** A connection; {@linkcode Connection.open} makes one. */
export class Connection {
  /** Whether nobody on the way can read along: passwords go over such a link alone. */
  readonly isSecure: boolean;
  readonly #socket: Deno.Conn;
  readonly #framer = new LineFramer();
  #queue = "";
  #writing: Promise<void> | undefined;
  #closed = false;

  private constructor(socket: Deno.Conn, address: Address) {
    this.#socket = socket;
    const { hostname } = socket.remoteAddr as Deno.NetAddr;
    this.isSecure = address.proof !== undefined || isLoopback(hostname);
  }

  /** Connects; rejects as {@linkcode dial} does. */
  static async open(address: Address): Promise<Connection> {
    return new Connection(await dial(address), address);
  }

  /** What broke the framing of the server's lines, if anything did. */
  get problem(): FramingProblem | undefined {
    return this.#framer.problem;
  }

  /** The lines that the server sends, until either side closes; fails as the socket fails. */
  lines(): ReadableStream<string> {
    const read = async (buffer: Uint8Array) => {
      try {
        return await this.#socket.read(buffer);
      } catch (error) {
        if (this.#closed) return null;
        throw error;
      }
    };
    return readLines(read, this.#framer, BUFFER_SIZE);
  }

  /** Queues a request; what is sent in one turn goes out in one write. */
  send(request: Request): void {
    if (this.#closed) return;
    this.#queue += encode(request);
    this.#writing ??= this.#write();
  }

  /** Closes at once; what is still queued is lost. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.close();
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
      // A socket that can't be written can't be read either: `lines` ends, and its
      // reader is the one who says so.
      this.close();
    } finally {
      this.#writing = undefined;
    }
  }
}
