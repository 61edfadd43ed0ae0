import {
  assert,
  assertEquals,
  assertGreater,
  assertLess,
  assertNotEquals,
  assertRejects,
} from "@std/assert";
import { Busy, Passwords, SCRYPT_COST } from "../../../server/accounts/passwords.ts";

const CHEAP = { n: 16, r: 1, p: 1 };

Deno.test("a password matches what was kept of it, and no other does", async () => {
  const passwords = new Passwords(CHEAP);
  const kept = await passwords.hash("correct horse");
  assertEquals(await passwords.matches("correct horse", kept), true);
  for (const wrong of ["", "correct hors", "correct horse ", "Correct horse", "\u0000"]) {
    assertEquals(await passwords.matches(wrong, kept), false, wrong);
  }
  assertEquals(await passwords.matches("correct horse", undefined), false);
});

Deno.test("a stored password has a salt of its own, and is not the password", async () => {
  const passwords = new Passwords(CHEAP);
  const [one, other] = [
    await passwords.hash("correct horse"),
    await passwords.hash("correct horse"),
  ];
  assertNotEquals(one.salt, other.salt);
  assertNotEquals(one.hash, other.hash);
  assertEquals(one.salt.length, 32);
  assertEquals(JSON.stringify(one).includes("horse"), false);
});

Deno.test("a password is checked at the cost at which it was kept", async () => {
  const kept = await new Passwords(CHEAP).hash("correct horse");
  const dearer = new Passwords({ n: 64, r: 2, p: 1 });
  assertEquals(await dearer.matches("correct horse", kept), true);
  assertEquals(dearer.isOutdated(kept), true);
  assertEquals(dearer.isOutdated(await dearer.hash("correct horse")), false);
  assertEquals(new Passwords(CHEAP).isOutdated(await dearer.hash("correct horse")), false);
});

Deno.test("too many passwords at a time are refused, and those before them are not", async () => {
  const passwords = new Passwords(CHEAP);
  const kept = await passwords.hash("correct horse");
  const waits: number[] = [];
  const all = Array.from(
    { length: 60 },
    () =>
      passwords.matches("correct horse", kept).catch((error) => {
        assert(error instanceof Busy);
        waits.push(error.wait);
        return "busy";
      }),
  );
  const outcomes = await Promise.all(all);
  assertEquals(outcomes.slice(0, 18), Array(18).fill(true));
  assertEquals(outcomes.slice(18), Array(42).fill("busy"));
  // Each is told a time of its own, so that they do not all come back at once.
  assert(waits.every((wait) => wait > 0));
  assertGreater(waits.at(-1) ?? 0, 2 * (waits[0] ?? Infinity));
  // The failure was temporary.
  assertEquals(await passwords.matches("correct horse", kept), true);
});

Deno.test("a computation that fails takes nobody's turn", async () => {
  const passwords = new Passwords(CHEAP);
  const broken = { ...CHEAP, n: 3, salt: "00", hash: "00" };
  for (let time = 0; time < 5; time++) await assertRejects(() => passwords.matches("x", broken));
  assertEquals(await passwords.matches("x", await passwords.hash("x")), true);
});

Deno.test("the main thread goes on while a password is hashed at its real cost", async () => {
  const passwords = new Passwords();
  let longest = 0;
  let turns = 0;
  let before = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    longest = Math.max(longest, now - before);
    before = now;
    turns++;
  }, 1);
  const began = performance.now();
  await passwords.hash("correct horse");
  const took = performance.now() - began;
  clearInterval(timer);
  assert(turns > 5, `${turns} turns in ${took} ms`);
  // On the main thread the gap would be the whole time.
  assertLess(longest, took / 2);
});

Deno.test("the cost is what OWASP calls for", () => {
  const { n, r, p } = SCRYPT_COST;
  assertEquals([n * r * 128, p], [32 * 1024 * 1024, 3]);
});
