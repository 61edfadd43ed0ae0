/**
 * Spreads the times at which refused clients try again. Clients that are all given the same
 * time return together: one is admitted, and the rest are refused once more. Pure.
 */

/** The longest wait, in milliseconds; where more clients wait than it has slots for, they share them. */
const LONGEST_WAIT = 60_000;

/** Gives each client of a group a slot of its own. */
export class RetrySlots {
  #last = -Infinity;

  /**
   * The milliseconds until the next free slot: at least `wait`, after which there is room for
   * one client, and `interval` after the last slot, since there is room for one in each interval.
   */
  next(wait: number, interval: number, now: number): number {
    const free = Math.max(wait, this.#last + interval - now);
    const given = free <= LONGEST_WAIT ? free : wait;
    this.#last = now + given;
    return given;
  }

  /** Whether all slots that were given are over. */
  isOver(now: number): boolean {
    return this.#last <= now;
  }
}
