import { assert, assertEquals, assertGreater, assertLess } from "@std/assert";
import { LIMITS } from "../../../protocol/mod.ts";
import { type Received, requestLine } from "../../fixtures/test_client.ts";
import { limits, startServer } from "../../fixtures/server.ts";

/** Low enough for a test to exceed at once, and to be allowed more within a second. */
const SLOW = limits({ "message-rate": 20, "message-burst": 30 });

function message(text: string, ref?: number): string {
  return requestLine("message", { text, ref });
}

function codesOf(events: Received[]): (string | undefined)[] {
  return events.map(({ payload }) => payload.code);
}

Deno.test("messages above the rate are refused, nobody sees them, and their refs are free for another try", async () => {
  await using chat = await startServer({ limits: SLOW });
  using alice = await chat.join("Alice");
  using bob = await chat.join("Bob");
  await alice.receive("notification");
  // All in one write; `connect` has used a part of the burst.
  const refs = Array.from({ length: 40 }, (_, index) => index + 1);
  await alice.write(refs.map((ref) => message(`${ref}`, ref)).join(""));
  const said: number[] = [];
  for (let event = await alice.next();; event = await alice.next()) {
    if (event?.type === "error") {
      assertEquals(event.payload.code, "rate_limited");
      assert(/^Too many requests; try again in \d+ s$/.test(event.payload.message));
      assert(Number.isSafeInteger(event.payload.retry_after));
      await new Promise((resolve) => setTimeout(resolve, event?.payload.retry_after));
      break;
    }
    said.push(event?.payload.ref);
  }
  assertEquals(said, refs.slice(0, said.length));
  const refused = said.length + 1;
  await alice.write(message("again", refused));
  let own = await alice.next();
  while (own?.type === "error") own = await alice.next();
  assertEquals([own?.payload.text, own?.payload.ref, own?.payload.seq], [
    "again",
    refused,
    refused,
  ]);
  const heard = await bob.settled();
  assertEquals(heard.map(({ payload }) => payload.seq), refs.slice(0, refused));
});

Deno.test("a lecture client that sends too fast gets a notification, and stays", async () => {
  await using chat = await startServer({ limits: SLOW });
  using alice = await chat.lecture("Alice");
  await alice.write(message("Hi").repeat(40));
  let refusal = await alice.next();
  while (refusal?.type === "message") refusal = await alice.next();
  const { type, payload: { event, code, retry_after } } = refusal as Received;
  assertEquals([type, event, code], ["notification", "error", "rate_limited"]);
  await new Promise((resolve) => setTimeout(resolve, retry_after));
  await alice.write(message("Still here"));
  for (let got = await alice.next();; got = await alice.next()) {
    assert(got !== undefined);
    if (got.payload.text === "Still here") break;
  }
});

Deno.test("lines that are no requests count too, and their refusals have their ids", async () => {
  await using chat = await startServer({ limits: SLOW });
  using peer = await chat.dial();
  await peer.write(
    "{}\n".repeat(30) + '{"type":"nothing","id":"7"}\n{"type":"quit","id":"8"}\n',
  );
  const events: Received[] = [];
  while (events.at(-1)?.id !== "8") events.push(await peer.next() as Received);
  assertEquals(codesOf(events), [
    ...Array(30).fill("unknown_type"),
    "rate_limited",
    "not_connected",
  ]);
  assertEquals(events.at(-2)?.id, "7");
});

Deno.test("a client that ignores refusals is read slowly, gets every one, and delays nobody", async () => {
  await using chat = await startServer({ limits: SLOW });
  using flood = await chat.join("Flood");
  using bob = await chat.connect("Bob");
  await flood.write(message("x").repeat(2000));
  const hear = async (refusals: number) => {
    const began = performance.now();
    while (refusals > 0) if ((await flood.next() as Received).type === "error") refusals--;
    return performance.now() - began;
  };
  // A burst at once, then twenty a second.
  await hear(300);
  const [slowly] = await Promise.all([hear(21), bob.settled()]);
  assertGreater(slowly, 900);
});

Deno.test("bytes are read at their rate, even those that make no line", async () => {
  await using fast = await startServer();
  await using slow = await startServer({ limits: limits({ "byte-rate": 100_000 }) });
  using eager = await fast.connect("Eager");
  using held = await slow.connect("Held");
  using bob = await slow.connect("Bob");
  // More than all buffers between two sockets hold.
  const blank = new Uint8Array(32 * 1024 * 1024).fill(0x0a);
  let isTaken = false;
  const writing = held.write(blank).then(
    () => isTaken = true,
    () => {/* the test is over before it is */},
  );
  await eager.write(blank);
  await eager.settled();
  assertEquals(await bob.settled(), []);
  assertEquals(isTaken, false);
  held[Symbol.dispose]();
  await writing;
});

Deno.test("an address has so many connections, and no more", async () => {
  const given = { "max-connections-per-address": 2, "limit-loopback": true };
  await using chat = await startServer({ limits: limits(given) });
  using alice = await chat.connect("Alice");
  using _bob = await chat.connect("Bob");
  using carol = await chat.dial();
  assertEquals(codesOf(await carol.rest()), ["address_full"]);
  await alice.finish();
  await alice.rest();
  using _again = await chat.connect("Carol");
});

Deno.test("an address connects so fast, and no faster", async () => {
  const given = { "connection-rate": 2, "limit-loopback": true };
  await using chat = await startServer({ limits: limits(given) });
  let refusal: Received | undefined;
  let opened = 0;
  for (; refusal === undefined; opened++) {
    using peer = await chat.dial();
    await peer.send("ping");
    const first = await peer.next() as Received;
    if (first.payload.code === "not_connected") continue;
    assertEquals(await peer.rest(), []);
    refusal = first;
  }
  assertGreater(opened, 20);
  const { code, retry_after } = refusal.payload;
  assertEquals(code, "rate_limited");
  await new Promise((resolve) => setTimeout(resolve, retry_after));
  using _alice = await chat.connect("Alice");
});

Deno.test("rejected connections take nobody's place, however many stay open", async () => {
  await using chat = await startServer({ limits: limits({ "max-connections": 1 }) });
  using alice = await chat.connect("Alice");
  const crowd = await Promise.all(Array.from({ length: 250 }, () => chat.dial()));
  const told = await Promise.all(
    crowd.map(async (peer) => codesOf(await peer.rest().catch(() => []))),
  );
  const full = told.filter(([code]) => code === "server_full").length;
  assertGreater(full, 50);
  // Connections beyond the bound of rejections at a time are only closed.
  assertEquals(told.filter((codes) => codes.length === 0).length, 250 - full);
  await alice.finish();
  await alice.rest();
  using _bob = await chat.connect("Bob");
  for (const peer of crowd) peer[Symbol.dispose]();
});

Deno.test("a server that holds a peer back handles what it has read, and stops on request", async () => {
  // A `connect` that is held back would come too late.
  const chat = await startServer({
    limits: limits({ "byte-rate": 1 }),
    handshakeTimeout: 5000,
  });
  using peer = await chat.join("Alice", "x".repeat(LIMITS.room));
  await peer.send("ping", { nonce: "x".repeat(LIMITS.id) });
  await chat[Symbol.asyncDispose]();
  const last = (await peer.rest()).at(-1);
  assertEquals(last?.payload.event, "shutdown");
  assertLess(chat.log.filter((line) => line.includes("internal error")).length, 1);
});
