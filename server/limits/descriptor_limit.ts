/**
 * The number of connections for which there are descriptors. It is learned when accepting
 * fails: the system says what is left only when nothing is. Pure: the clock is passed in.
 */

/** Descriptors that stay free for the log and for TLS; as many connections must close before the next is accepted. */
const SPARE = 32;

/** The part of the limit below which descriptors count as free again, so that the log does not flap. */
const ENOUGH = 0.9;

/** Milliseconds without a failure after which accepting counts as working again, for the same reason. */
const QUIET = 3_000;

/** Decides whether another connection may be accepted. */
export class DescriptorLimit {
  #limit = Infinity;
  /** The last failure of a row that has not ended. */
  #failedAt: number | undefined;

  /** Whether another connection may be accepted beside `open` ones. */
  admits(open: number): boolean {
    return open < this.#limit;
  }

  /**
   * Notes that the process had no descriptor left, with `open` connections, and that `freed`
   * others were freed since.
   */
  learn(open: number, freed: number): void {
    this.#limit = Math.max(1, Math.min(this.#limit, open - Math.max(0, SPARE - freed)));
  }

  /** Notes that accepting failed, for whatever reason; true for the first failure of a row. */
  failed(now: number): boolean {
    const isFirst = this.#failedAt === undefined;
    this.#failedAt = now;
    return isFirst;
  }

  /** Whether, with `open` connections, others can be accepted again; true once for each row of failures. */
  hasRecovered(open: number, now: number): boolean {
    if (this.#failedAt === undefined || now - this.#failedAt < QUIET) return false;
    if (open > this.#limit * ENOUGH) return false;
    this.#failedAt = undefined;
    return true;
  }
}
