/**
 * Connections through a proxy on this machine: their peer's address is in the proxy's words, and
 * known only once these have come. Peers on other machines are taken as they are, because anyone
 * can say such words.
 */

import type { Transport, TransportListener } from "../connection/connection.ts";
import { isLoopback } from "../../cli/host_port.ts";
import { endOfHead, MAX_HEAD, parseHead } from "./http_head.ts";
import { readProxyHeader, SIGNATURE } from "./proxy_header.ts";
import { PrefixedSocket } from "./transport.ts";

/** Connections whose first bytes are awaited at one time; others wait to be accepted. */
const MAX_READING = 256;

/** Milliseconds that a proxy has for its words, after which the connection is closed. */
const TIMEOUT = 5000;

/** The first bytes of a connection, and what they say of the peer. */
interface Known {
  prefix: Uint8Array;
  remoteAddr?: Deno.NetAddr;
  isEncrypted?: boolean;
}

/** A listener that hands out connections once their peers' addresses are known. */
export class ProxyListener implements TransportListener {
  readonly #inner: TransportListener;
  readonly #ready: Transport[] = [];
  readonly #reading = new Set<Transport>();
  #failure: unknown;
  #isAccepting = false;
  #changed = Promise.withResolvers<void>();

  constructor(inner: TransportListener) {
    this.#inner = inner;
  }

  get addr(): Deno.NetAddr {
    return this.#inner.addr;
  }

  async accept(): Promise<Transport> {
    for (;;) {
      const ready = this.#ready.shift();
      if (ready !== undefined) return ready;
      const failure = this.#failure;
      this.#failure = undefined;
      if (failure !== undefined) throw failure;
      if (!this.#isAccepting && this.#reading.size < MAX_READING) void this.#acceptNext();
      await this.#changed.promise;
    }
  }

  close(): void {
    this.#inner.close();
    for (const socket of [...this.#reading, ...this.#ready]) socket.close();
  }

  async #acceptNext(): Promise<void> {
    this.#isAccepting = true;
    try {
      const socket = await this.#inner.accept();
      if (isLoopback(socket.remoteAddr.hostname)) void this.#read(socket);
      else this.#ready.push(socket);
    } catch (error) {
      this.#failure = error;
    }
    this.#isAccepting = false;
    this.#notifyChange();
  }

  async #read(socket: Transport): Promise<void> {
    this.#reading.add(socket);
    const late = setTimeout(() => socket.close(), TIMEOUT);
    try {
      const { prefix, ...known } = await learn(socket);
      this.#ready.push(new PrefixedSocket(socket, prefix, known));
    } catch {
      // It failed, or was closed for being late: there is nobody to be told.
    }
    clearTimeout(late);
    this.#reading.delete(socket);
    this.#notifyChange();
  }

  #notifyChange(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}

/** Reads what a proxy says first; fails as reading does. */
async function learn(socket: Transport): Promise<Known> {
  const bytes = new Uint8Array(MAX_HEAD);
  for (let count = 0, end: number | undefined;;) {
    const read = await socket.read(bytes.subarray(count));
    end = endOfHead(bytes, count, count + (read ?? 0));
    count += read ?? 0;
    const come = bytes.subarray(0, count);
    const isOver = read === null || count === bytes.length;
    if (isProxyHeader(come)) {
      const header = readProxyHeader(come);
      if (header !== undefined) return knownFrom(header.address, come.subarray(header.length));
      if (!isOver) continue;
    }
    if (isOver || end !== undefined || !isCapital(come)) {
      return { prefix: come, ...forwarded(come.subarray(0, end ?? 0)) };
    }
  }
}

function isCapital([first = 0]: Uint8Array): boolean {
  return first >= 0x41 && first <= 0x5a;
}

/** Whether the bytes begin PROXY version 2, as far as they have come. */
function isProxyHeader(bytes: Uint8Array): boolean {
  return SIGNATURE.subarray(0, bytes.length).every((byte, index) => bytes[index] === byte);
}

function knownFrom(address: Address | undefined, prefix: Uint8Array): Known {
  return address === undefined ? { prefix } : { prefix, remoteAddr: netAddr(address) };
}

type Address = { hostname: string; port: number };

function netAddr({ hostname, port }: Address): Deno.NetAddr {
  return { transport: "tcp", hostname, port };
}

/** An address as proxies write it, with or without a port. */
const ADDRESS =
  /^(?:\[([\da-f:.]+)\]|(\d{1,3}(?:\.\d{1,3}){3})|([\da-f]*:[\da-f]*:[\da-f:.]*))(?::(\d{1,5}))?$/i;

/** The peer of an HTTP request: the last address, which is the one that our own proxy has seen. */
function forwarded(bytes: Uint8Array): Omit<Known, "prefix"> {
  const head = parseHead(bytes);
  if ("reason" in head) return {};
  const last = (name: string) => head.fields.get(name)?.split(",").at(-1)?.trim() ?? "";
  const [, bracketed, four, six, port] = ADDRESS.exec(last("x-forwarded-for")) ?? [];
  const hostname = bracketed ?? four ?? six;
  if (hostname === undefined) return {};
  return {
    remoteAddr: netAddr({ hostname, port: Number(port ?? 0) }),
    isEncrypted: last("x-forwarded-proto").toLowerCase() === "https",
  };
}
