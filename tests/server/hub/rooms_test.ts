import { assertEquals } from "@std/assert";
import { LIMITS } from "../../../protocol/mod.ts";
import { codeOf, HubChat } from "../../fixtures/hub.ts";
import { PURE } from "../../fixtures/pure.ts";

Deno.test("hub lets a member leave one room and stay in another", PURE, () => {
  const chat = new HubChat();
  const alice = chat.join("Alice", "General");
  alice.send("join", { room: "Music" });
  const [bob, carol] = [chat.join("Bob", "General"), chat.join("Carol", "Music")];
  alice.take();
  assertEquals(alice.send("leave", { room: "General" }, "l1"), [{
    type: "notification",
    id: "l1",
    payload: {
      message: "Alice has left the room.",
      event: "left",
      room: "General",
      name: "Alice",
    },
  }]);
  assertEquals(bob.heard(), ["Alice has left the room."]);
  bob.send("message", { room: "General", text: "gone?" });
  carol.send("message", { room: "Music", text: "still here?" });
  assertEquals(alice.heard(), ["still here?"]);
  // The only room that is left needs no name.
  alice.send("message", { text: "yes" });
  assertEquals(carol.heard(), ["yes"]);
});

Deno.test(
  "hub answers a join with the position of the room, and tells the others without it",
  PURE,
  () => {
    const chat = new HubChat();
    const bob = chat.join("Bob", "Music");
    bob.send("message", { text: "one" });
    const alice = chat.join("Alice");
    const payload = {
      message: "Alice has joined the room.",
      event: "joined",
      room: "Music",
      name: "Alice",
    };
    assertEquals(alice.send("join", { room: "MUSIC" }, "j1"), [
      { type: "notification", id: "j1", payload: { ...payload, seq: 1 } },
    ]);
    assertEquals(bob.take(), [{ type: "notification", payload }]);
  },
);

Deno.test("hub keeps each room's messages and numbers to itself", PURE, () => {
  const chat = new HubChat();
  const alice = chat.join("Alice", "General");
  alice.send("join", { room: "Music" });
  const bob = chat.join("Bob", "Music");
  alice.take();
  for (const room of ["General", "Music", "Music", "General", "Music"]) {
    alice.send("message", { room, text: room });
  }
  assertEquals(bob.take().map(({ payload }) => [payload.room, payload.seq]), [
    ["Music", 1],
    ["Music", 2],
    ["Music", 3],
  ]);
});

Deno.test("hub takes two names of a room for one room when their folds are equal", PURE, () => {
  const chat = new HubChat();
  const alice = chat.join("Alice", "Straße");
  const bob = chat.join("Bob", "STRASSE");
  assertEquals(alice.heard(), ["Bob has joined the room."]);
  bob.send("message", { room: "strasse", text: "Hi" });
  assertEquals(alice.take().map(({ payload }) => payload.room), ["Straße"]);
  assertEquals(codeOf(bob.send("join", { room: "straße" })), "already_in_room");
});

Deno.test("hub remembers a room's number while it is empty", PURE, () => {
  const chat = new HubChat();
  const alice = chat.join("Alice", "General");
  alice.send("message", { text: "one" });
  alice.send("leave", { room: "General" });
  assertEquals(alice.send("join", { room: "General" })[0]?.payload.seq, 1);
  assertEquals(alice.send("message", { text: "two" })[0]?.payload.seq, 2);
});

Deno.test("hub forgets a room in which nothing was said when the last member leaves", PURE, () => {
  const chat = new HubChat();
  const alice = chat.join("Alice", "Nothing");
  alice.send("leave", { room: "Nothing" });
  assertEquals(codeOf(alice.send("members", { room: "Nothing" })), "unknown_room");
  assertEquals(alice.send("rooms")[0]?.payload.rooms, []);
});

