/**
 * How fast something may go on: tokens that come at a steady rate and are kept up
 * to a burst. Pure: the clock is passed in. A table of buckets has one for each key.
 */

/** So many a second, and so many at once after a while without. */
export interface Rate {
  perSecond: number;
  burst: number;
}

/** One bucket, full at first. All times are milliseconds of one clock. */
export class TokenBucket {
  readonly #rate: Rate;
  #level: number;
  #filledAt: number;

  constructor(rate: Rate, now: number) {
    this.#rate = rate;
    this.#level = rate.burst;
    this.#filledAt = now;
  }

  /** Takes `cost` tokens and gives 0; or takes none and gives the milliseconds until there are enough. */
  take(cost: number, now: number): number {
    const wait = this.waitFor(cost, now);
    if (wait === 0) this.#level -= Math.min(cost, this.#rate.burst);
    return wait;
  }

  /** Takes `cost` tokens, there or not, and gives the milliseconds until the debt is paid. */
  spend(cost: number, now: number): number {
    this.#fill(now);
    this.#level -= cost;
    return this.#until(0);
  }

  /** The milliseconds until `cost` tokens can be taken. What costs more than the burst takes all of it. */
  waitFor(cost: number, now: number): number {
    this.#fill(now);
    return this.#until(Math.min(cost, this.#rate.burst));
  }

  /** Whether it is as if nothing had ever been taken. */
  isFull(now: number): boolean {
    this.#fill(now);
    return this.#level === this.#rate.burst;
  }

  #until(level: number): number {
    return this.#level >= level ? 0 : (level - this.#level) / this.#rate.perSecond * 1000;
  }

  #fill(now: number): void {
    const gained = (now - this.#filledAt) / 1000 * this.#rate.perSecond;
    this.#level = Math.min(this.#rate.burst, this.#level + gained);
    this.#filledAt = now;
  }
}

/** Keys that a table has at most, so that it can't be made to grow; beyond it the oldest one goes. */
const MAX_KEYS = 100_000;

/** A bucket for each of many keys: addresses, names. A full one is no different from none, and takes no memory. */
export class TokenBuckets {
  readonly #rate: Rate;
  readonly #maxKeys: number;
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(rate: Rate, maxKeys = MAX_KEYS) {
    this.#rate = rate;
    this.#maxKeys = maxKeys;
  }

  /** How many keys have a bucket. */
  get size(): number {
    return this.#buckets.size;
  }

  /** Takes one token of `key`'s and gives 0; or the milliseconds until there is one. */
  take(key: string, now: number): number {
    return (this.#buckets.get(key) ?? this.#make(key, now)).take(1, now);
  }

  /** The milliseconds until a token of `key`'s can be taken. */
  waitFor(key: string, now: number): number {
    return this.#buckets.get(key)?.waitFor(1, now) ?? 0;
  }

  /** Fills `key`'s bucket. */
  forget(key: string): void {
    this.#buckets.delete(key);
  }

  /** Lets go of the buckets that have filled up. To be called now and then. */
  sweep(now: number): void {
    for (const [key, bucket] of this.#buckets) {
      if (bucket.isFull(now)) this.#buckets.delete(key);
    }
  }

  #make(key: string, now: number): TokenBucket {
    const bucket = new TokenBucket(this.#rate, now);
    // The one that has been there longest has had the most time to fill.
    if (this.#buckets.size >= this.#maxKeys) {
      this.#buckets.delete(this.#buckets.keys().next().value as string);
    }
    this.#buckets.set(key, bucket);
    return bucket;
  }
}
