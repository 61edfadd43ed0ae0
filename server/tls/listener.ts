/**
 * The TLS listener. It lasts for the server's life; its certificate can be changed at any
 * time, and connections keep theirs.
 */

import type { Identity } from "./certificate.ts";
import type { Transport, TransportListener } from "../connection/connection.ts";
import { type Pair, TlsSocket } from "./socket.ts";

/** A listener that hands out {@linkcode TlsSocket}s. */
export class TlsListener {
  readonly #listener: TransportListener;
  #endpoint: TlsEndpoint;
  /** Pairs are made one by one, so that none is made while the certificate changes. */
  #pairing: Promise<unknown> = Promise.resolve();

  /** Throws as `listen` does. */
  constructor(listen: () => TransportListener, endpoint: TlsEndpoint) {
    this.#endpoint = endpoint;
    try {
      this.#listener = listen();
    } catch (error) {
      endpoint.close();
      throw error;
    }
  }

  get addr(): Deno.NetAddr {
    return this.#listener.addr;
  }

  /** The next connection. Its handshake holds up no other. */
  async accept(): Promise<TlsSocket> {
    return this.over(await this.#listener.accept());
  }

  /** TLS over a connection that another listener has accepted. */
  over(socket: Transport): TlsSocket {
    return new TlsSocket(socket, () => this.#makePair());
  }

  /** Gives connections from now on the certificate of `endpoint`. */
  renew(endpoint: TlsEndpoint): void {
    const old = this.#endpoint;
    this.#endpoint = endpoint;
    this.#pairing.then(() => old.close());
  }

  close(): void {
    this.#listener.close();
    this.#pairing.then(() => this.#endpoint.close());
  }

  #makePair(): Promise<Pair> {
    const pair = this.#pairing.then(() => this.#endpoint.makePair());
    this.#pairing = pair.catch(() => undefined);
    return pair;
  }
}

/** A listener within this machine that speaks TLS with one certificate. */
export class TlsEndpoint {
  readonly #listener: Deno.TlsListener;

  /** Throws as `Deno.listenTls` does for a certificate or a key that it cannot use. */
  constructor({ certificate: cert, key }: Identity) {
    this.#listener = Deno.listenTls({ hostname: "127.0.0.1", port: 0, cert, key });
  }

  get port(): number {
    return this.#listener.addr.port;
  }

  /** A TLS socket and its other end. Not to be called again before it has resolved. */
  async makePair(): Promise<Pair> {
    const near = await Deno.connect({ hostname: "127.0.0.1", port: this.port });
    near.setNoDelay(true);
    try {
      for (;;) {
        const tls = await this.#listener.accept();
        if (tls.remoteAddr.port === near.localAddr.port) return { tls, near };
        tls.close(); // Another program of this machine connected.
      }
    } catch (error) {
      near.close();
      throw error;
    }
  }

  close(): void {
    this.#listener.close();
  }
}
