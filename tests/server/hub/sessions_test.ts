import { assertEquals, assertNotEquals } from "@std/assert";
import { codeOf, HubChat } from "../../fixtures/hub.ts";
import { PURE } from "../../fixtures/pure.ts";

/** The answer to everything: the whole of what a member's screen has to show. */
const NOTHING: unknown[] = [];

Deno.test(
  "hub lets a token take over from a connection that still lives, and tells that one",
  PURE,
  () => {
    const chat = new HubChat();
    const old = chat.join("Alice", "General");
    const fresh = chat.join("Alice", undefined, { session: old.ack.session });
    assertEquals([fresh.ack.resumed, fresh.ack.session], [true, old.ack.session]);
    assertEquals(old.take().map(({ type, payload }) => [type, payload.code]), [
      ["error", "session_replaced"],
    ]);
    assertEquals([old.isClosed, fresh.isClosed], [true, false]);
  },
);

Deno.test("hub sends the rooms nothing when a session moves to another connection", PURE, () => {
  const chat = new HubChat();
  const old = chat.join("Alice", "General");
  old.send("join", { room: "Music" });
  const [bob, carol] = [chat.join("Bob", "General"), chat.lecture("Carol", "Music")];
  bob.send("message", { text: "before" });
  const fresh = chat.join("Alice", "General", { session: old.ack.session });
  assertEquals(fresh.ack.rooms, [{ room: "General", seq: 1 }, { room: "Music", seq: 0 }]);
  // The old connection ends late, when it has no session any more.
  old.end();
  bob.take();
  assertEquals(carol.take(), NOTHING);
  bob.send("message", { text: "after" });
  assertEquals(fresh.heard(), ["after"]);
  assertEquals(old.take().map(({ payload }) => payload.code ?? payload.text), [
    undefined, // Bob and Carol come in.
    undefined,
    "before",
    "session_replaced",
  ]);
  assertEquals(bob.send("members", { room: "General" })[0]?.payload.members, ["Alice", "Bob"]);
});

Deno.test(
  "hub tells nobody of a takeover, not even in the room that was asked for again",
  PURE,
  () => {
    const chat = new HubChat();
    const bob = chat.join("Bob", "General");
    const old = chat.join("Alice", "General");
    bob.take();
    chat.join("Alice", "general", { session: old.ack.session });
    old.end();
    assertEquals(bob.take(), NOTHING);
  },
);

Deno.test("hub resumes a session with the rooms that it left and no others", PURE, () => {
  const chat = new HubChat();
  const alice = chat.join("Alice", "General");
  for (const room of ["Music", "Chess"]) alice.send("join", { room });
  alice.send("leave", { room: "Chess" });
  const bob = chat.join("Bob", "Music");
  bob.send("message", { text: "one" });
  alice.end();
  assertEquals(bob.heard(), ["Alice has left the room."]);
  bob.send("message", { text: "two" });
  bob.take();
  chat.now += 119_999;
  const again = chat.join("Alice", undefined, { session: alice.ack.session });
  assertEquals([again.ack.resumed, again.ack.rooms], [true, [
    { room: "General", seq: 0 },
    { room: "Music", seq: 2 },
  ]]);
  assertEquals(bob.heard(), ["Alice has joined the room."]);
  bob.send("message", { text: "three" });
  assertEquals(again.take().map(({ payload }) => payload.seq), [3]);
});

Deno.test(
  "hub tells the others once of a session that comes back to the room that it names",
  PURE,
  () => {
    const chat = new HubChat();
    const bob = chat.join("Bob", "General");
    const alice = chat.join("Alice", "General");
    alice.end();
    bob.take();
    const again = chat.dial();
    const got = again.send("connect", {
      name: "Alice",
      version: 2,
      room: "GENERAL",
      since: { General: 0, general: 0 },
      session: alice.ack.session,
    });
    again.expect("connect_ack", got);
    assertEquals(bob.heard(), ["Alice has joined the room."]);
  },
);

