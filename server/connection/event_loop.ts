/**
 * When a turn of the runtime's loop has begun. `setImmediate` can't tell: as long
 * as one is due, the loop goes round without asking the system for news. What can
 * is a byte sent to oneself: it is there when the system has been asked.
 */

/** Milliseconds after which a turn counts as begun, come what may. */
const TIMEOUT = 50;

/** Tells when turns begin; {@linkcode LoopTurns.open} makes one. Closing ends the turn that is waited for. */
export class LoopTurns implements Disposable {
  /** The two ends of one connection. */
  readonly #near: Deno.Conn;
  readonly #far: Deno.Conn;
  readonly #ends: Disposable;
  readonly #byte = new Uint8Array(1);
  /** With room to spare: a read that fills its buffer lets the next one look before the system was asked. */
  readonly #buffer = new Uint8Array(64);
  #arriving: Promise<void> | undefined;

  private constructor(near: Deno.Conn, far: Deno.Conn, ends: Disposable) {
    this.#near = near;
    this.#far = far;
    this.#ends = ends;
  }

  /** Connects to itself, over loopback; fails as that fails. Needs the network only for this. */
  static async open(): Promise<LoopTurns> {
    const hostname = "127.0.0.1";
    using listener = Deno.listen({ hostname, port: 0 });
    using ends = new DisposableStack();
    const near = ends.use(await Deno.connect({ hostname, port: listener.addr.port }));
    near.setNoDelay(true);
    const far = ends.use(await listener.accept());
    // Anyone on this machine may have been quicker.
    if (far.remoteAddr.port === near.localAddr.port) return new LoopTurns(near, far, ends.move());
    throw new Error(`a stranger connected to port ${listener.addr.port}`);
  }

  /** Resolves in the next turn. Never fails. */
  async next(): Promise<void> {
    const arrived = () => void (this.#arriving = undefined);
    this.#arriving ??= this.#goRound().then(arrived, arrived);
    const late = Promise.withResolvers<void>();
    // The byte, too, may have to wait behind thousands of others.
    const timer = setTimeout(late.resolve, TIMEOUT);
    await Promise.race([this.#arriving, late.promise]);
    clearTimeout(timer);
  }

  async #goRound(): Promise<void> {
    await Promise.all([this.#near.write(this.#byte), this.#far.read(this.#buffer)]);
  }

  [Symbol.dispose](): void {
    this.#ends[Symbol.dispose]();
  }
}
