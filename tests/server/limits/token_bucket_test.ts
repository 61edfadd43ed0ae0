import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { type Rate, spend, TokenBuckets, waitFor } from "../../../server/limits/token_bucket.ts";
import { PURE } from "../../fixtures/pure.ts";

/** A token every 100 ms, five at most. */
const RATE = { perSecond: 10, burst: 5 };

/** One bucket, initially full. */
class TokenBucket {
  #fullAt = 0;
  constructor(readonly rate: Rate) {}

  waitFor(cost: number, now: number): number {
    return waitFor(this.rate, cost, this.#fullAt, now);
  }

  take(cost: number, now: number): number {
    const wait = this.waitFor(cost, now);
    if (wait === 0) this.spend(Math.min(cost, this.rate.burst), now);
    return wait;
  }

  spend(cost: number, now: number): number {
    this.#fullAt = spend(this.rate, cost, this.#fullAt, now);
    return this.waitFor(0, now);
  }

  isFull(now: number): boolean {
    return this.#fullAt <= now;
  }
}

Deno.test("take() gives a burst at once, then says how long until the next", PURE, () => {
  const bucket = new TokenBucket(RATE);
  assertEquals([1, 2, 3, 4, 5].map(() => bucket.take(1, 1000)), [0, 0, 0, 0, 0]);
  assertEquals(Math.round(bucket.take(1, 1000)), 100);
  assertEquals(Math.round(bucket.take(3, 1000)), 300);
  // Asking takes nothing.
  assertEquals(Math.round(bucket.take(1, 1060)), 40);
  assertEquals(bucket.take(1, 1101), 0);
});

Deno.test("take() of more than the burst takes all of it, and so comes through", PURE, () => {
  const bucket = new TokenBucket(RATE);
  assertEquals(bucket.take(50, 0), 0);
  assertEquals(Math.round(bucket.take(50, 0)), 500);
  assertEquals(bucket.take(50, 501), 0);
});

Deno.test("spend() goes into debt, and says when it is paid", PURE, () => {
  const bucket = new TokenBucket(RATE);
  assertEquals(bucket.spend(5, 0), 0);
  assertEquals(Math.round(bucket.spend(20, 0)), 2000);
  assertEquals(Math.round(bucket.take(1, 1000)), 1100);
  assertEquals(bucket.spend(0, 2000), 0);
});

Deno.test("a bucket fills up to its burst and no further", PURE, () => {
  const bucket = new TokenBucket(RATE);
  assert(bucket.isFull(0));
  bucket.take(3, 0);
  assert(!bucket.isFull(299));
  assert(bucket.isFull(301));
  assertEquals(bucket.take(5, 1e9), 0);
  assert(bucket.take(1, 1e9) > 0);
});

Deno.test("whatever is asked and when, no more is taken than rate and burst allow", PURE, () => {
  const asks = fc.array(fc.tuple(fc.nat(500), fc.integer({ min: 1, max: 5 })));
  fc.assert(fc.property(asks, (steps) => {
    const bucket = new TokenBucket(RATE);
    let [now, taken] = [0, 0];
    for (const [pause, cost] of steps) {
      now += pause;
      const wait = bucket.take(cost, now);
      if (wait === 0) taken += cost;
      else assertEquals(bucket.waitFor(cost, now + wait + 1e-6), 0);
    }
    assert(taken <= RATE.burst + now / 1000 * RATE.perSecond + 1e-6);
  }));
});

Deno.test("TokenBuckets has a bucket for each key, and forgets those that are full", PURE, () => {
  const buckets = new TokenBuckets({ perSecond: 1, burst: 2 });
  assertEquals(buckets.waitFor("a", 0), 0);
  assertEquals(buckets.size, 0);
  assertEquals([buckets.take("a", 0), buckets.take("a", 0), buckets.take("a", 0)], [0, 0, 1000]);
  assertEquals([buckets.waitFor("a", 500), buckets.waitFor("b", 500)], [500, 0]);
  buckets.take("b", 1500);
  buckets.sweep(2000);
  assertEquals([buckets.size, buckets.waitFor("b", 2000)], [1, 0]);
  buckets.take("b", 2000);
  assertEquals(buckets.waitFor("b", 2000), 500);
  buckets.forget("b");
  assertEquals(buckets.waitFor("b", 2000), 0);
});

Deno.test("TokenBuckets has no more keys than it may, however many are made up", PURE, () => {
  const buckets = new TokenBuckets({ perSecond: 1, burst: 1 }, 100);
  for (let key = 0; key < 1000; key++) buckets.take(`${key}`, key / 1000);
  assertEquals(buckets.size, 100);
  assert(buckets.take("999", 1) > 0);
});
