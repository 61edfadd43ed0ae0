/**
 * A network that fails on command: a proxy on loopback between clients and server. It
 * can cut a connection after any byte, and it can go silent without closing anything, as
 * a network does when a cable is pulled.
 */

/** Bytes per read. */
const CHUNK = 16_384;

/** The direction of bytes. */
type Direction = "up" | "down";

/** One connection through the relay. */
export class Path {
  /** The port of the client's end. */
  readonly clientPort: number;
  readonly #client: Deno.TcpConn;
  readonly #server: Deno.TcpConn;
  /** Bytes that may still pass before the connection is cut. */
  readonly #left: Record<Direction, number> = { up: Infinity, down: Infinity };
  #silence: PromiseWithResolvers<void> | undefined;
  #isClosed = false;
  /** Resolves when both directions are over. */
  readonly over: Promise<unknown>;

  constructor(client: Deno.TcpConn, server: Deno.TcpConn) {
    this.#client = client;
    this.#server = server;
    this.clientPort = client.remoteAddr.port;
    this.over = Promise.all([
      this.#carry("up", client, server),
      this.#carry("down", server, client),
    ]);
  }

  /** Lets `bytes` more bytes pass in one direction, then cuts the connection. */
  cutAfter(direction: Direction, bytes: number): void {
    this.#left[direction] = bytes;
  }

  /** Stops forwarding without closing: to each end the other one is just silent. */
  silence(): void {
    this.#silence ??= Promise.withResolvers();
  }

  /** Forwards again, beginning with the bytes in transit. */
  heal(): void {
    this.#silence?.resolve();
    this.#silence = undefined;
  }

  /** Closes both ends. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#client.close();
    this.#server.close();
    this.heal();
  }

  async #carry(direction: Direction, from: Deno.TcpConn, to: Deno.TcpConn): Promise<void> {
    const buffer = new Uint8Array(CHUNK);
    try {
      for (;;) {
        const count = await from.read(buffer);
        await this.#silence?.promise;
        const passing = Math.min(count ?? 0, this.#left[direction]);
        for (let passed = 0; passed < passing;) {
          passed += await to.write(buffer.subarray(passed, passing));
        }
        this.#left[direction] -= passing;
        if (count === null || this.#left[direction] === 0) break;
      }
    } catch {
      // One end is gone, and the other one follows.
    }
    this.close();
  }
}

/** Accepts connections on a port that stays the same across servers. */
export class Relay implements AsyncDisposable {
  /** The server's port; without one, connections are closed at once. */
  target: number | undefined;
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #paths = new Set<Path>();
  readonly #accepting: Promise<void>;

  constructor() {
    this.#accepting = this.#accept();
  }

  /** The port for clients. */
  get port(): number {
    return this.#listener.addr.port;
  }

  /** The connection whose client end has that port. */
  pathOf(clientPort: number | undefined): Path | undefined {
    return [...this.#paths].find((path) => path.clientPort === clientPort);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#accepting;
    for (const path of this.#paths) path.close();
    await Promise.all([...this.#paths].map((path) => path.over));
  }

  async #accept(): Promise<void> {
    for (;;) {
      let client: Deno.TcpConn;
      try {
        client = await this.#listener.accept();
      } catch {
        return;
      }
      await this.#connect(client);
    }
  }

  async #connect(client: Deno.TcpConn): Promise<void> {
    try {
      if (this.target === undefined) return client.close();
      const server = await Deno.connect({ hostname: "127.0.0.1", port: this.target });
      server.setNoDelay(true);
      client.setNoDelay(true);
      const path = new Path(client, server);
      this.#paths.add(path);
      path.over.then(() => this.#paths.delete(path));
    } catch {
      // The server has just gone.
      client.close();
    }
  }
}
