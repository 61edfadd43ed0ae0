import { assertEquals, assertGreater } from "@std/assert";
import { MemoryGuard, type Usage } from "../../../server/limits/memory_guard.ts";
import { requestLine, type TestClient } from "../../fixtures/test_client.ts";
import { limits, startServer, type TestServer } from "../../fixtures/server.ts";
import { PURE } from "../../fixtures/pure.ts";
import type { Endpoint } from "../../fixtures/endpoint.ts";
import { Directory } from "../../fixtures/files.ts";

/** Bytes that a server may take in these tests. */
const MOST = 500_000_000;

const LIMITS = limits({ "max-memory": MOST / 1_000_000 });

Deno.test("memory is short above its bound, and until it has fallen well below", PURE, () => {
  const guard = new MemoryGuard({ rss: 1000, heapUsed: 100 });
  const steps: [rss: number, heapUsed: number, changed: boolean, isShort: boolean][] = [
    [1000, 100, false, false],
    [1001, 0, true, true],
    [999, 0, false, true],
    [901, 0, false, true],
    [900, 90, true, false],
    [950, 95, false, false],
    [0, 101, true, true],
    [0, 91, false, true],
    [0, 90, true, false],
  ];
  for (const [rss, heapUsed, changed, isShort] of steps) {
    assertEquals([guard.measure({ rss, heapUsed }), guard.isShort], [changed, isShort]);
  }
});

Deno.test("a server that may take more memory than it ever will is never short", PURE, () => {
  const { memory } = limits();
  assertEquals(memory.rss, Infinity);
  const guard = new MemoryGuard(memory);
  assertEquals(guard.measure({ rss: 1e15, heapUsed: 0 }), false);
  // Near its own limit the runtime would end the process.
  assertEquals(guard.measure({ rss: 0, heapUsed: memory.heapUsed * 1.01 }), true);
});

function linesAbout(chat: TestServer, part: string): number {
  return chat.log.filter((line) => line.includes(part)).length;
}

/** Tries until the server accepts a client. */
async function joinAtLast(chat: Endpoint): Promise<TestClient> {
  for (;;) {
    const peer = await chat.dial();
    await peer.send("connect", { name: "Late", version: 2 });
    const event = await peer.next();
    if (event?.type === "connect_ack") return peer;
    peer[Symbol.dispose]();
  }
}

Deno.test("a server short of memory refuses new work, goes on with the old, and recovers", async () => {
  const usage: Usage = { rss: 0, heapUsed: 0 };
  await using chat = await startServer({ limits: LIMITS, usage: () => usage });
  using alice = await chat.join("Alice");
  using half = await chat.dial();
  usage.rss = MOST + 1;
  // Asks until the next measurement.
  for (let isFoundOut = false; !isFoundOut;) {
    await alice.send("join", { room: "Other" });
    isFoundOut = (await alice.next())?.payload.code === "server_busy";
    await alice.send("leave", { room: "Other" });
    await alice.settled();
  }
  using turnedAway = await chat.dial();
  assertEquals((await turnedAway.rest()).map(({ payload }) => payload.code), ["server_busy"]);
  await half.send("connect", { name: "Half", version: 2 }, "1");
  assertEquals([(await half.next())?.payload.code], ["server_busy"]);
  await half.send("connect", { name: "Half", room: "General" });
  assertEquals((await half.next())?.payload.event, "error");
  // This log is in memory, where a message would stay.
  for (const type of ["message", "direct"]) {
    await alice.send(type, { text: "Hi", to: "Alice" });
    assertEquals((await alice.next())?.payload.code, "server_busy");
  }
  for (const type of ["members", "topic"]) {
    await alice.send(type, { room: "General" });
    await alice.receive(type);
  }
  usage.rss = MOST * 0.5;
  using _late = await joinAtLast(chat);
  await alice.send("message", { text: "Hi" });
  assertEquals((await alice.receive("message")).payload.text, "Hi");
  assertEquals([linesAbout(chat, "new work is refused"), linesAbout(chat, "enough memory")], [
    1,
    1,
  ]);
});

Deno.test("a server short of memory keeps what is said in a file", async () => {
  using directory = new Directory();
  const usage = () => ({ rss: 2 * MOST, heapUsed: 0 });
  let isShort = false;
  const settings = { limits: LIMITS, usage: () => isShort ? usage() : { rss: 0, heapUsed: 0 } };
  await using chat = await startServer(settings, directory.file());
  using alice = await chat.join("Alice");
  isShort = true;
  while (linesAbout(chat, "short of memory") === 0) await alice.settled();
  await alice.send("message", { text: "Hi" });
  assertEquals((await alice.receive("message")).payload.text, "Hi");
});

Deno.test("a server short of memory closes clients that hold much and read nothing, and they miss nothing", async () => {
  const usage: Usage = { rss: 0, heapUsed: 0 };
  await using chat = await startServer({ limits: LIMITS, usage: () => usage, idleTimeout: 4000 });
  using alice = await chat.join("Alice");
  using stalled = await chat.join("Stalled");
  await alice.receive("notification");
  const text = "x".repeat(4000);
  const line = requestLine("message", { text });
  // More than all buffers between two sockets hold.
  for (let round = 0; round < 80; round++) {
    await alice.write(line.repeat(50));
    await alice.settled();
  }
  usage.rss = MOST + 1;
  for (let left = false; !left;) {
    left = (await alice.settled()).some(({ payload }) => payload.event === "left");
  }
  assertEquals(linesAbout(chat, "reads nothing"), 1);
  usage.rss = 0;
  (await joinAtLast(chat))[Symbol.dispose]();
  const more = { session: stalled.ack.session, since: { General: 0 } };
  using again = await chat.connect("Stalled", more);
  let count = 0;
  while (count < 4000) if ((await again.next())?.type === "message") count++;
  assertGreater(count, 0);
});
