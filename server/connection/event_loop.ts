/**
 * Turns of the runtime's loop. `setImmediate` cannot mark them: as long as one is due, the
 * loop repeats without polling the system. A byte that the process sends to itself can: it
 * arrives when the system has been polled.
 */

/** Milliseconds after which a turn counts as begun in any case. */
const TIMEOUT = 50;

/** Waits for turns to begin. Disposing of it ends the turn that is waited for. */
export class LoopTurns implements Disposable {
  /** The two ends of one connection. */
  readonly #near: Deno.Conn;
  readonly #far: Deno.Conn;
  readonly #ends: Disposable;
  readonly #byte = new Uint8Array(1);
  /** With room to spare: after a read that fills its buffer, the next one would not wait for the system. */
  readonly #buffer = new Uint8Array(64);
  #arriving: Promise<void> | undefined;

  private constructor(near: Deno.Conn, far: Deno.Conn, ends: Disposable) {
    this.#near = near;
    this.#far = far;
    this.#ends = ends;
  }

  /** Connects to itself over loopback, and fails as that fails. Needs network permission only for this. */
  static async open(): Promise<LoopTurns> {
    const hostname = "127.0.0.1";
    using listener = Deno.listen({ hostname, port: 0 });
    using ends = new DisposableStack();
    const near = ends.use(await Deno.connect({ hostname, port: listener.addr.port }));
    near.setNoDelay(true);
    const far = ends.use(await listener.accept());
    // Another program of this machine may have connected first.
    if (far.remoteAddr.port === near.localAddr.port) return new LoopTurns(near, far, ends.move());
    throw new Error(`another program connected to port ${listener.addr.port}`);
  }

  /** Resolves in the next turn. Never fails. */
  async next(): Promise<void> {
    const arrived = () => void (this.#arriving = undefined);
    this.#arriving ??= this.#sendByte().then(arrived, arrived);
    const late = Promise.withResolvers<void>();
    // The byte, too, may have to wait behind thousands of other operations.
    const timer = setTimeout(late.resolve, TIMEOUT);
    await Promise.race([this.#arriving, late.promise]);
    clearTimeout(timer);
  }

  async #sendByte(): Promise<void> {
    await Promise.all([this.#near.write(this.#byte), this.#far.read(this.#buffer)]);
  }

  [Symbol.dispose](): void {
    this.#ends[Symbol.dispose]();
  }
}
