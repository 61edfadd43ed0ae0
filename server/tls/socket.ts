/**
 * One TLS connection. The runtime's own TLS socket cannot be closed against its peer's will:
 * while the peer leaves a handshake unfinished, or reads nothing, the runtime keeps the
 * socket. So it gets one end of a pair within this machine, and encrypted bytes are copied
 * between the other end and the peer's TCP socket, which can be closed. That costs about as
 * much again as the encryption, and allows two things more: a peer that speaks no TLS is
 * told so, and the certificate can change while the listener stays.
 */

import { encode, errorEvent } from "../../protocol/mod.ts";
import type { Transport } from "../connection/connection.ts";
import { writeAll } from "../connection/write_all.ts";

/** A TLS socket, and the other end of its TCP connection. */
export interface Pair {
  tls: Deno.TlsConn;
  near: Deno.TcpConn;
}

/** The first byte of a TLS connection: the type of a handshake record. */
const HANDSHAKE = 0x16;

/** Bytes copied at once: to the server, to which clients send little, and to the peer. */
const COPY_SIZE = { inward: 4 * 1024, outward: 16 * 1024 } as const;

const NO_TLS = errorEvent(
  "tls_required",
  "This port speaks TLS: use a chats:// address, or the server's other port; " +
    "the connection is closed",
);

/** A peer's TCP socket, over which TLS is spoken. */
export class TlsSocket implements Transport {
  readonly isEncrypted = true;
  readonly remoteAddr: Deno.NetAddr;
  readonly localAddr: Deno.NetAddr;
  readonly #peer: Transport;
  readonly #opening: Promise<Deno.TlsConn | undefined>;
  #pair: Pair | undefined;
  /** Resolves when all encrypted bytes have left, or no more will. */
  #outward: Promise<void> | undefined;
  #failure: unknown;
  #closed = false;

  /** `makePair` is called once the peer has begun to speak TLS. */
  constructor(peer: Transport, makePair: () => Promise<Pair>) {
    this.#peer = peer;
    this.remoteAddr = peer.remoteAddr;
    this.localAddr = peer.localAddr;
    this.#opening = this.#open(makePair);
    // Each read and write reports it; before that, nothing waits for it.
    this.#opening.catch(() => {});
  }

  async read(buffer: Uint8Array): Promise<number | null> {
    const tls = this.#pair?.tls ?? await this.#opening;
    try {
      return tls === undefined ? null : await tls.read(buffer);
    } catch (error) {
      // Many clients close without TLS's close_notify. A line that this cuts short is no line.
      if (!(error instanceof Deno.errors.UnexpectedEof)) throw error;
      if (this.#failure !== undefined) throw this.#failure;
      return null;
    }
  }

  async write(bytes: Uint8Array): Promise<number> {
    const tls = this.#pair?.tls ?? await this.#opening;
    if (tls === undefined) throw new Deno.errors.BrokenPipe("The peer has left");
    return await tls.write(bytes);
  }

  /** Sends close_notify; resolves when the system has taken all that was written. */
  async closeWrite(): Promise<void> {
    if (this.#pair === undefined) return await this.#peer.closeWrite();
    const { tls } = this.#pair;
    try {
      await tls.closeWrite();
    } catch (error) {
      // The handshake failed: the alert that says so must leave, too.
      closeOnce(tls);
      throw error;
    } finally {
      await this.#outward;
    }
  }

  /** Closes at once, whatever the peer does. */
  close(): void {
    this.#closed = true;
    this.#peer.close();
    if (this.#pair === undefined) return;
    const { tls, near } = this.#pair;
    closeOnce(near);
    // Reads that wait for the handshake fail with it; after a plain close they would wait for ever.
    tls.handshake().then(() => closeOnce(tls), () => closeOnce(tls));
  }

  setNoDelay(noDelay?: boolean): void {
    this.#peer.setNoDelay(noDelay);
  }

  setKeepAlive(keepAlive?: boolean): void {
    this.#peer.setKeepAlive(keepAlive);
  }

  async #open(makePair: () => Promise<Pair>): Promise<Deno.TlsConn | undefined> {
    const buffer = new Uint8Array(COPY_SIZE.inward);
    const count = await this.#peer.read(buffer);
    if (count === null) return undefined;
    if (buffer[0] !== HANDSHAKE) return await this.#rejectPlain(buffer);
    const pair = await makePair();
    this.#pair = pair;
    if (this.#closed) {
      closeOnce(pair.near);
      closeOnce(pair.tls);
      throw new Deno.errors.Interrupted("The connection was closed");
    }
    void this.#copyInward(pair.near, buffer, count);
    this.#outward = this.#copyOutward(pair.near);
    return pair.tls;
  }

  /** Tells a peer that speaks no TLS so, in plain text, and waits for it to close. */
  async #rejectPlain(buffer: Uint8Array): Promise<never> {
    await writeAll(this.#peer, new TextEncoder().encode(encode(NO_TLS)));
    await this.#peer.closeWrite();
    while (await this.#peer.read(buffer) !== null);
    throw new Error("The peer spoke no TLS");
  }

  async #copyInward(near: Deno.TcpConn, buffer: Uint8Array, first: number): Promise<void> {
    try {
      for (let count: number | null = first; count !== null;) {
        await writeAll(near, buffer.subarray(0, count));
        count = await this.#peer.read(buffer);
      }
      await near.closeWrite();
    } catch (error) {
      this.#cut(near, error);
    }
  }

  async #copyOutward(near: Deno.TcpConn): Promise<void> {
    const buffer = new Uint8Array(COPY_SIZE.outward);
    try {
      for (;;) {
        const count = await near.read(buffer);
        if (count === null) break;
        await writeAll(this.#peer, buffer.subarray(0, count));
      }
      await this.#peer.closeWrite();
    } catch (error) {
      this.#cut(near, error);
    }
  }

  /** Ends both directions: the TLS socket comes to its end, and its reader gets the cause. */
  #cut(near: Deno.TcpConn, error: unknown): void {
    this.#failure ??= error;
    closeOnce(near);
  }
}

function closeOnce(conn: Deno.Conn): void {
  try {
    conn.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error; // Closed already.
  }
}
