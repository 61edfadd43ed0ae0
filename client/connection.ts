/** One socket to the server: lines in, requests out. */

import {
  encode,
  type FramingProblem,
  LineFramer,
  readLines,
  type Request,
} from "../protocol/mod.ts";
import { type Address, formatAddress } from "./address.ts";

/** Milliseconds that a server may take to accept. */
const CONNECT_TIMEOUT = 10_000;

/** Bytes read at once; a flood of 1,000 messages a second needs more than the protocol's default. */
const BUFFER_SIZE = 32_768;

/** A connection; {@linkcode Connection.open} makes one. */
export class Connection {
  readonly #socket: Deno.TcpConn;
  readonly #framer = new LineFramer();
  #queue = "";
  #writing: Promise<void> | undefined;
  #closed = false;

  private constructor(socket: Deno.TcpConn) {
    this.#socket = socket;
  }

  /** Connects; rejects with an `Error` whose message is for a person. */
  static async open(address: Address): Promise<Connection> {
    const opening = Deno.connect({ ...address, transport: "tcp" });
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<"late">((resolve) => {
      timer = setTimeout(() => resolve("late"), CONNECT_TIMEOUT);
    });
    try {
      const socket = await Promise.race([opening, late]);
      if (socket !== "late") return new Connection(tuned(socket));
    } catch (error) {
      throw new Error(connectProblem(error, address), { cause: error });
    } finally {
      clearTimeout(timer);
    }
    // Nobody waits for it any more, whichever way it ends.
    opening.then((socket) => socket.close(), () => undefined);
    throw new Error(`Cannot connect to ${formatAddress(address)}: no answer in 10 seconds`);
  }

  /** Whether nobody on the way can read along: passwords go over such a link alone. */
  get isSecure(): boolean {
    const { hostname } = this.#socket.remoteAddr as Deno.NetAddr;
    return /^(?:::ffff:)?127\.|^::1$/.test(hostname);
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

function tuned(socket: Deno.TcpConn): Deno.TcpConn {
  socket.setNoDelay(true);
  socket.setKeepAlive(true);
  return socket;
}

function connectProblem(error: unknown, address: Address): string {
  const server = formatAddress(address);
  if (error instanceof Deno.errors.ConnectionRefused) {
    return `Cannot connect to ${server}: nothing listens there; is chat-server running?`;
  }
  if (error instanceof Deno.errors.NotCapable) {
    return `Cannot connect to ${server}: chat-client was started without --allow-net`;
  }
  const message = error instanceof Error ? error.message : String(error);
  if (/lookup address|not known|resolve/i.test(message)) {
    return `Cannot find the host "${address.hostname}": check its spelling and your network`;
  }
  return `Cannot connect to ${server}: ${message.replace(/\s*\(os error \d+\)$/, "")}`;
}