Deno.test(
  "hub notifies the members of a topic, and gives it to every session that asks",
  PURE,
  () => {
    const chat = new HubChat();
    const [alice, bob] = [chat.join("Alice", "General"), chat.join("Bob", "General")];
    const outside = chat.join("Outside");
    alice.take();
    const payload = {
      message: "Alice has set the topic to: News",
      event: "topic",
      room: "General",
      name: "Alice",
      topic: "News",
    };
    assertEquals(alice.send("topic", { room: "general", topic: "News" }, "t1"), [
      { type: "notification", payload, id: "t1" },
    ]);
    assertEquals(bob.take(), [{ type: "notification", payload }]);
    for (const peer of [bob, outside]) {
      assertEquals(peer.send("topic", { room: "GENERAL" }, "t2"), [
        { type: "topic", id: "t2", payload: { room: "General", topic: "News" } },
      ]);
    }
    alice.send("topic", { room: "General", topic: "" });
    assertEquals(bob.heard(), ["Alice has cleared the topic."]);
    assertEquals(bob.send("topic", { room: "General" })[0]?.payload.topic, "");
  },
);

Deno.test("hub keeps a topic while nobody is in the room", PURE, () => {
  const chat = new HubChat();
  const alice = chat.join("Alice", "General");
  alice.send("topic", { room: "General", topic: "News" });
  alice.send("leave", { room: "General" });
  assertEquals(alice.send("topic", { room: "General" })[0]?.payload.topic, "News");
});

const REFUSED: [what: string, type: string, payload: unknown, code: string][] = [
  ["a message without a room, in two", "message", { text: "Hi" }, "room_required"],
  ["a message to a room of others", "message", { room: "Others", text: "Hi" }, "not_in_room"],
  ["a message to no room", "message", { room: "None", text: "Hi" }, "not_in_room"],
  ["joining where one is", "join", { room: "GENERAL" }, "already_in_room"],
  ["leaving where one is not", "leave", { room: "Others" }, "not_in_room"],
  ["leaving no room", "leave", { room: "None" }, "not_in_room"],
  ["a topic for others", "topic", { room: "Others", topic: "Mine" }, "not_in_room"],
  ["a topic for no room", "topic", { room: "None", topic: "Mine" }, "not_in_room"],
  ["asking for the topic of no room", "topic", { room: "None" }, "unknown_room"],
  ["asking for the members of no room", "members", { room: "None" }, "unknown_room"],
];

Deno.test("hub refuses a request about a room to its sender alone", PURE, () => {
  for (const [what, type, payload, code] of REFUSED) {
    const chat = new HubChat();
    const alice = chat.join("Alice", "General");
    alice.send("join", { room: "Music" });
    const others = ["General", "Music", "Others"].map((room) => chat.join(`in ${room}`, room));
    alice.take();
    const got = alice.send(type, payload, "r1");
    assertEquals([codeOf(got), got.length, got[0]?.id], [code, 1, "r1"], what);
    assertEquals(others.flatMap((peer) => peer.take()), [], what);
    assertEquals(others[2]?.send("topic", { room: "Others" })[0]?.payload.topic, "", what);
    assertEquals(alice.isClosed, false, what);
  }
});

Deno.test("hub asks a session in no room which room it means", PURE, () => {
  const chat = new HubChat();
  assertEquals(codeOf(chat.join("Alice").send("message", { text: "Hi" })), "room_required");
});

Deno.test("hub lets a session into rooms up to the wire's limit, and no more", PURE, () => {
  const chat = new HubChat();
  const alice = chat.join("Alice", "Room 1");
  for (let number = 2; number <= LIMITS.rooms; number++) {
    assertEquals(codeOf(alice.send("join", { room: `Room ${number}` })), undefined);
  }
  assertEquals(codeOf(alice.send("join", { room: "One more" })), "too_many_rooms");
  assertEquals(codeOf(alice.send("members", { room: "One more" })), "unknown_room");
  alice.send("leave", { room: "Room 7" });
  assertEquals(codeOf(alice.send("join", { room: "One more" })), undefined);
});

Deno.test("hub lets no session into one room too many by resuming it", PURE, () => {
  const chat = new HubChat();
  let alice = chat.join("Alice", "Room 1");
  for (let number = 2; number <= LIMITS.rooms; number++) {
    alice.send("join", { room: `Room ${number}` });
  }
  const { session } = alice.ack;
  for (const isTakeover of [true, false]) {
    if (!isTakeover) alice.end();
    const request = { name: "Alice", version: 2, room: "One more", session };
    const got = chat.dial().send("connect", request);
    assertEquals([codeOf(got), alice.isClosed], ["too_many_rooms", false]);
    alice = chat.join("Alice", "ROOM 7", { session });
    assertEquals(alice.ack.rooms.length, LIMITS.rooms);
  }
});
