import { assert, assertEquals, assertGreater, assertLess } from "@std/assert";
import type { RequestType } from "../../../protocol/mod.ts";
import { REQUEST_TABLE } from "../../../server/hub/request_table.ts";
import { MemoryGuard } from "../../../server/limits/memory_guard.ts";
import { type ConnectionRates, RequestLimiter } from "../../../server/limits/request_limiter.ts";
import { PURE } from "../../fixtures/pure.ts";

const RATES = { requests: { perSecond: 100, burst: 500 }, bytes: { perSecond: 1000, burst: 1000 } };
const NONE = { requests: undefined, bytes: undefined };

const COSTS = Object.entries(REQUEST_TABLE).map(([type, { cost }]) => [type, cost] as const);

/** The limiter of one connection, and its answers: milliseconds to wait, or 0 to pass. */
class Limiter {
  readonly limiter: RequestLimiter;

  constructor(rates: ConnectionRates) {
    const memory = new MemoryGuard({ rss: Infinity, heapUsed: Infinity });
    this.limiter = new RequestLimiter({ rates, memory, isLogInMemory: false });
  }

  admit(type: RequestType, now: number): number {
    const throttled = this.limiter.admit(REQUEST_TABLE[type], undefined, now);
    return throttled?.error.payload.retry_after ?? 0;
  }
}

/** How many of `type` pass at once. */
function burstOf(type: RequestType): number {
  const limiter = new Limiter(RATES);
  let count = 0;
  while (count < 10_000 && limiter.admit(type, 0) === 0) count++;
  return count;
}

Deno.test("a request counts as what it costs", PURE, () => {
  assertEquals(burstOf("message"), 500);
  assertEquals(burstOf("search"), 25);
  for (const [type, cost] of COSTS) {
    const expected = cost === 0 ? 10_000 : Math.floor(500 / cost);
    assertEquals(burstOf(type as RequestType), expected, type);
  }
});

Deno.test("only what answers the server, or ends, is free", PURE, () => {
  const free = COSTS.filter(([, cost]) => cost === 0).map(([type]) => type);
  assertEquals(free, ["pong", "quit"]);
  for (const type of ["search", "unread", "history", "members", "rooms"] as const) {
    assertGreater(REQUEST_TABLE[type].cost, REQUEST_TABLE.message.cost);
  }
  assertEquals(REQUEST_TABLE.search.cost, Math.max(...COSTS.map(([, cost]) => cost)));
});

Deno.test("once a request is refused, all are, until the time that was said", PURE, () => {
  const limiter = new Limiter(RATES);
  for (let count = 0; count < 500; count++) assertEquals(limiter.admit("message", 0), 0);
  assertEquals(limiter.admit("message", 0), 1000);
  // Tokens have come since, but requests of one write are refused together.
  assertEquals(limiter.admit("message", 400), 600);
  assertEquals(limiter.admit("ping", 999), 1);
  assertEquals([limiter.admit("pong", 999), limiter.admit("quit", 999)], [0, 0]);
  let passed = 0;
  while (limiter.admit("message", 1000) === 0) passed++;
  assertEquals(passed, 100);
});

Deno.test("a message to many members costs more, and is charged afterwards", PURE, () => {
  const limiter = new Limiter(RATES);
  for (const count of [0, 10, 24]) limiter.limiter.chargeFanOut(count, 0);
  limiter.limiter.chargeFanOut(10_000, 0);
  for (let count = 0; count < 100; count++) assertEquals(limiter.admit("message", 0), 0);
  limiter.limiter.chargeFanOut(10_000, 0);
  const wait = limiter.admit("message", 0);
  assertEquals([wait, limiter.admit("message", wait)], [4010, 0]);
});

Deno.test(
  "a client that waits for as long as retry_after says may go on, however slow the rate",
  PURE,
  () => {
    for (const type of ["message", "search"] as const) {
      const limiter = new Limiter({ ...NONE, requests: { perSecond: 1, burst: 3 } });
      let now = 0;
      for (let round = 0; round < 50; round++) {
        const wait = limiter.admit(type, now);
        now += Math.ceil(wait);
        if (wait > 0) assertEquals(limiter.admit(type, now), 0);
      }
      assert(now > 40_000);
    }
  },
);

Deno.test("a few refusals are sent at once, then a few a second", PURE, () => {
  const { limiter } = new Limiter({ requests: { perSecond: 1e-9, burst: 1 }, bytes: undefined });
  limiter.admit({ cost: 1 }, undefined, 0);
  let now = 0;
  let told = 0;
  for (; now < 10_000; told++) now += limiter.admit({ cost: 1 }, undefined, now)?.rest ?? NaN;
  assertGreater(told, 256);
  assertLess(told, 600);
});

Deno.test("bytes are read at their rate, once a second's worth was read", PURE, () => {
  const limiter = new Limiter(RATES);
  assertEquals(limiter.limiter.chargeBytes(1000, 0), 0);
  assertEquals(limiter.limiter.chargeBytes(4000, 0), 4000);
  assertEquals(limiter.limiter.chargeBytes(0, 4000), 0);
});

Deno.test("without a rate everything passes", PURE, () => {
  const limiter = new Limiter(NONE);
  for (let count = 0; count < 10_000; count++) assertEquals(limiter.admit("search", 0), 0);
  assertEquals(limiter.limiter.chargeBytes(1e12, 0), 0);
});
