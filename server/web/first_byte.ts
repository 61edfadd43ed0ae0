/**
 * One port for several protocols. The peer speaks first in each of them, so its first byte says
 * which: a capital letter begins an HTTP request, 0x16 a TLS handshake where TLS is served, and
 * everything else is lines. The bytes of an HTTP
 * request are read as lines by no one: a browser lets any page send such a request with a body
 * of its own.
 */

import type { Listener, Socket, Transport, TransportListener } from "../connection/connection.ts";
import { encodeAnswer, refusal } from "./answers.ts";
import { ENDLESS_HEAD, endOfHead, MAX_HEAD, parseHead } from "./http_head.ts";
import type { Site } from "./site.ts";
import { isLoopback } from "../../cli/host_port.ts";
import { writeAll } from "../connection/write_all.ts";
import { endAndDrain, PrefixedSocket } from "./transport.ts";
import { WebSocketSocket } from "./websocket_socket.ts";

/** Bytes read to learn what a peer speaks that is turned away before it was read. */
const FIRST_READ = 512;

/** Milliseconds that such a peer has to say its first byte. */
const FIRST_TIMEOUT = 500;

/** Speaks TLS over a socket. */
type OverTls = (socket: Transport) => Transport;

/** The first byte of a TLS connection: the type of a handshake record. */
const HANDSHAKE = 0x16;

/** A listener whose sockets speak lines, HTTP or WebSocket. */
export class WebListener implements Listener {
  readonly #inner: TransportListener;
  readonly #site: Site;
  readonly #overTls: OverTls | undefined;

  constructor(inner: TransportListener, site: Site, overTls?: OverTls) {
    this.#inner = inner;
    this.#site = site;
    this.#overTls = overTls;
  }

  get addr(): Deno.NetAddr {
    return this.#inner.addr;
  }

  async accept(): Promise<Socket> {
    return new FirstByteSocket(await this.#inner.accept(), this.#site, this.#overTls);
  }

  close(): void {
    this.#inner.close();
  }
}

/** `waiting` for the first byte; `head`: in an HTTP request; `known`: another socket has taken over. */
type Phase = "waiting" | "head" | "visit" | "known";

/**
 * A socket until it is known what is spoken over it. Then the socket below takes its place, or
 * the WebSocket over that, so that lines cost nothing more; or the request is answered.
 */
export class FirstByteSocket implements Socket {
  readonly #inner: Transport;
  readonly #site: Site;
  readonly #overTls: OverTls | undefined;
  #phase: Phase = "waiting";
  /** The socket that reads and writes are passed to, once it is known. */
  #next: Socket;
  #use: (socket: Socket) => void = () => {};
  #hasBeenRead = false;
  /** Whether the peer is turned away: it is not to get the page. */
  #isRejected = false;

  constructor(inner: Transport, site: Site, overTls?: OverTls) {
    this.#inner = this.#next = inner;
    this.#site = site;
    this.#overTls = overTls;
  }

  get remoteAddr(): Deno.NetAddr {
    return this.#inner.remoteAddr;
  }

  get #isKnown(): boolean {
    return this.#phase === "known";
  }

  get isEncrypted(): boolean {
    return this.#inner.isEncrypted === true;
  }

  whenKnown(use: (socket: Socket) => void): void {
    this.#use = use;
  }

