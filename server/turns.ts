/**
 * When a turn of the runtime's loop has begun. `setImmediate` can't tell: as long
 * as one is due, the loop goes round without asking the system for news. What can
 * is a byte sent to oneself: it is there when the system has been asked.
 */

/** Milliseconds after which a turn counts as begun, come what may. */
const PATIENCE = 50;

/** Tells when turns begin. Connects to itself when it is first asked. */
export class Turns implements AsyncDisposable {
  #loop: Promise<Loop | undefined> | undefined;
  #arriving: Promise<void> | undefined;

  /** Resolves in the next turn, or after {@linkcode PATIENCE}. Never fails. */
  async next(): Promise<void> {
    const loop = await (this.#loop ??= Loop.open());
    const arrived = () => void (this.#arriving = undefined);
    this.#arriving ??= loop?.goRound().then(arrived, arrived);
    const late = Promise.withResolvers<void>();
    // The byte, too, may have to wait behind thousands of others.
    const timer = setTimeout(late.resolve, PATIENCE);
    await Promise.race([this.#arriving ?? late.promise, late.promise]);
    clearTimeout(timer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    (await this.#loop)?.[Symbol.dispose]();
  }
}

/** A connection of which both ends are here. */
class Loop implements Disposable {
  readonly #near: Deno.Conn;
  readonly #far: Deno.Conn;
  readonly #byte = new Uint8Array(1);
  /** With room to spare: a read that fills its buffer lets the next one look before the system was asked. */
  readonly #buffer = new Uint8Array(64);
  readonly #ends: Disposable;

  private constructor(near: Deno.Conn, far: Deno.Conn, ends: Disposable) {
    this.#near = near;
    this.#far = far;
    this.#ends = ends;
  }

  /** `undefined` where there is no loopback, or nothing left to make a socket of: time alone counts then. */
  static async open(): Promise<Loop | undefined> {
    const hostname = "127.0.0.1";
    try {
      using listener = Deno.listen({ hostname, port: 0 });
      using ends = new DisposableStack();
      const near = ends.use(await Deno.connect({ hostname, port: listener.addr.port }));
      near.setNoDelay(true);
      const far = ends.use(await listener.accept());
      // Anyone on this machine may have been quicker.
      if (far.remoteAddr.port !== near.localAddr.port) return undefined;
      return new Loop(near, far, ends.move());
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      return undefined;
    }
  }

  /** Sends a byte and takes it in again. Fails when the connection is closed. */
  async goRound(): Promise<void> {
    await Promise.all([this.#near.write(this.#byte), this.#far.read(this.#buffer)]);
  }

  [Symbol.dispose](): void {
    this.#ends[Symbol.dispose]();
  }
}
