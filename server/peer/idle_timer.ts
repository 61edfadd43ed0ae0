/**
 * How long a silent peer is borne: so long until it says `connect`, then so long
 * until it is pinged, and as long again until it is let go. Pure: the clock is
 * passed in, and someone looks now and then.
 */

/** What a silence has come to. */
export type IdleEvent = "no handshake" | "ping" | "idle";

/** The timeouts, in milliseconds. */
export interface Timeouts {
  /** 0 for none. */
  handshake: number;
  idle: number;
}

/** What a look needs to know of a connection. */
export interface Standing {
  /** Whether the peer has begun a line and not finished it. */
  isInLine: boolean;
  /** Whether the peer was sent so much since it was heard last that it may still be reading. */
  hasMuchToRead: boolean;
}

/**
 * How many times longer a ping's answer is waited for where much is to be read before it: the
 * system alone holds some megabytes for a peer, and doesn't say how many of them it has read.
 */
const WHILE_READING = 9;

/** The most milliseconds between two looks, which is by how much a silence may be overlooked. */
const LONGEST_INTERVAL = 1000;

/** Milliseconds after which to look at everyone again, for timeouts like these. */
export function lookInterval({ handshake, idle }: Timeouts): number {
  const shortest = Math.min(handshake || Infinity, idle);
  return Math.min(Math.ceil(shortest / 4), LONGEST_INTERVAL);
}

/** Watches one connection. No timer of its own: ten thousand of them would cost more than a look at all. */
export class IdleTimer {
  readonly #timeouts: Timeouts;
  /** When the peer was last heard; until it says `connect`, when it came. */
  #heardAt: number;
  #hasConnected = false;
  #pinged = false;
  #mayBeSilent = false;
  #stalledAt: number | undefined;

  constructor(timeouts: Timeouts, now: number) {
    this.#timeouts = timeouts;
    this.#heardAt = now;
  }

  /** Notes that the peer said something. */
  heard(now: number): void {
    // Whatever else it says, it is `connect` that it was let in for.
    if (!this.#hasConnected) return;
    this.#heardAt = now;
    this.#pinged = false;
  }

  /** Notes that the peer took some of what waits for it: who is busy reading is not silent. */
  took(now: number): void {
    this.heard(now);
    this.#stalledAt = undefined;
  }

  /** Whether the peer has taken nothing for half of what a silence may last, since this was asked first. */
  isStalled(now: number): boolean {
    this.#stalledAt ??= now;
    return now - this.#stalledAt >= this.#timeouts.idle / 2;
  }

  /** Notes that the peer said `connect`: from now on it may be silent for longer. */
  greeted(now: number): void {
    this.#hasConnected = true;
    this.heard(now);
  }

  /** The same of one that can't answer a ping (the lecture's clients): it may be silent for ever, but not within a line. */
  greetedLecture(now: number): void {
    this.#mayBeSilent = true;
    this.greeted(now);
  }

  /** What the silence has come to. */
  look(now: number, { isInLine, hasMuchToRead }: Standing): IdleEvent | undefined {
    const silence = now - this.#heardAt;
    const { handshake, idle } = this.#timeouts;
    if (!this.#hasConnected) {
      return handshake > 0 && silence >= handshake ? "no handshake" : undefined;
    }
    const borne = this.#pinged && hasMuchToRead ? WHILE_READING * idle : idle;
    if (this.#mayBeSilent && !isInLine) this.heard(now);
    else if (silence >= borne) return this.#next(now);
    return undefined;
  }

  #next(now: number): IdleEvent | undefined {
    if (this.#pinged) return "idle";
    this.#pinged = true;
    this.#heardAt = now;
    return this.#mayBeSilent ? undefined : "ping";
  }
}
