/**
 * Memory that is not used any more. V8 collects it when it needs some: a server whose
 * connections have mostly closed needs none, and would keep it all.
 */

/** Connections at their peak that are worth the pause: a tenth of a second for ten thousand closed ones. */
const MIN_PEAK = 1000;

/** The part of the peak that may still be open: what these hold would make the pause longer. */
const MAX_REMAINING = 1 / 4;

/** Bytes of a buffer that is allocated and never touched. */
const PRESSURE = 2 ** 30;

/** Counts open connections, and notices when most of many have closed. */
export class ConnectionCount {
  #open = 0;
  #peak = 0;

  /** The number of open connections. */
  get size(): number {
    return this.#open;
  }

  /** Notes that one was opened. */
  increment(): void {
    this.#open++;
    this.#peak = Math.max(this.#peak, this.#open);
  }

  /** Notes that one was closed. */
  decrement(): void {
    this.#open--;
  }

  /** Whether few are open of the many that were; true once for each drop. */
  hasDroppedSharply(): boolean {
    if (this.#peak < MIN_PEAK || this.#open > this.#peak * MAX_REMAINING) return false;
    this.#peak = this.#open;
    return true;
  }
}

/**
 * Makes V8 collect everything and return it to the system: the compiled programs and the
 * tasks start with `--v8-flags=--expose-gc`. Without that flag there is no call for it, but
 * allocating much memory outside the heap makes V8 collect some.
 */
export function collectGarbage(): void {
  const { gc } = globalThis as { gc?: (options: { type: string; flavor: string }) => void };
  if (gc !== undefined) return gc({ type: "major", flavor: "last-resort" });
  try {
    for (let count = 0; count < 2; count++) new ArrayBuffer(PRESSURE);
  } catch (error) {
    // The system refused it: there is nothing to gain from it either.
    if (!(error instanceof RangeError)) throw error;
  }
}
