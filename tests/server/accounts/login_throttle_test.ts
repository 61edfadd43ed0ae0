import { assertEquals } from "@std/assert";
import { LoginThrottle } from "../../../server/accounts/login_throttle.ts";
import { PURE } from "../../fixtures/pure.ts";

const MINUTE = 60_000;

/** A distinct public address for each `host`. */
function address(host: number): string {
  return `192.0.2.${host}`;
}

/** Fails `count` times; returns the wait after that. */
function failing(throttle: LoginThrottle, name: string, from: string, times: number, now = 0) {
  for (let time = 0; time < times; time++) throttle.attempt(name, from, now);
  return throttle.attempt(name, from, now);
}

Deno.test("throttle lets a few failures pass, and then makes a wait that grows", PURE, () => {
  const throttle = new LoginThrottle(3, false);
  for (let time = 0; time < 3; time++) {
    assertEquals(throttle.attempt(`name ${time}`, address(1), 0), 0);
  }
  let now = 0;
  const waits: number[] = [];
  for (let time = 3; time < 15; time++) {
    const wait = throttle.attempt(`name ${time}`, address(1), now);
    waits.push(wait / 1000);
    now += wait;
    // A moment too early.
    assertEquals(throttle.attempt(`name ${time}`, address(1), now - 1), 1);
    assertEquals(throttle.attempt(`name ${time}`, address(1), now), 0);
  }
  assertEquals(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]);
});

Deno.test(
  "throttle counts an attempt at once, so that many together are no way round",
  PURE,
  () => {
    const throttle = new LoginThrottle(5, false);
    const waits = Array.from({ length: 8 }, () => throttle.attempt("alice", address(1), 0));
    assertEquals(waits, [0, 0, 0, 0, 0, 1000, 1000, 1000]);
  },
);

Deno.test("throttle makes a short wait for a name, from any address", PURE, () => {
  const throttle = new LoginThrottle(3, false);
  let now = 0;
  for (let host = 0; host < 200; host++) {
    const wait = throttle.attempt("alice", address(host), now);
    now += wait;
    if (wait > 0) assertEquals(throttle.attempt("alice", address(host), now), 0);
  }
  const wait = throttle.attempt("alice", "198.51.100.1", now);
  assertEquals(wait, 10_000);
  assertEquals(throttle.attempt("bob", "198.51.100.1", now), 0);
});

Deno.test(
  "throttle lets the owner in from where they were before, whatever strangers do",
  PURE,
  () => {
    const throttle = new LoginThrottle(3, false);
    throttle.attempt("alice", "198.51.100.1", 0);
    throttle.succeeded("alice", "198.51.100.1");
    for (let host = 0; host < 20; host++) throttle.attempt("alice", address(host), 0);
    assertEquals(throttle.attempt("alice", address(99), 0) > 0, true);
    assertEquals(throttle.attempt("alice", "198.51.100.1", 0), 0);
  },
);

Deno.test(
  "throttle forgets what an address did wrong for a name once it got it right",
  PURE,
  () => {
    const throttle = new LoginThrottle(3, false);
    for (let round = 0; round < 10; round++) {
      for (let time = 0; time < 3; time++) {
        assertEquals(throttle.attempt("alice", address(1), 0), 0, `${round}`);
      }
      throttle.succeeded("alice", address(1));
    }
  },
);

Deno.test(
  "throttle forgives nothing of other names to a client that knows the password of its own",
  PURE,
  () => {
    const throttle = new LoginThrottle(3, false);
    let guesses = 0;
    for (let round = 0; round < 50; round++) {
      if (throttle.attempt(`victim ${round}`, address(1), 0) === 0) guesses++;
      if (throttle.attempt("mallory", address(1), 0) === 0) {
        throttle.succeeded("mallory", address(1));
      }
    }
    assertEquals(guesses, 3);
  },
);

Deno.test("throttle does the same for a name that there is and one that there is not", PURE, () => {
  // The throttle does not know which names exist; its waits depend on nothing in the name.
  const waits = ["alice", "nobody", "", "x".repeat(99)].map((name) =>
    failing(new LoginThrottle(3, false), name, address(1), 6)
  );
  assertEquals(new Set(waits).size, 1);
});

Deno.test("throttle limits this machine by names alone, unless set otherwise", PURE, () => {
  for (const loopback of ["127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1"]) {
    const free = new LoginThrottle(3, false);
    for (let time = 0; time < 50; time++) {
      assertEquals(free.attempt(`name ${time}`, loopback, 0), 0);
    }
    assertEquals(failing(free, "alice", loopback, 3), 1000);
    const limited = new LoginThrottle(3, true);
    for (let time = 0; time < 3; time++) limited.attempt(`name ${time}`, loopback, 0);
    assertEquals(limited.attempt("another", loopback, 0), 1000);
  }
});

Deno.test(
  "throttle makes a wait on this machine, though the owner came from there before",
  PURE,
  () => {
    const throttle = new LoginThrottle(3, false);
    throttle.attempt("alice", "127.0.0.1", 0);
    throttle.succeeded("alice", "127.0.0.1");
    assertEquals(failing(throttle, "alice", "127.0.0.1", 3), 1000);
  },
);

Deno.test("throttle takes a /64 of IPv6 for one address", PURE, () => {
  const throttle = new LoginThrottle(3, false);
  for (let host = 1; host <= 3; host++) throttle.attempt(`name ${host}`, `2001:db8::${host}`, 0);
  assertEquals(throttle.attempt("another", "2001:db8::abcd", 0), 1000);
  assertEquals(throttle.attempt("another", "2001:db8:0:1::1", 0), 0);
});

Deno.test("throttle forgets failures with time", PURE, () => {
  const throttle = new LoginThrottle(3, false);
  assertEquals(failing(throttle, "alice", address(1), 3), 1000);
  for (let time = 0; time < 3; time++) {
    assertEquals(throttle.attempt("alice", address(1), 61 * MINUTE), 0);
  }
});

Deno.test("throttle without a bound makes nobody wait", PURE, () => {
  const throttle = new LoginThrottle(Infinity, true);
  assertEquals(failing(throttle, "alice", address(1), 1000), 0);
  for (let time = 0; time < 1000; time++) assertEquals(throttle.registering(address(1), 0), 0);
});

Deno.test("throttle slows down a client that registers name after name", PURE, () => {
  const throttle = new LoginThrottle(3, false);
  const waits = Array.from({ length: 5 }, () => throttle.registering(address(1), 0));
  assertEquals(waits, [0, 0, 0, MINUTE, MINUTE]);
  assertEquals(throttle.registering(address(2), 0), 0);
});

Deno.test("throttle's tables hold a bounded number of strangers", PURE, () => {
  const throttle = new LoginThrottle(1, false);
  throttle.attempt("first", address(1), 0);
  for (let count = 0; count < 30_000; count++) {
    throttle.attempt(`name ${count}`, `10.${count >> 16}.${count >> 8 & 255}.${count & 255}`, 0);
  }
  // The oldest was evicted, the newest was not.
  assertEquals(throttle.attempt("first", "198.51.100.1", 0), 0);
  assertEquals(throttle.attempt("name 29999", "198.51.100.2", 0), 1000);
});
