import { assertEquals } from "@std/assert";
import { codeOf, HubChat } from "../../fixtures/hub.ts";
import { PURE } from "../../fixtures/pure.ts";

const LEFT = "Alice has left the room.";

Deno.test("hub notifies every room of a connection that ended, once", PURE, () => {
  for (const profile of ["lecture", "version 2"]) {
    const chat = new HubChat();
    const alice = profile === "lecture" ? chat.lecture("Alice") : chat.join("Alice", "General");
    alice.send("join", { room: "Music" });
    const [bob, carol] = [chat.join("Bob", "General"), chat.lecture("Carol", "Music")];
    const outside = chat.join("Outside", "Chess");
    alice.end();
    assertEquals([bob.heard(), carol.heard(), outside.heard()], [[LEFT], [LEFT], []], profile);
    alice.end();
    assertEquals([bob.heard(), carol.heard()], [[], []], profile);
    assertEquals(bob.send("members", { room: "General" })[0]?.payload.members, ["Bob"], profile);
  }
});

Deno.test("hub ends a session that quits: its name is free and its token void", PURE, () => {
  const chat = new HubChat();
  const alice = chat.join("Alice", "General");
  const bob = chat.join("Bob", "General");
  alice.take();
  assertEquals([alice.send("quit"), alice.isClosed], [[], true]);
  assertEquals(bob.heard(), [LEFT]);
  alice.end();
  assertEquals(bob.heard(), []);
  const again = chat.join("Alice", "General", { session: alice.ack.session });
  assertEquals([again.ack.resumed, again.ack.rooms], [false, [{ room: "General", seq: 0 }]]);
});

Deno.test(
  "hub takes up no ended session that the log still knows, until the log has that",
  PURE,
  () => {
    const chat = new HubChat();
    const alice = chat.join("Alice", "General");
    const { tokenHash = "" } = chat.hub.directory.sessionOf(alice) ?? {};
    alice.send("quit");
    const stored = {
      session: tokenHash,
      name: "Alice",
      rooms: [],
      inboxSeq: 3,
      inboxSeen: 3,
      ref: 0,
    };
    const request = { type: "connect", payload: { name: "Alice", version: 2 } } as const;
    const shown = { token: "new", tokenHash: "hash of new", shownHash: tokenHash, stored };
    const resumesAfter = (milliseconds: number) => {
      const connection = { peer: "" };
      const now = chat.now + milliseconds;
      chat.hub.sweep(now);
      chat.hub.connect(connection, request, { ...shown }, now);
      const resumed = chat.hub.directory.sessionOf(connection)?.inboxSeq === 3;
      chat.hub.handle(connection, { type: "quit", payload: {} }, now);
      return resumed;
    };
    assertEquals([resumesAfter(0), resumesAfter(59_000)], [false, false]);
    // By then it is either out of the log, or its end could not be appended.
    assertEquals(resumesAfter(200_000), true);
  },
);

Deno.test("hub gives a connection no second session once its first is over", PURE, () => {
  const chat = new HubChat();
  const [alice, bob] = [chat.join("Alice", "General"), chat.join("Bob", "General")];
  const [eve] = [chat.lecture("Eve")];
  alice.send("quit");
  eve.send("quit");
  chat.join("Bob", "General", { session: bob.ack.session });
  // All three may have sent this before they learned that they are closed.
  for (const peer of [alice, eve, bob]) {
    peer.send("connect", { name: "Again", room: "General", version: 2 });
    assertEquals(chat.hub.directory.sessionOf(peer), undefined);
  }
  // Nobody has taken the name, or is in the room without a connection.
  chat.join("Again", "General");
});

Deno.test("hub closes the connection of a lecture client that quits", PURE, () => {
  const chat = new HubChat();
  const bob = chat.join("Bob", "General");
  const alice = chat.lecture("Alice");
  bob.take();
  alice.send("quit");
  assertEquals([alice.isClosed, bob.heard()], [true, [LEFT]]);
  chat.lecture("Alice");
});

Deno.test("hub sends nothing when a connection ends that never had a session", PURE, () => {
  const chat = new HubChat();
  const bob = chat.join("Bob", "General");
  const alice = chat.dial();
  alice.send("connect", { name: "Bob", room: "General" });
  alice.end();
  assertEquals(bob.take(), []);
  assertEquals(bob.send("members", { room: "General" })[0]?.payload.members, ["Bob"]);
});

Deno.test("hub notifies every session of a shutdown, in a room or not, once", PURE, () => {
  const chat = new HubChat();
  const alice = chat.join("Alice", "General");
  alice.send("join", { room: "Music" });
  const peers = [alice, chat.join("Bob"), chat.lecture("Carol", "Music")];
  const stranger = chat.dial();
  for (const peer of peers) peer.take();
  chat.carryOut(chat.hub.shutdown());
  const payload = { message: "The server is shutting down.", event: "shutdown" };
  for (const peer of peers) assertEquals(peer.take(), [{ type: "notification", payload }]);
  assertEquals(stranger.take(), []);
});

Deno.test(
  "hub answers a connection without a session with an error, and nothing else",
  PURE,
  () => {
    const requests: [type: string, payload: unknown][] = [
      ["message", { room: "General", text: "Hi" }],
      ["direct", { to: "Bob", text: "Hi" }],
      ["join", { room: "General" }],
      ["leave", { room: "General" }],
      ["rename", { name: "Alice" }],
      ["topic", { room: "General", topic: "Mine" }],
      ["members", { room: "General" }],
      ["rooms", {}],
      ["read", { room: "General", seq: 1 }],
      ["ping", {}],
      ["pong", {}],
      ["quit", {}],
    ];
    for (const [type, payload] of requests) {
      const chat = new HubChat();
      const bob = chat.join("Bob", "General");
      const stranger = chat.dial();
      const got = stranger.send(type, payload, "r1");
      const { id, payload: refusal } = stranger.expect("error", got);
      assertEquals([id, refusal.code], ["r1", "not_connected"], type);
      assertEquals([bob.take(), stranger.isClosed], [[], false], type);
      stranger.expect("connect_ack", stranger.send("connect", { name: "Alice", version: 2 }));
    }
  },
);

Deno.test("hub refuses a second connect in the words of the first", PURE, () => {
  const chat = new HubChat();
  const lecture = chat.lecture("Alice");
  const newer = chat.join("Bob", "General");
  lecture.take();
  for (const version of [undefined, 2]) {
    const request = { name: "Carol", room: "Music", version };
    const [worded] = lecture.send("connect", request, "c1");
    assertEquals([worded?.type, worded?.payload.code, worded?.id], [
      "notification",
      "already_connected",
      "c1",
    ]);
    const [error] = newer.send("connect", request, "c1");
    assertEquals([error?.type, error?.payload.code, error?.id], [
      "error",
      "already_connected",
      "c1",
    ]);
  }
  assertEquals(newer.send("members", { room: "General" })[0]?.payload.members, ["Alice", "Bob"]);
  assertEquals(codeOf(newer.send("members", { room: "Music" })), "unknown_room");
});
