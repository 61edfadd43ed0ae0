/**
 * Memory that nobody uses any more. The runtime looks for it when it needs some: a
 * server that most people have left needs none, and would keep it all.
 */

/** Connections after which it is worth the pause: a tenth of a second for ten thousand that have left. */
const CROWD = 1000;

/** The part of a crowd that may still be there: what they hold would make the pause longer. */
const FEW = 1 / 4;

/** Bytes of a buffer that is made and left alone: no page of it is ever touched. */
const PRESSURE = 2 ** 30;

/** Counts those who are here, and notices when a crowd has left. */
export class ConnectionCount {
  #here = 0;
  #most = 0;

  /** How many are here. */
  get size(): number {
    return this.#here;
  }

  /** Notes that one more is here. */
  increment(): void {
    this.#here++;
    this.#most = Math.max(this.#most, this.#here);
  }

  /** Notes that one has left. */
  decrement(): void {
    this.#here--;
  }

  /** Whether few are here of those many that were; true once for each time. */
  hasDroppedSharply(): boolean {
    if (this.#most < CROWD || this.#here > this.#most * FEW) return false;
    this.#most = this.#here;
    return true;
  }
}

/**
 * Has V8 look for all of it, and give it back: the compiled programs and the tasks start
 * with `--v8-flags=--expose-gc`. Without that there is no call for it, but taking much
 * memory from outside makes V8 look for some.
 */
export function collectGarbage(): void {
  const { gc } = globalThis as { gc?: (options: { type: string; flavor: string }) => void };
  if (gc !== undefined) return gc({ type: "major", flavor: "last-resort" });
  try {
    for (let count = 0; count < 2; count++) new ArrayBuffer(PRESSURE);
  } catch (error) {
    // A system that gives none away has nothing to spare in any case.
    if (!(error instanceof RangeError)) throw error;
  }
}
