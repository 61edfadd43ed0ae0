/**
 * The number of connections for which there are descriptors. It is learned when accepting
 * fails: the system says what is left only when nothing is. Pure.
 */

/** Descriptors that stay free for the log and for TLS; as many connections must close before the next is accepted. */
const SPARE = 32;

/** The part of the limit below which descriptors count as free again, so that the log does not flap. */
const ENOUGH = 0.9;

/** Decides whether another connection may be accepted. */
export class DescriptorLimit {
  #limit = Infinity;
  #hasFailed = false;

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

  /** Notes that accepting failed, for whatever reason; true when it had not failed before. */
  failed(): boolean {
    const isFirst = !this.#hasFailed;
    this.#hasFailed = true;
    return isFirst;
  }

  /** Whether, with `open` connections, others can be accepted again; true once for each failure. */
  hasRecovered(open: number): boolean {
    if (!this.#hasFailed || open > this.#limit * ENOUGH) return false;
    this.#hasFailed = false;
    return true;
  }
}