  async read(buffer: Uint8Array): Promise<number | null> {
    if (this.#isKnown) return await this.#next.read(buffer);
    this.#hasBeenRead = true;
    const count = await this.#inner.read(buffer);
    // The phase has changed where the peer was written to meanwhile: what comes then is lines.
    if (this.#isKnown) return count;
    if (count !== null && buffer[0] === HANDSHAKE && this.#overTls !== undefined) {
      const inner = this.#overTls(new PrefixedSocket(this.#inner, buffer.subarray(0, count)));
      this.#become(new FirstByteSocket(inner, this.#site));
      return await this.#next.read(buffer);
    }
    if (count === null || !isCapital(buffer[0] as number)) {
      this.#become(this.#inner);
      return count;
    }
    this.#phase = "head";
    return await this.#readHead(buffer, count);
  }

  async write(bytes: Uint8Array): Promise<number> {
    if (!this.#hasBeenRead) await this.#readFirst();
    if (this.#phase === "waiting") this.#become(this.#inner);
    if (this.#isKnown) return await this.#next.write(bytes);
    if (this.#phase === "head") await this.#refuse(bytes);
    return bytes.length;
  }

  async closeWrite(): Promise<void> {
    if (this.#phase !== "visit") await this.#next.closeWrite();
  }

  close(): void {
    this.#next.close();
  }

  setNoDelay(noDelay?: boolean): void {
    this.#inner.setNoDelay(noDelay);
  }

  setKeepAlive(keepAlive?: boolean): void {
    this.#inner.setKeepAlive(keepAlive);
  }

  #become(next: Socket): void {
    this.#phase = "known";
    this.#next = next;
    this.#use(next);
    // The protocol inside TLS is still to be known.
    next.whenKnown?.((known) => this.#use(known));
  }

  /** Learns what a peer speaks that is to be told, before all else, why it is turned away. */
  async #readFirst(): Promise<void> {
    this.#isRejected = true;
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, FIRST_TIMEOUT);
    await Promise.race([this.read(new Uint8Array(FIRST_READ)), late.promise]);
    clearTimeout(timer);
  }

  async #readHead(buffer: Uint8Array, count: number): Promise<number | null> {
    const bytes = new Uint8Array(MAX_HEAD);
    bytes.set(buffer.subarray(0, count));
    let end = endOfHead(bytes, 0, count);
    while (end === undefined && count < bytes.length) {
      const more = await this.#inner.read(bytes.subarray(count));
      if (this.#phase !== "head" || more === null) return null;
      end = endOfHead(bytes, count, count + more);
      count += more;
    }
    const head = end === undefined ? ENDLESS_HEAD : parseHead(bytes.subarray(0, end));
    return await this.#answer(head, bytes.subarray(end ?? count, count), buffer);
  }

  async #answer(
    head: ReturnType<typeof parseHead>,
    rest: Uint8Array,
    buffer: Uint8Array,
  ): Promise<number | null> {
    const { isEncrypted, remoteAddr, localAddr: { hostname: localHostname } } = this.#inner;
    const isSecure = isEncrypted === true || isLoopback(remoteAddr.hostname);
    const visit = { isEncrypted: isEncrypted === true, isSecure, localHostname };
    const { bytes, isUpgrade } = await this.#site.reply(head, visit);
    if (!isUpgrade && this.#isRejected || this.#phase !== "head") return null;
    if (!isUpgrade) return await this.#end(bytes, buffer);
    await writeAll(this.#inner, bytes);
    const inner = rest.length === 0 ? this.#inner : new PrefixedSocket(this.#inner, rest);
    this.#become(new WebSocketSocket(inner));
    return this.#isRejected ? null : await this.#next.read(buffer);
  }

  /** Answers the request, which is all that is to be said over this connection. */
  async #end(answer: Uint8Array, buffer: Uint8Array): Promise<null> {
    this.#phase = "visit";
    await writeAll(this.#inner, answer);
    await endAndDrain(this.#inner, buffer);
    return null;
  }

  /** Answers a request with the error that the peer would get as a line. */
  async #refuse(line: Uint8Array): Promise<void> {
    const { payload } = JSON.parse(new TextDecoder().decode(line));
    const status = payload.code === "handshake_timeout" ? 408 : 503;
    const seconds = Math.ceil((payload.retry_after ?? 0) / 1000);
    const fields = seconds > 0 ? { "retry-after": String(seconds) } : undefined;
    const answer = encodeAnswer(refusal(status, payload.message, fields));
    await this.#end(answer, new Uint8Array(FIRST_READ));
  }
}

function isCapital(byte: number): boolean {
  return byte >= 0x41 && byte <= 0x5a;
}
