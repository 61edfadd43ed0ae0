/**
 * How long a peer may be silent: so long until it sends `connect`, then so long until it
 * is pinged, and as long again until its connection is closed. Pure: the clock is passed
 * in. One look at every connection now and then costs less than ten thousand timers.
 */

import type { Activity } from "../connection/activity.ts";

/** The consequence of a silence. */
export type IdleEvent = "no handshake" | "ping" | "idle";

/** The bounds, in milliseconds. */
export interface Timeouts {
  /** 0 for none. */
  handshake: number;
  idle: number;
}

/** The state of a peer beside its activity. */
export interface Standing {
  /**
   * The next duty of the peer: to send `connect`, or to answer pings. A lecture client knows no
   * ping: it may be silent for ever, but not within a line.
   */
  owes: "connect" | "pong" | "rest of a line";
  /** Whether the peer has begun a line and not finished it. */
  isInLine: boolean;
  /** Whether the peer was sent so much since its last line that it may still be reading. */
  hasMuchToRead: boolean;
}

/**
 * How many times longer the server waits for a pong where the peer has much to read before
 * the ping: the system alone holds some megabytes for it, and does not tell how many are read.
 */
const WHILE_READING = 9;

/** The most milliseconds between two looks: the longest time by which a silence is noticed late. */
const LONGEST_INTERVAL = 1000;

/** Judges the silences of all peers. */
export class IdleTimer {
  readonly #timeouts: Timeouts;
  #lastLookAt = Infinity;

  constructor(timeouts: Timeouts) {
    this.#timeouts = timeouts;
  }

  /** Milliseconds after which to look at every peer again. */
  get interval(): number {
    const shortest = Math.min(this.#timeouts.handshake || Infinity, this.#timeouts.idle);
    return Math.min(Math.ceil(shortest / 4), LONGEST_INTERVAL);
  }

  /**
   * Whether peers can be judged at `now`. Not when the look is late by more than an interval: the
   * process was paused (SIGSTOP, a suspended machine, a long collection), and what peers sent
   * meanwhile is read first. The look after that judges, late or not.
   */
  beginLook(now: number): boolean {
    const isLate = now - this.#lastLookAt > 2 * this.interval;
    this.#lastLookAt = isLate ? Infinity : now;
    return !isLate;
  }

  /** The consequence of a peer's silence; a ping is noted in `activity`. */
  check(
    activity: Activity,
    { owes, isInLine, hasMuchToRead }: Standing,
    now: number,
  ): IdleEvent | undefined {
    const { handshake, idle } = this.#timeouts;
    if (owes === "connect") {
      return handshake > 0 && now - activity.openedAt >= handshake ? "no handshake" : undefined;
    }
    if (owes === "rest of a line" && !isInLine) {
      activity.noteAlive(now);
      return undefined;
    }
    const limit = activity.isPinged && hasMuchToRead ? WHILE_READING * idle : idle;
    if (now - activity.lastAt < limit) return undefined;
    if (activity.isPinged) return "idle";
    activity.lastAt = now;
    activity.isPinged = true;
    return owes === "pong" ? "ping" : undefined;
  }

  /** Whether a peer that has much to read has read nothing for half an idle timeout. */
  isStalled(activity: Activity, now: number): boolean {
    return activity.stalledFor(now) >= this.#timeouts.idle / 2;
  }
}
