/**
 * Token buckets: tokens come at a steady rate and are kept up to a burst. Pure: the clock
 * is passed in. A bucket is one number, the time at which it is full again, so that a
 * connection's buckets are no objects and a full bucket needs no memory.
 */

/** Tokens per second, and the most that are kept. */
export interface Rate {
  perSecond: number;
  burst: number;
}

/** Tokens that rounding may lose between a level and a time. */
const ROUNDING = 1e-6;

/**
 * Milliseconds until `cost` tokens can be taken from a bucket that is full at `fullAt`; 0 when
 * they are there. A cost above the burst waits for the whole burst.
 */
export function waitFor({ perSecond, burst }: Rate, cost: number, fullAt: number, now: number) {
  const missing = fullAt <= now ? 0 : (fullAt - now) * perSecond / 1000;
  const short = Math.min(cost, burst) - (burst - missing);
  return short <= ROUNDING ? 0 : short * 1000 / perSecond;
}

/** The time at which a bucket is full again once `cost` tokens are taken; a lack of them is a debt. */
export function spend({ perSecond }: Rate, cost: number, fullAt: number, now: number): number {
  return Math.max(fullAt, now) + cost * 1000 / perSecond;
}

/** Keys that a table has at most, so that addresses cannot grow it without bound; beyond it the oldest goes. */
const MAX_KEYS = 100_000;

/** A bucket for each of many keys, such as addresses. */
export class TokenBuckets {
  readonly #rate: Rate;
  readonly #maxKeys: number;
  /** When each bucket is full again; a bucket that is not here is full. */
  readonly #fullAt = new Map<string, number>();

  constructor(rate: Rate, maxKeys = MAX_KEYS) {
    this.#rate = rate;
    this.#maxKeys = maxKeys;
  }

  /** The number of keys whose buckets are not known to be full. */
  get size(): number {
    return this.#fullAt.size;
  }

  /** Takes one of `key`'s tokens and returns 0, or the milliseconds until there is one. */
  take(key: string, now: number): number {
    const wait = this.waitFor(key, now);
    if (wait > 0) return wait;
    // The oldest bucket has had the most time to fill.
    if (this.#fullAt.size >= this.#maxKeys && !this.#fullAt.has(key)) {
      this.#fullAt.delete(this.#fullAt.keys().next().value as string);
    }
    this.#fullAt.set(key, spend(this.#rate, 1, this.#fullAt.get(key) ?? now, now));
    return 0;
  }

  /** The milliseconds until one of `key`'s tokens can be taken. */
  waitFor(key: string, now: number): number {
    return waitFor(this.#rate, 1, this.#fullAt.get(key) ?? now, now);
  }

  /** Fills `key`'s bucket. */
  forget(key: string): void {
    this.#fullAt.delete(key);
  }

  /** Drops the buckets that are full by now, to be called now and then. */
  sweep(now: number): void {
    for (const [key, fullAt] of this.#fullAt) if (fullAt <= now) this.#fullAt.delete(key);
  }
}
