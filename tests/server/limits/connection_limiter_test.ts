import { assertEquals, assertLess } from "@std/assert";
import {
  ConnectionLimiter,
  type ConnectionLimits,
  type Rejection,
} from "../../../server/limits/connection_limiter.ts";
import { MemoryGuard } from "../../../server/limits/memory_guard.ts";
import { PURE } from "../../fixtures/pure.ts";

const OPEN: ConnectionLimits = {
  total: Infinity,
  perAddress: Infinity,
  arrivals: undefined,
  limitLoopback: false,
};

function openLimiter(
  limits: Partial<ConnectionLimits>,
  memory = new MemoryGuard({ rss: Infinity, heapUsed: Infinity }),
): ConnectionLimiter {
  return new ConnectionLimiter({ ...OPEN, ...limits }, memory);
}

function codeOf(rejection: Rejection | undefined): string | undefined {
  return rejection?.error.payload.code;
}

/** The codes with which peers at these addresses are rejected, one after another. */
function codesOf(limiter: ConnectionLimiter, ...hostnames: string[]): (string | undefined)[] {
  return hostnames.map((hostname) => codeOf(limiter.admit(hostname, 0)));
}

Deno.test(
  "the limiter lets in as many as there may be, and the next when one has left",
  PURE,
  () => {
    const limiter = openLimiter({ total: 2 });
    const addresses = ["192.0.2.1", "127.0.0.1", "192.0.2.2"];
    assertEquals(codesOf(limiter, ...addresses), [undefined, undefined, "server_full"]);
    limiter.release("127.0.0.1");
    assertEquals(codesOf(limiter, "192.0.2.2", "192.0.2.3"), [undefined, "server_full"]);
  },
);

Deno.test("the limiter counts by address: /64 of IPv6, IPv4 however it is written", PURE, () => {
  const pairs: [one: string, other: string, isSame: boolean][] = [
    ["192.0.2.1", "192.0.2.1", true],
    ["192.0.2.1", "::ffff:192.0.2.1", true],
    ["192.0.2.1", "192.0.2.2", false],
    ["2001:db8:0:1::1", "2001:db8:0:1:ffff::9", true],
    ["2001:db8:0:1::1", "2001:db8:0:2::1", false],
  ];
  for (const [one, other, isSame] of pairs) {
    const limiter = openLimiter({ perAddress: 1 });
    const expected = [undefined, isSame ? "address_full" : undefined];
    assertEquals(codesOf(limiter, one, other), expected, `${one} ${other}`);
    limiter.release(one);
    assertEquals(codesOf(limiter, one), [undefined]);
  }
});

Deno.test("the limiter still counts the others of an address when one leaves", PURE, () => {
  const limiter = openLimiter({ perAddress: 2 });
  assertEquals(codesOf(limiter, "192.0.2.1", "192.0.2.1"), [undefined, undefined]);
  limiter.release("192.0.2.1");
  assertEquals(codesOf(limiter, "192.0.2.1", "192.0.2.1"), [undefined, "address_full"]);
});

Deno.test("the limiter lets an address come so fast, and says when it may come again", PURE, () => {
  const limiter = openLimiter({ arrivals: { perSecond: 2, burst: 3 } });
  for (let count = 0; count < 3; count++) assertEquals(limiter.admit("192.0.2.1", 0), undefined);
  const refusal = limiter.admit("192.0.2.1", 100);
  assertEquals([codeOf(refusal), refusal?.error.payload.retry_after], ["rate_limited", 400]);
  assertEquals(limiter.admit("192.0.2.2", 100), undefined);
  limiter.sweep(400);
  assertEquals(codeOf(limiter.admit("192.0.2.1", 499)), "rate_limited");
  assertEquals(limiter.admit("192.0.2.1", 500), undefined);
});

Deno.test("the limiter does not count this machine by address, unless set to", PURE, () => {
  const limits = { perAddress: 1, arrivals: { perSecond: 1, burst: 2 } };
  for (const here of ["127.0.0.1", "::1", "::ffff:127.0.0.1"]) {
    assertEquals(codesOf(openLimiter(limits), here, here, here), [undefined, undefined, undefined]);
    const strict = openLimiter({ ...limits, limitLoopback: true });
    assertEquals(codesOf(strict, here, here), [undefined, "address_full"], here);
  }
});

Deno.test(
  "the limiter gives some rejected connections the reason at a time, and counts the rest too",
  PURE,
  () => {
    const limiter = openLimiter({ total: 1 });
    limiter.admit("192.0.2.1", 0);
    const told = Array.from({ length: 150 }, () => limiter.admit("192.0.2.2", 0)?.isSent);
    assertEquals(told, [...Array(100).fill(true), ...Array(50).fill(false)]);
    limiter.rejectionSent();
    assertEquals([1, 2].map(() => limiter.admit("192.0.2.2", 0)?.isSent), [true, false]);
    assertEquals([limiter.takeRejected(), limiter.takeRejected()], [152, 0]);
    // None of them has taken anybody's place.
    limiter.release("192.0.2.1");
    assertEquals(limiter.admit("192.0.2.2", 0), undefined);
  },
);

Deno.test("the limiter is shut while memory is short", PURE, () => {
  const memory = new MemoryGuard({ rss: 100, heapUsed: Infinity });
  const limiter = openLimiter({}, memory);
  memory.measure({ rss: 101, heapUsed: 0 });
  assertEquals(codesOf(limiter, "127.0.0.1", "192.0.2.1"), ["server_busy", "server_busy"]);
  memory.measure({ rss: 50, heapUsed: 0 });
  assertEquals(codesOf(limiter, "127.0.0.1"), [undefined]);
});

/** How often clients of one address ask until all are admitted, each again when it is told to. */
function attemptsOf(clients: number, limits: Partial<ConnectionLimits>): number {
  const limiter = openLimiter(limits);
  const due = Array<number>(clients).fill(0);
  let attempts = 0;
  while (due.length > 0) {
    const now = due.sort((one, other) => one - other).shift() as number;
    const rejection = limiter.admit("192.0.2.1", now);
    attempts++;
    if (rejection === undefined) continue;
    limiter.rejectionSent();
    due.push(now + (rejection.error.payload.retry_after ?? NaN));
  }
  return attempts;
}

Deno.test("clients of one address that wait are told different times, each its own", PURE, () => {
  // All of a site after a restart; each asks twice at most.
  const arrivals = { perSecond: 10, burst: 100 };
  assertEquals(attemptsOf(250, { arrivals }), 250 + 150);
  // More than the longest wait has room for: as many rounds as it takes.
  assertLess(attemptsOf(2000, { arrivals }), 2000 * 5);
  const limiter = openLimiter({ arrivals });
  const waits = Array.from({ length: 5000 }, () => {
    const rejection = limiter.admit("192.0.2.1", 0);
    limiter.rejectionSent();
    return rejection?.error.payload.retry_after ?? 0;
  });
  assertLess(Math.max(...waits), 60_001);
  // Another address has its own.
  assertEquals(limiter.admit("192.0.2.2", 0), undefined);
});