Deno.test("hub adds the room that a resuming connect asks for", PURE, () => {
  const chat = new HubChat();
  const alice = chat.join("Alice", "General");
  alice.end();
  const again = chat.join("Alice", "Music", { session: alice.ack.session });
  assertEquals(again.ack.room, "Music");
  assertEquals(again.ack.rooms.map(({ room }: { room: string }) => room), ["General", "Music"]);
});

Deno.test("hub resumes a session more than once by the same token", PURE, () => {
  const chat = new HubChat();
  let alice = chat.join("Alice", "General");
  const { session } = alice.ack;
  for (const isTakeover of [true, false, true, true, false]) {
    if (!isTakeover) alice.end();
    alice = chat.join("Alice", undefined, { session });
    assertEquals([alice.ack.resumed, alice.ack.session], [true, session]);
    assertEquals(alice.ack.rooms, [{ room: "General", seq: 0 }]);
  }
});

Deno.test("hub opens a new session for an unknown token, and says so", PURE, () => {
  const chat = new HubChat();
  const alice = chat.join("Alice", "General", { session: "made up" });
  assertEquals(alice.ack.resumed, false);
  assertNotEquals(alice.ack.session, "made up");
  assertEquals(chat.join("Bob").ack.resumed, false);
});

Deno.test("hub gives each session a token of its own", PURE, () => {
  const chat = new HubChat();
  const [alice, bob] = [chat.join("Alice", "General"), chat.join("Bob", "General")];
  assertNotEquals(alice.ack.session, bob.ack.session);
  chat.join("Bob", undefined, { session: bob.ack.session });
  assertEquals(alice.isClosed, false);
});

Deno.test("hub needs a session's own token for a name that is held", PURE, () => {
  const chat = new HubChat();
  chat.join("Alice").end();
  const { session } = chat.join("Bob").ack;
  for (const shown of [session, "made up", undefined]) {
    const got = chat.dial().send("connect", { name: "Alice", version: 2, session: shown });
    assertEquals(codeOf(got), "name_taken");
  }
});

Deno.test(
  "hub leaves a session as it was when it is resumed under a name that is taken",
  PURE,
  () => {
    const chat = new HubChat();
    chat.join("Bob");
    const alice = chat.join("Alice", "General");
    const { session } = alice.ack;
    const got = chat.dial().send("connect", { name: "Bob", version: 2, session });
    assertEquals(codeOf(got), "name_taken");
    assertEquals([alice.isClosed, alice.take()], [false, NOTHING]);
    assertEquals(chat.join("Alice", undefined, { session }).ack.resumed, true);
  },
);

Deno.test("hub lets a session go on under another name, and tells its rooms", PURE, () => {
  const renamed = "Alice is now known as Alicia.";
  for (const isTakeover of [true, false]) {
    const chat = new HubChat();
    const alice = chat.join("Alice", "General");
    const bob = chat.join("Bob", "General");
    if (!isTakeover) alice.end();
    bob.take();
    const fresh = chat.dial();
    fresh.send("connect", { name: "Alicia", version: 2, session: alice.ack.session });
    // The session that was away comes back under its new name.
    assertEquals(bob.heard(), [isTakeover ? renamed : "Alicia has joined the room."]);
    assertEquals(bob.send("members", { room: "General" })[0]?.payload.members, ["Alicia", "Bob"]);
    assertEquals(chat.join("Alice", "General").ack.resumed, false, "the former name is free");
  }
});

Deno.test("hub acknowledges a resumed session before it sends it anything else", PURE, () => {
  const chat = new HubChat();
  const alice = chat.join("Alice", "General");
  const fresh = chat.dial();
  const request = { name: "Alicia", version: 2, room: "Music", session: alice.ack.session };
  const got = fresh.send("connect", request, "c1");
  assertEquals(got.map(({ type, id, payload }) => [type, id, payload.name]), [
    ["connect_ack", "c1", "Alicia"],
    ["notification", undefined, "Alice"],
  ]);
});

Deno.test("hub resumes a session in version 2 alone", PURE, () => {
  const chat = new HubChat();
  const { session } = chat.join("Alice", "General").ack;
  const got = chat.dial().send("connect", { name: "Bob", room: "General", session });
  assertEquals(got.map(({ type, payload }) => [type, payload]), [
    ["connect_ack", { message: "Connected to the room." }],
  ]);
});
