/** A bare connection: lines of JSON, without any logic of `chat-client`. */

import { Broken } from "./waiting.ts";

/** An event as it came off the wire. */
// deno-lint-ignore no-explicit-any -- the oracle looks into payloads of every type
export type Received = { type: string; id?: string; payload: any };

const encoder = new TextEncoder();

/** One connection to a server. */
export class Wire {
  /** The local port, by which a relay identifies the connection. */
  readonly localPort: number;
  readonly #conn: Deno.TcpConn;
  #waiting = "";
  #writing: Promise<void> | undefined;
  #isClosed = false;
  #resumed: PromiseWithResolvers<void> | undefined;

  private constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
    this.localPort = conn.localAddr.port;
    conn.setNoDelay(true);
  }

  /** Connects to `port` on loopback and sends nothing. */
  static async dial(port: number): Promise<Wire> {
    return new Wire(await Deno.connect({ hostname: "127.0.0.1", port }));
  }

  /** Whether it has ended. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /**
   * Passes on every event until the connection ends in any way, and closes it. A partial
   * line at its end is dropped.
   */
  async read(onEvent: (event: Received) => void): Promise<void> {
    const decoder = new TextDecoder("utf-8", { fatal: true });
    const buffer = new Uint8Array(65_536);
    let text = "";
    for (;;) {
      await this.#resumed?.promise;
      const count = await this.#fill(buffer);
      if (count === null) return this.close();
      text += decoder.decode(buffer.subarray(0, count), { stream: true });
      const lines = text.split("\n");
      text = lines.pop() as string;
      for (const line of lines) onEvent(parse(line));
    }
  }

  /** Sends a request; it may never arrive. */
  send(type: string, payload: unknown = {}, id?: string): void {
    this.#waiting += JSON.stringify({ type, id, payload }) + "\n";
    this.#writing ??= this.#write();
  }

  /** Stops reading, like a client that hangs, until {@linkcode Wire.resume}. */
  pause(): void {
    this.#resumed ??= Promise.withResolvers();
  }

  /** Reads on. */
  resume(): void {
    this.#resumed?.resolve();
    this.#resumed = undefined;
  }

  /** Closes at once, with `quit` or without. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#conn.close();
    this.resume();
  }

  async #fill(buffer: Uint8Array): Promise<number | null> {
    try {
      return await this.#conn.read(buffer);
    } catch {
      // Reset, or closed on this side: in any case it has ended.
      return null;
    }
  }

  async #write(): Promise<void> {
    try {
      // Requests of one turn leave together.
      await Promise.resolve();
      while (this.#waiting !== "" && !this.#isClosed) {
        const bytes = encoder.encode(this.#waiting);
        this.#waiting = "";
        for (let written = 0; written < bytes.length;) {
          written += await this.#conn.write(bytes.subarray(written));
        }
      }
    } catch {
      // The reading side notices it too.
    } finally {
      this.#writing = undefined;
    }
  }
}

function parse(line: string): Received {
  try {
    return JSON.parse(line);
  } catch {
    throw new Broken(`The server sent a line that is not JSON: ${line.slice(0, 200)}`);
  }
}
