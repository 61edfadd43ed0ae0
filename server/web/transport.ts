/** The sockets below a page and a WebSocket, and what is done with them more than once. */

import type { Socket, Transport } from "../connection/connection.ts";

/** Milliseconds in which a peer is to end its side after the last that it is sent. */
const LINGER = 2000;

/** Bytes that it may send meanwhile, such as the body of a request. */
const MAX_DROPPED = 1024 * 1024;

/** A socket whose first bytes were read already. */
export class PrefixedSocket implements Transport {
  readonly remoteAddr: Deno.NetAddr;
  readonly isEncrypted: boolean;
  readonly #inner: Transport;
  #prefix: Uint8Array;

  /** `known` replaces what the socket knows of its peer. */
  constructor(
    inner: Transport,
    prefix: Uint8Array,
    known: Partial<Pick<Transport, "remoteAddr" | "isEncrypted">> = {},
  ) {
    this.#inner = inner;
    // A copy: a view would keep the whole buffer of a head for as long as the connection lasts.
    this.#prefix = prefix.slice();
    this.remoteAddr = known.remoteAddr ?? inner.remoteAddr;
    this.isEncrypted = known.isEncrypted ?? inner.isEncrypted === true;
  }

  get localAddr(): Deno.NetAddr {
    return this.#inner.localAddr;
  }

  read(buffer: Uint8Array): Promise<number | null> {
    if (this.#prefix.length === 0) return this.#inner.read(buffer);
    const count = Math.min(buffer.length, this.#prefix.length);
    buffer.set(this.#prefix.subarray(0, count));
    this.#prefix = this.#prefix.slice(count);
    return Promise.resolve(count);
  }

  write(bytes: Uint8Array): Promise<number> {
    return this.#inner.write(bytes);
  }

  closeWrite(): Promise<void> {
    return this.#inner.closeWrite();
  }

  close(): void {
    this.#inner.close();
  }

  setNoDelay(noDelay?: boolean): void {
    this.#inner.setNoDelay(noDelay);
  }

  setKeepAlive(keepAlive?: boolean): void {
    this.#inner.setKeepAlive(keepAlive);
  }
}

/**
 * Ends the server's side, and drops what still comes until the peer has ended its own, but for
 * {@linkcode LINGER} and {@linkcode MAX_DROPPED} at most: closing with something unread would
 * reset the connection, and the peer would lose what it was sent.
 */
export async function endAndDrain(socket: Socket, buffer: Uint8Array): Promise<void> {
  await socket.closeWrite();
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, LINGER);
  // The last read of a peer that is late fails when its socket is closed.
  await Promise.race([drop(socket, buffer).catch(() => {}), late.promise]);
  clearTimeout(timer);
}

async function drop(socket: Socket, buffer: Uint8Array): Promise<void> {
  for (let dropped = 0; dropped < MAX_DROPPED;) {
    const count = await socket.read(buffer);
    if (count === null) return;
    dropped += count;
  }
}
