import { assertEquals } from "@std/assert";
import { Door, type DoorLimits } from "../server/door.ts";

const PURE = { permissions: "none" } as const;

const OPEN: DoorLimits = {
  connections: Infinity,
  perAddress: Infinity,
  arrivals: undefined,
  limitLoopback: false,
};

/** The codes with which peers at these addresses are turned away, one after another. */
function codesOf(door: Door, ...hostnames: string[]): (string | undefined)[] {
  return hostnames.map((hostname) => door.enter(hostname, 0)?.code);
}

Deno.test("the door lets in as many as there may be, and the next when one has left", PURE, () => {
  const door = new Door({ ...OPEN, connections: 2 });
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
    const door = new Door({ ...OPEN, perAddress: 1 });
    const expected = [undefined, isSame ? "address_full" : undefined];
    assertEquals(codesOf(door, one, other), expected, `${one} ${other}`);
    door.leave(one);
    assertEquals(codesOf(door, one), [undefined]);
  }
});

Deno.test("the door forgets nobody who is in when another of the address leaves", PURE, () => {
  const door = new Door({ ...OPEN, perAddress: 2 });
  assertEquals(codesOf(door, "192.0.2.1", "192.0.2.1"), [undefined, undefined]);
  door.leave("192.0.2.1");
  assertEquals(codesOf(door, "192.0.2.1", "192.0.2.1"), [undefined, "address_full"]);
});

Deno.test("the door lets an address come so fast, and says when it may come again", PURE, () => {
  const door = new Door({ ...OPEN, arrivals: { perSecond: 2, burst: 3 } });
  for (let count = 0; count < 3; count++) assertEquals(door.enter("192.0.2.1", 0), undefined);
  const refusal = door.enter("192.0.2.1", 100);
  assertEquals([refusal?.code, refusal?.wait], ["rate_limited", 400]);
  assertEquals(door.enter("192.0.2.2", 100), undefined);
  door.sweep(400);
  assertEquals(door.enter("192.0.2.1", 499)?.code, "rate_limited");
  assertEquals(door.enter("192.0.2.1", 500), undefined);
});

Deno.test("the door does not count this machine by address, unless it is told to", PURE, () => {
  const limits = { ...OPEN, perAddress: 1, arrivals: { perSecond: 1, burst: 2 } };
  for (const here of ["127.0.0.1", "::1", "::ffff:127.0.0.1"]) {
    assertEquals(codesOf(new Door(limits), here, here, here), [undefined, undefined, undefined]);
    const strict = new Door({ ...limits, limitLoopback: true });
    assertEquals(codesOf(strict, here, here), [undefined, "address_full"], here);
  }
});
