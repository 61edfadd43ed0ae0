/**
 * The log's own time, by which messages and sessions age. The system's clock may be wrong
 * for a while: it stands in 1970 until a machine has found a time server, it is set to
 * another month by mistake, it jumps back. Nothing that ages too fast can be had back, so
 * the log's time follows that clock with care:
 *
 * - it passes at least as fast as the uptime, which nobody can set, and never goes back;
 * - a jump ahead may mean that time has passed while the machine slept or the server was
 *   down, and is believed little by little;
 * - a jump of more than a year does not: it corrects a clock that was never set;
 * - a jump back changes nothing but what the dates of new messages are.
 *
 * The log stores its time, so that none of this is forgotten at a restart.
 */

import { DAY } from "../process/time.ts";

/** How many times as fast as uptime the log's time may pass: a missed month takes half a day. */
const CATCH_UP = 60;

/** A jump ahead that no sleep explains. */
const IMPLAUSIBLE = 366 * DAY;

/** The part of the uptime by which the date of new messages is corrected back. */
const CORRECTION = 1 / 2;

/** A clock as the log stores it; all times are milliseconds. */
export interface ClockState {
  /** The log's time. Epoch milliseconds, as long as the system's clock was never wrong. */
  time: number;
  /** The date minus the log's time, as far as the difference is no time that has passed. */
  offset: number;
}

/** A moment, in both times; whole milliseconds. */
export interface Moment {
  /** The log's time, to reckon ages with. */
  time: number;
  /** The date for people, in epoch milliseconds: the system's, but never below what was known. */
  at: number;
}

/** Follows the system's clock. Pure: both clocks are passed in. */
export class LogClock {
  #time: number;
  #offset: number;
  #uptime: number;

  /** Goes on from `state`, a time that has certainly been. */
  constructor({ time, offset }: ClockState, uptime: number) {
    this.#time = time;
    this.#offset = offset;
    this.#uptime = uptime;
  }

  /** The clock as it is to be stored. */
  get state(): ClockState {
    return { time: this.#time, offset: this.#offset };
  }

  /** The present moment: `wall` is what the system's clock says. */
  tick(wall: number, uptime: number): Moment {
    const passed = Math.max(0, uptime - this.#uptime);
    this.#uptime = uptime;
    this.#time += passed;
    // A date of the far future that is taken back was a mistake.
    if (this.#offset > 0) this.#offset = within(0, wall - this.#time, this.#offset);
    const ahead = wall - (this.#time + this.#offset);
    if (ahead > IMPLAUSIBLE) this.#offset += ahead;
    else if (ahead > 0) this.#catchUp(ahead, passed);
    else this.#offset -= Math.min(-ahead, passed * CORRECTION);
    const known = this.#time + Math.min(0, this.#offset);
    return { time: Math.floor(this.#time), at: Math.floor(Math.max(wall, known)) };
  }

  /** The date of a moment in the log's time, in whole milliseconds. */
  toDate(time: number): number {
    return Math.floor(time + this.#offset);
  }

  /** A jump ahead first takes back a jump back; no time has passed by that. */
  #catchUp(ahead: number, passed: number): void {
    const restored = within(0, -this.#offset, ahead);
    this.#offset += restored;
    this.#time += Math.min(ahead - restored, passed * (CATCH_UP - 1));
  }
}

/** The time at which a log begins that has stored none: `latest` is its last date, if it has any. */
export function initialState(wall: number, latest = wall): ClockState {
  // A clock that was never set knows less than the log does.
  const isUnset = wall < latest - IMPLAUSIBLE;
  return { time: isUnset ? latest : Math.min(latest, wall), offset: 0 };
}

/** How far apart the two times of a message may be without its own one being stored. */
const TOLERANCE = 3_600_000;

/** The log's time of a message, where its date does not stand for it. */
export function timeToStore({ time, at }: Moment): number | null {
  return Math.abs(time - at) > TOLERANCE ? time : null;
}

function within(low: number, value: number, high: number): number {
  return Math.max(low, Math.min(value, high));
}
