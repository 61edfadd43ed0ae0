import { assertEquals } from "@std/assert";
import { type Gate, PatchedLog } from "../../fixtures/patched_log.ts";
import { upTo } from "../../fixtures/log.ts";
import type { Received, TestClient } from "../../fixtures/test_client.ts";
import { startServer, type TestServer } from "../../fixtures/server.ts";
import { LogFailure } from "../../../server/log/message_log.ts";

/** A server, and its log that can be held back. */
async function startPatched(): Promise<TestServer & { patched: PatchedLog }> {
  const patched = new PatchedLog();
  return Object.assign(await startServer({ log: patched.log }), { patched });
}

/** Connects again while an answer of the log is held back: the effects of `meanwhile` come first. */
async function comeBack(
  gate: Gate,
  connecting: Promise<TestClient>,
  meanwhile: () => Promise<void>,
): Promise<TestClient> {
  const peer = await connecting;
  await gate.reached;
  await meanwhile();
  gate.open();
  return peer;
}

Deno.test("a direct message that comes while the inbox is read for a return is not lost", async () => {
  await using chat = await startPatched();
  using bob = await chat.connect("Bob");
  for (const before of [0, 1, 2]) {
    const name = `Alice ${before}`;
    using alice = await chat.connect(name);
    const { session } = alice.ack;
    await alice.finish();
    await alice.rest();
    for (const n of upTo(before)) await bob.send("direct", { to: name, text: `before ${n}` });
    await bob.settled();
    const gate = chat.patched.hold("inbox");
    const connecting = chat.connect(name, { session });
    using again = await comeBack(gate, connecting, async () => {
      await bob.send("direct", { to: name, text: "meanwhile" });
      await bob.settled();
    });
    await bob.send("direct", { to: name, text: "after" });
    await bob.settled();
    const heard = (await again.settled()).filter(({ type }) => type === "direct");
    const texts = [...upTo(before).map((n) => `before ${n}`), "meanwhile", "after"];
    assertEquals(heard.map(({ payload }) => payload.text), texts);
  }
});

Deno.test("a message that is said while a room is read for a return comes once", async () => {
  await using chat = await startPatched();
  using bob = await chat.join("Bob");
  await bob.send("message", { text: "1" });
  await bob.settled();
  const gate = chat.patched.hold("read");
  const connecting = chat.connect("Alice", { since: { General: 0 } });
  using alice = await comeBack(gate, connecting, async () => {
    for (const n of [2, 3]) await bob.send("message", { text: `${n}` });
    await bob.settled();
  });
  await bob.send("message", { text: "4" });
  await bob.settled();
  const heard = (await alice.settled()).filter(({ type }) => type === "message");
  assertEquals(heard.map(({ payload }) => payload.seq), [1, 2, 3, 4]);
});

Deno.test("a message that is in the log, but was not sent to anyone yet, comes once", async () => {
  await using chat = await startPatched();
  using bob = await chat.join("Bob");
  await bob.send("join", { room: "Music" });
  for (const room of ["General", "Music"]) await bob.send("message", { room, text: "1" });
  await bob.settled();
  const first = chat.patched.hold("read");
  const since = { Music: 0, General: 0 };
  using alice = await chat.connect("Alice", { since });
  await first.reached;
  const appending = chat.patched.hold("append");
  await bob.send("message", { room: "General", text: "2" });
  await appending.reached;
  const second = chat.patched.hold("read");
  first.open();
  await second.reached;
  second.open();
  const events: Received[] = [];
  while (events.at(-1)?.payload.event !== "caught_up") events.push((await alice.next())!);
  appending.open();
  await bob.settled();
  events.push(...await alice.settled());
  const heard = events.filter(({ type }) => type === "message");
  assertEquals(heard.map(({ payload }) => `${payload.room} ${payload.seq}`), [
    "Music 1",
    "General 1",
    "General 2",
  ]);
});

Deno.test("a since above a room's last message skips nothing that is said while one is behind", async () => {
  await using chat = await startPatched();
  using bob = await chat.join("Bob");
  await bob.send("join", { room: "Music" });
  await bob.send("message", { room: "Music", text: "1" });
  await bob.settled();
  const gate = chat.patched.hold("read");
  const since = { Music: 0, General: 9 };
  const connecting = chat.connect("Alice", { since });
  using alice = await comeBack(gate, connecting, async () => {
    await bob.send("message", { room: "General", text: "1" });
    await bob.settled();
  });
  const heard = (await alice.settled()).filter(({ type }) => type === "message");
  assertEquals(heard.map(({ payload }) => payload.room), ["Music", "General"]);
});

Deno.test("a token that the log can't be asked for is refused with a reason, and good later", async () => {
  await using chat = await startPatched();
  chat.patched.replace("session", () => Promise.reject(new LogFailure("the disk failed")));
  const request = { name: "Alice", version: 2, session: "0".repeat(32) };
  using peer = await chat.dial();
  await peer.send("connect", request, "c1");
  const { id, payload } = await peer.receive("error");
  assertEquals([id, payload.code], ["c1", "log_failed"]);
  chat.patched.restore("session");
  await peer.send("connect", request);
  assertEquals((await peer.receive("connect_ack")).payload.resumed, false);
});
