import { assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { ERROR_CODES, LIMITS, VERSION } from "../../../protocol/mod.ts";
import type { Received } from "../../fixtures/test_client.ts";
import { startServer } from "../../fixtures/server.ts";

const JOINED = { event: "joined", name: "Alice", message: "Alice has joined the room." };
const LEFT = { event: "left", name: "Alice", message: "Alice has left the room." };

/** Requests of Alice, who is in General with Bob, and the one answer to each. */
const ROWS: [type: string, payload: unknown, answer: string, expected: unknown][] = [
  ["message", { text: "Hi" }, "message", { sender: "Alice", room: "General", text: "Hi", seq: 1 }],
  ["message", { room: "general", text: "a\nb", ref: 9 }, "message", {
    text: "a\nb",
    seq: 2,
    ref: 9,
  }],
  ["message", { sender: "Mallory", text: "Hi" }, "message", { sender: "Alice", seq: 3 }],
  ["direct", { to: "bob", text: "psst" }, "direct", { sender: "Alice", to: "Bob", text: "psst" }],
  ["direct", { to: "Bob", text: "psst", ref: 10 }, "direct", { ref: 10 }],
  ["join", { room: "Music" }, "notification", { ...JOINED, room: "Music", seq: 0 }],
  ["leave", { room: "Music" }, "notification", { ...LEFT, room: "Music" }],
  ["topic", { room: "General" }, "topic", { room: "General", topic: "" }],
  ["topic", { room: "General", topic: "News" }, "notification", {
    event: "topic",
    room: "General",
    name: "Alice",
    topic: "News",
    message: "Alice has set the topic to: News",
  }],
  ["topic", { room: "General" }, "topic", { room: "General", topic: "News" }],
  ["members", { room: "General" }, "members", {
    room: "General",
    members: ["Alice", "Bob"],
    total: 2,
    more: false,
  }],
  ["rooms", {}, "rooms", { rooms: [{ room: "General", members: 2, topic: "News" }], more: false }],
  ["history", { room: "general", limit: 2 }, "history", { room: "General", more: true }],
  ["search", { query: "psst OR hi" }, "search", { more: false }],
  ["unread", {}, "unread", {}],
  ["ping", {}, "pong", {}],
  ["ping", { nonce: "n" }, "pong", { nonce: "n" }],
  ["rename", { name: "Alicia" }, "notification", {
    event: "renamed",
    name: "Alice",
    new_name: "Alicia",
    message: "Alice is now known as Alicia.",
  }],
];

/** The fields of `payload` that `expected` has. */
function part(payload: Received["payload"], expected: unknown): unknown {
  return Object.fromEntries(Object.keys(expected as object).map((key) => [key, payload[key]]));
}

Deno.test("every request is answered, and its answer carries its id", async () => {
  await using chat = await startServer();
  using alice = await chat.join("Alice");
  using bob = await chat.join("Bob");
  await alice.receive("notification");
  for (const [index, [type, payload, answer, expected]] of ROWS.entries()) {
    const what = `${type} ${JSON.stringify(payload)}`;
    await alice.send(type, payload, `id ${index}`);
    const event = await alice.next();
    assertEquals([event?.type, event?.id], [answer, `id ${index}`], what);
    assertEquals(part(event?.payload, expected), expected, what);
  }
  assertEquals(await alice.settled(), [], "nothing was answered twice");
  assertEquals((await bob.settled()).filter(({ id }) => id !== undefined), []);
});

Deno.test("an answer carries no id when its request had none", async () => {
  await using chat = await startServer();
  using alice = await chat.join("Alice");
  using _bob = await chat.join("Bob");
  await alice.receive("notification");
  for (const [type, payload, answer] of ROWS) {
    await alice.send(type, payload);
    assertEquals("id" in await alice.receive(answer), false, type);
  }
});

Deno.test("a request without an answer gets none", async () => {
  await using chat = await startServer();
  using alice = await chat.join("Alice");
  await alice.send("pong", { nonce: "n" }, "p1");
  await alice.send("read", { room: "General", seq: 0 }, "r1");
  assertEquals(await alice.settled(), []);
});

Deno.test("quit ends the connection after the answers to what came before it", async () => {
  await using chat = await startServer();
  using alice = await chat.join("Alice");
  using bob = await chat.join("Bob");
  await alice.receive("notification");
  await alice.send("message", { text: "bye" });
  await alice.send("quit", {}, "q1");
  await alice.send("message", { text: "too late" });
  assertEquals((await alice.rest()).map(({ payload }) => payload.text), ["bye"]);
  const heard = (await bob.settled()).map(({ payload }) => payload.text ?? payload.message);
  assertEquals(heard, ["bye", "Alice has left the room."]);
  using again = await chat.connect("Alice", { session: alice.ack.session });
  assertEquals(again.ack.resumed, false);
});

Deno.test("connect in version 2 is acknowledged with all that a client needs", async () => {
  await using chat = await startServer();
  using alice = await chat.dial();
  await alice.send("connect", { name: "Alice", room: "General", version: 2 }, "c1");
  const ack = await alice.next();
  const { session, ...payload } = ack?.payload ?? {};
  assertEquals({ ...ack, payload }, {
    type: "connect_ack",
    id: "c1",
    payload: {
      message: "Connected to the room.",
      name: "Alice",
      registered: false,
      room: "General",
      version: VERSION,
      resumed: false,
      server: "chat-server test",
      limits: { ...LIMITS },
      rooms: [{ room: "General", seq: 0 }],
      direct: 0,
      ref: 0,
    },
  });
  assertMatch(session, /^[0-9a-f]{32}$/);
});

Deno.test("connect in version 2 needs no room", async () => {
  await using chat = await startServer();
  using alice = await chat.connect("Alice");
  assertEquals([alice.ack.message, alice.ack.room, alice.ack.rooms], ["Connected.", undefined, []]);
  await alice.send("join", { room: "General" });
  assertEquals((await alice.receive("notification")).payload.event, "joined");
});

Deno.test("connect in a later version is acknowledged in the one that the server speaks", async () => {
  await using chat = await startServer();
  using alice = await chat.join("Alice", "General", { version: 99 });
  assertEquals(alice.ack.version, VERSION);
});

Deno.test("every session gets a token of its own", async () => {
  await using chat = await startServer();
  using alice = await chat.connect("Alice");
  using bob = await chat.connect("Bob");
  assertNotEquals(alice.ack.session, bob.ack.session);
});

Deno.test("a session's token takes over its connection", async () => {
  await using chat = await startServer();
  using bob = await chat.join("Bob");
  using old = await chat.join("Alice");
  await bob.receive("notification");
  using fresh = await chat.connect("Alice", { session: old.ack.session });
  assertEquals([fresh.ack.resumed, fresh.ack.rooms], [true, [{ room: "General", seq: 0 }]]);
  assertEquals((await old.rest()).map(({ payload }) => payload.code), ["session_replaced"]);
  await fresh.send("message", { text: "still me" });
  assertEquals((await bob.receive("message")).payload.sender, "Alice");
});

Deno.test("every error code that a request can earn is one of the table", async () => {
  await using chat = await startServer();
  using alice = await chat.join("Alice");
  for (const type of ["message", "direct", "join", "leave", "rename", "history", "read", "x"]) {
    await alice.send(type, {}, type);
    const { id, payload } = await alice.receive("error");
    assertEquals([id, Object.hasOwn(ERROR_CODES, payload.code)], [type, true], type);
  }
});
