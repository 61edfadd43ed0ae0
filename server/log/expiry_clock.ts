/**
 * The time by which things are forgotten. A clock that jumps ahead – a machine that
 * wakes up in the wrong year, a wrong time server – must not expire every session at
 * once, for nobody can bring them back: so that time is believed only little by little.
 */

/** How many times as fast as time passes the clock may be believed to go: a missed month takes half a day. */
const CATCH_UP = 60;

/** Follows a clock, but not in jumps ahead. Pure; all times are in milliseconds. */
export class ExpiryClock {
  /** The latest time that was believed. */
  #latest: number;
  #at: number;

  /**
   * Begins at `known`, a time that has certainly been. `uptime`, here and later, is that
   * of a clock which nobody can set.
   */
  constructor(known: number, uptime: number) {
    this.#latest = known;
    this.#at = uptime;
  }

  /** The time to go by, when the clock says `wall`. */
  now(wall: number, uptime: number): number {
    const believed = this.#latest + (uptime - this.#at) * CATCH_UP;
    const now = Math.min(wall, believed);
    this.#latest = Math.max(this.#latest, now);
    this.#at = uptime;
    return now;
  }
}
