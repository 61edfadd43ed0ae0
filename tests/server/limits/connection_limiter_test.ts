import { assertEquals } from "@std/assert";
import {
  Door,
  type DoorLimits,
  type TurnedAway,
} from "../../../server/limits/connection_limiter.ts";
import { MemoryGuard } from "../../../server/limits/memory_guard.ts";
import { PURE } from "../../fixtures/pure.ts";

const OPEN: DoorLimits = {
  connections: Infinity,
  perAddress: Infinity,
  arrivals: undefined,
  limitLoopback: false,
};

function openDoor(
  limits: Partial<DoorLimits>,
  memory = new MemoryGuard({ rss: Infinity, heapUsed: Infinity }),
): Door {
  return new Door({ ...OPEN, ...limits }, memory);
}

function codeOf(turnedAway: TurnedAway | undefined): string | undefined {
  return turnedAway?.error.payload.code;
}

/** The codes with which peers at these addresses are turned away, one after another. */
function codesOf(door: Door, ...hostnames: string[]): (string | undefined)[] {
  return hostnames.map((hostname) => codeOf(door.enter(hostname, 0)));
}

Deno.test("the door lets in as many as there may be, and the next when one has left", PURE, () => {
  const door = openDoor({ connections: 2 });
  const addresses = ["192.0.2.1", "127.0.0.1", "192.0.2.2"];
  assertEquals(codesOf(door, ...addresses), [undefined, undefined, "server_full"]);
  door.leave("127.0.0.1");
  assertEquals(codesOf(door, "192.0.2.2", "192.0.2.3"), [undefined, "server_full"]);
});

Deno.test("the door counts by address: /64 of IPv6, IPv4 however it is written", PURE, () => {
  const pairs: [one: string, other: string, isSame: boolean][] = [
    ["192.0.2.1", "192.0.2.1", true],
    ["192.0.2.1", "::ffff:192.0.2.1", true],
    ["192.0.2.1", "192.0.2.2", false],
    ["2001:db8:0:1::1", "2001:db8:0:1:ffff::9", true],
    ["2001:db8:0:1::1", "2001:db8:0:2::1", false],
  ];
  for (const [one, other, isSame] of pairs) {
    const door = openDoor({ perAddress: 1 });
    const expected = [undefined, isSame ? "address_full" : undefined];
    assertEquals(codesOf(door, one, other), expected, `${one} ${other}`);
    door.leave(one);
    assertEquals(codesOf(door, one), [undefined]);
  }
});

Deno.test("the door forgets nobody who is in when another of the address leaves", PURE, () => {
  const door = openDoor({ perAddress: 2 });
  assertEquals(codesOf(door, "192.0.2.1", "192.0.2.1"), [undefined, undefined]);
  door.leave("192.0.2.1");
  assertEquals(codesOf(door, "192.0.2.1", "192.0.2.1"), [undefined, "address_full"]);
});

Deno.test("the door lets an address come so fast, and says when it may come again", PURE, () => {
  const door = openDoor({ arrivals: { perSecond: 2, burst: 3 } });
  for (let count = 0; count < 3; count++) assertEquals(door.enter("192.0.2.1", 0), undefined);
  const refusal = door.enter("192.0.2.1", 100);
  assertEquals([codeOf(refusal), refusal?.error.payload.retry_after], ["rate_limited", 400]);
  assertEquals(door.enter("192.0.2.2", 100), undefined);
  door.sweep(400);
  assertEquals(codeOf(door.enter("192.0.2.1", 499)), "rate_limited");
  assertEquals(door.enter("192.0.2.1", 500), undefined);
});

Deno.test("the door does not count this machine by address, unless it is told to", PURE, () => {
  const limits = { perAddress: 1, arrivals: { perSecond: 1, burst: 2 } };
  for (const here of ["127.0.0.1", "::1", "::ffff:127.0.0.1"]) {
    assertEquals(codesOf(openDoor(limits), here, here, here), [undefined, undefined, undefined]);
    const strict = openDoor({ ...limits, limitLoopback: true });
    assertEquals(codesOf(strict, here, here), [undefined, "address_full"], here);
  }
});

Deno.test(
  "the door tells so many at a time why they can't come in, and counts the rest too",
  PURE,
  () => {
    const door = openDoor({ connections: 1 });
    door.enter("192.0.2.1", 0);
    const told = Array.from({ length: 150 }, () => door.enter("192.0.2.2", 0)?.isTold);
    assertEquals(told, [...Array(100).fill(true), ...Array(50).fill(false)]);
    door.told();
    assertEquals([1, 2].map(() => door.enter("192.0.2.2", 0)?.isTold), [true, false]);
    assertEquals([door.sweep(0), door.sweep(0)], [152, 0]);
    // None of them has taken anybody's place.
    door.leave("192.0.2.1");
    assertEquals(door.enter("192.0.2.2", 0), undefined);
  },
);

Deno.test("the door is shut while memory is short", PURE, () => {
  const memory = new MemoryGuard({ rss: 100, heapUsed: Infinity });
  const door = openDoor({}, memory);
  memory.measure({ rss: 101, heapUsed: 0 });
  assertEquals(codesOf(door, "127.0.0.1", "192.0.2.1"), ["server_busy", "server_busy"]);
  memory.measure({ rss: 50, heapUsed: 0 });
  assertEquals(codesOf(door, "127.0.0.1"), [undefined]);
});
