import { assert, assertEquals } from "@std/assert";
import { LIMITS } from "../../../protocol/mod.ts";
import type { Received, TestClient } from "../../fixtures/test_client.ts";
import { startServer } from "../../fixtures/server.ts";

Deno.test("a lecture client is acknowledged with the lecture's payload alone, before anything else", async () => {
  await using chat = await startServer();
  using alice = await chat.dial();
  await alice.send("connect", { name: "Alice", room: "General" });
  assertEquals(await alice.next(), {
    type: "connect_ack",
    payload: { message: "Connected to the room." },
  });
});

Deno.test("a message reaches every member of the room, its sender included", async () => {
  await using chat = await startServer();
  using alice = await chat.lecture("Alice");
  using bob = await chat.lecture("Bob");
  assertEquals((await alice.receive("notification")).payload.message, "Bob has joined the room.");
  await alice.send("message", { sender: "Mallory", room: "General", text: "Hello, everyone!" });
  for (const peer of [alice, bob]) {
    const { payload } = await peer.receive("message");
    assertEquals([payload.sender, payload.room, payload.text], [
      "Alice",
      "General",
      "Hello, everyone!",
    ]);
  }
});

Deno.test("the others in the room get joins and leaves, in the lecture's words", async () => {
  await using chat = await startServer();
  using alice = await chat.lecture("Alice");
  using elsewhere = await chat.lecture("Elsewhere", "Music");
  using bob = await chat.lecture("Bob");
  assertEquals(await bob.settled(), []);
  await bob.finish();
  assertEquals(await bob.rest(), []);
  assertEquals((await alice.settled()).map(({ payload }) => payload.message), [
    "Bob has joined the room.",
    "Bob has left the room.",
  ]);
  assertEquals(await elsewhere.settled(), []);
});

Deno.test("a lecture client's message needs neither sender nor room", async () => {
  await using chat = await startServer();
  using alice = await chat.lecture("Alice");
  await alice.send("message", { text: "Hi" });
  const { payload } = await alice.receive("message");
  assertEquals([payload.sender, payload.room, payload.text], ["Alice", "General", "Hi"]);
});

Deno.test("a lecture client is refused in a notification, and stays", async () => {
  await using chat = await startServer();
  using _taken = await chat.lecture("Alice");
  using peer = await chat.dial();
  const refused: [payload: unknown, code: string][] = [
    [{ name: "Alice", room: "General" }, "name_taken"],
    [{ name: "Bob" }, "missing_field"],
    [{ room: "General" }, "missing_field"],
    [{ name: "Bob", room: "a\nb" }, "bad_room"],
    ["Bob", "not_object"],
  ];
  for (const [payload, code] of refused) {
    await peer.send("connect", payload);
    assertEquals((await peer.receive("notification")).payload.code, code);
  }
  await peer.send("connect", { name: "Bob", room: "General" });
  assertEquals((await peer.receive("connect_ack")).payload.message, "Connected to the room.");
});

/** Every request, in an order in which most succeed. */
const EVERYTHING: [type: string, payload: unknown][] = [
  ["message", { text: "Hi", ref: 1 }],
  ["join", { room: "Music" }],
  ["join", { room: "Music" }],
  ["message", { room: "Music", text: "Hi" }],
  ["topic", { room: "Music", topic: "Bach" }],
  ["topic", { room: "Music" }],
  ["members", { room: "General" }],
  ["rooms", {}],
  ["direct", { to: "Lecture", text: "psst" }],
  ["direct", { to: "Nobody at all", text: "psst" }],
  ["rename", { name: "Renamed" }],
  ["rename", { name: "Lecture" }],
  ["history", { room: "General" }],
  ["search", { query: "Hi" }],
  ["read", { room: "General", seq: 1 }],
  ["unread", {}],
  ["ping", { nonce: "n" }],
  ["pong", {}],
  ["leave", { room: "Music" }],
  ["connect", { name: "Again", room: "General" }],
  ["connect", { name: "Again", version: 2 }],
  ["nonsense", {}],
  ["message", {}],
  ["message", { text: "x".repeat(LIMITS.text + 1) }],
];

/** Whether `event` is one that the lecture's clients know. */
function isKnown({ type, payload }: Received): boolean {
  if (type === "message") {
    return [payload.sender, payload.room, payload.text].every((each) => typeof each === "string");
  }
  return ["connect_ack", "notification"].includes(type) && typeof payload.message === "string";
}

/** Sends {@linkcode EVERYTHING} and some more, each with an `id`. */
async function doEverything(peer: TestClient): Promise<void> {
  for (const [type, payload] of EVERYTHING) await peer.send(type, payload, "e1");
  for (const line of ["not JSON", "[]", '{"type": 5}', '{"type":"ping","id":7}']) {
    await peer.write(`${line}\n`);
  }
}

Deno.test("a lecture client is sent the lecture's types alone, whatever it sends itself", async () => {
  const endings: [what: string, bytes: Uint8Array | string, code: string | undefined][] = [
    ["quit", '{"type":"quit"}', undefined],
    ["a line over the limit", "x".repeat(LIMITS.line + 1), "line_too_long"],
    ["bytes that are not UTF-8", new Uint8Array([0xff, 0x0a]), "not_utf8"],
  ];
  for (const [what, bytes, code] of endings) {
    await using chat = await startServer();
    using lecture = await chat.lecture("Lecture");
    await doEverything(lecture);
    await lecture.write(bytes);
    await lecture.finish();
    const events = await lecture.rest();
    assertEquals(events.filter((event) => !isKnown(event)), [], what);
    assert(events.length > EVERYTHING.length / 2, what);
    assertEquals(events.at(-1)?.payload.code, code ?? "bad_field", what);
  }
});

Deno.test("a lecture client is sent the lecture's types alone, whatever others do", async () => {
  const chat = await startServer();
  using lecture = await chat.lecture("Lecture");
  using alice = await chat.join("Alice");
  await doEverything(alice);
  await alice.settled();
  using again = await chat.join("Other", "General", { session: alice.ack.session });
  await again.send("quit");
  await again.rest();
  const stopped = chat[Symbol.asyncDispose]();
  const events = await lecture.rest();
  await stopped;
  assertEquals(events.filter((event) => !isKnown(event)), []);
  const told = events.map(({ payload }) => payload.message ?? payload.text);
  assertEquals(told, [
    "Alice has joined the room.",
    "Hi",
    "Alice to Lecture: psst",
    "Alice is now known as Renamed.",
    "Renamed is now known as Other.",
    "Other has left the room.",
    "The server is shutting down.",
  ]);
});
