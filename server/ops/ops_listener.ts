/**
 * The operator's listener: one GET a connection, a small answer, and the connection is closed. It
 * has a port of its own, because behind a proxy on this machine everybody comes from loopback, and
 * limits of its own, because it must answer when the chat's are used up.
 */

import { type Answer, encodeAnswer, refusal } from "../web/answers.ts";
import { ENDLESS_HEAD, endOfHead, type Head, MAX_HEAD, parseHead } from "../web/http_head.ts";
import { writeAll } from "../connection/write_all.ts";
import { endAndDrain } from "../web/transport.ts";

/** Connections at a time; more are closed at once. */
const MAX_CONNECTIONS = 32;

/** Milliseconds for a request and its answer, after which the connection is closed. */
const TIMEOUT = 5000;

/** Milliseconds to wait before accepting again after a failure, such as a lack of descriptors. */
const PAUSE = 100;

/** Gives the answer for a path; `undefined` where there is nothing. */
export type Responder = (path: string) => Promise<Answer | undefined>;

/** Answers from its construction until it is disposed of. */
export class OpsListener implements AsyncDisposable {
  readonly #listener: Deno.TcpListener;
  readonly #respond: Responder;
  /** The host that was asked for, by which a browser may reach it too. */
  readonly #hostname: string;
  readonly #connections = new Set<Deno.TcpConn>();
  readonly #accepting: Promise<void>;
  #isClosed = false;

  /** Throws as `Deno.listen` does. */
  constructor(address: { hostname: string; port: number }, respond: Responder) {
    this.#listener = Deno.listen(address);
    this.#hostname = address.hostname;
    this.#respond = respond;
    this.#accepting = this.#accept();
  }

  get addr(): Deno.NetAddr {
    return this.#listener.addr;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#listener.close();
    for (const conn of this.#connections) close(conn);
    await this.#accepting;
  }

  async #accept(): Promise<void> {
    while (!this.#isClosed) {
      try {
        const conn = await this.#listener.accept();
        if (this.#connections.size < MAX_CONNECTIONS) this.#serve(conn);
        else close(conn);
      } catch (error) {
        if (this.#isClosed) return;
        if (!(error instanceof Error)) throw error;
        await new Promise((resolve) => setTimeout(resolve, PAUSE));
      }
    }
  }

  async #serve(conn: Deno.TcpConn): Promise<void> {
    this.#connections.add(conn);
    const timer = setTimeout(() => close(conn), TIMEOUT);
    try {
      await this.#answer(conn);
    } catch (error) {
      // The peer is gone, or late; the next request is another connection's.
      if (!(error instanceof Error)) throw error;
    } finally {
      clearTimeout(timer);
      close(conn);
      this.#connections.delete(conn);
    }
  }

  async #answer(conn: Deno.TcpConn): Promise<void> {
    const buffer = new Uint8Array(MAX_HEAD);
    const head = await readHead(conn, buffer);
    if (head === undefined) return;
    const isHead = "method" in head && head.method === "HEAD";
    const answer = "status" in head
      ? refusal(head.status, head.reason)
      : this.#refusalOf(head) ?? await this.#respond(head.path) ??
        refusal(404, "There are /healthz, /readyz and /metrics");
    await writeAll(conn, encodeAnswer(answer, isHead ? "HEAD" : "GET"));
    await endAndDrain(conn, buffer);
  }

  #refusalOf({ method, fields }: Head): Answer | undefined {
    if (!isHostAllowed(fields.get("host") ?? "", this.#hostname)) {
      return refusal(421, "Use the server's address, localhost, or the name given to --ops");
    }
    if (method === "GET" || method === "HEAD") return undefined;
    return refusal(405, "Only GET is answered", { allow: "GET, HEAD" });
  }
}

/** Reads a request's head; `undefined` where the peer ended before. */
async function readHead(conn: Deno.TcpConn, buffer: Uint8Array) {
  let count = 0;
  while (count < buffer.length) {
    const more = await conn.read(buffer.subarray(count));
    if (more === null) return undefined;
    const end = endOfHead(buffer, count, count + more);
    if (end !== undefined) return parseHead(buffer.slice(0, end));
    count += more;
  }
  return ENDLESS_HEAD;
}

const HOST = /^(?:\[[\da-f:.]+\]|((?:\d+\.){3}\d+|[a-z\d_-]+)|([a-z\d._-]+))(?::\d{1,5})?$/i;

/**
 * Whether a `host` field may be answered: any page can have a name with a dot made to resolve to
 * this machine (DNS rebinding) and read the answer, but no address, and no name without a dot.
 */
export function isHostAllowed(host: string, given: string): boolean {
  const match = HOST.exec(host);
  if (match === null) return false;
  const [, , dotted] = match;
  return dotted === undefined || dotted.toLowerCase() === given.toLowerCase();
}

function close(conn: Deno.TcpConn): void {
  try {
    conn.close();
  } catch (error) {
    // It was closed for being late.
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}
