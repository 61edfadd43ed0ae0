import { assertEquals } from "@std/assert";
import { LIMITS } from "../../../protocol/mod.ts";
import { NO_ROOM_LIMITS, type RoomLimits } from "../../../server/hub/state/room_limits.ts";
import { codeOf, HubChat } from "../../fixtures/hub.ts";
import { PURE } from "../../fixtures/pure.ts";

function bounded(roomLimits: Partial<RoomLimits>): HubChat {
  return new HubChat({ ...NO_ROOM_LIMITS, ...roomLimits });
}

Deno.test(
  "hub makes as many rooms as it may, and lets everyone into those that are there",
  PURE,
  () => {
    const chat = bounded({ rooms: 2 });
    const alice = chat.join("Alice", "One");
    assertEquals(codeOf(alice.send("join", { room: "Two" })), undefined);
    assertEquals(codeOf(alice.send("join", { room: "Three" })), "no_more_rooms");
    assertEquals(codeOf(alice.send("members", { room: "Three" })), "unknown_room");
    const bob = chat.dial();
    assertEquals(
      codeOf(bob.send("connect", { name: "Bob", room: "Three", version: 2 })),
      "no_more_rooms",
    );
    assertEquals(codeOf(bob.send("connect", { name: "Bob", room: "ONE", version: 2 })), undefined);
    // A room that is removed makes place for another.
    alice.send("leave", { room: "Two" });
    assertEquals(codeOf(bob.send("join", { room: "Three" })), undefined);
  },
);

Deno.test("hub refuses a lecture client a room too many, in its own words", PURE, () => {
  const chat = bounded({ rooms: 1 });
  chat.lecture("Alice", "One");
  const [got] = chat.dial().send("connect", { name: "Bob", room: "Two" });
  assertEquals([got?.type, got?.payload.code], ["notification", "no_more_rooms"]);
});

Deno.test("hub counts the rooms that the log remembers", PURE, () => {
  const chat = bounded({ rooms: 2 });
  const alice = chat.join("Alice", "One");
  alice.send("message", { text: "Hi" });
  alice.send("leave", { room: "One" });
  alice.send("join", { room: "Two" });
  alice.send("topic", { room: "Two", topic: "News" });
  alice.send("topic", { room: "Two", topic: "" });
  alice.send("leave", { room: "Two" });
  assertEquals(codeOf(alice.send("join", { room: "Three" })), "no_more_rooms");
  assertEquals(codeOf(alice.send("join", { room: "One" })), undefined);
});

Deno.test("hub fills a room to its limit, and takes another member when one has left", PURE, () => {
  const chat = bounded({ membersOfRoom: 2 });
  const [alice, bob] = [chat.join("Alice", "One"), chat.join("Bob", "One")];
  const carol = chat.join("Carol");
  assertEquals(codeOf(carol.send("join", { room: "One" })), "room_full");
  assertEquals(alice.heard(), ["Bob has joined the room."]);
  assertEquals(bob.take(), []);
  bob.end();
  assertEquals(codeOf(carol.send("join", { room: "One" })), undefined);
});

Deno.test("hub lets a session be in rooms up to the limit, which it names", PURE, () => {
  const chat = bounded({ roomsOfSession: 2 });
  const alice = chat.join("Alice", "One");
  assertEquals(alice.ack.limits, { ...LIMITS, rooms: 2 });
  alice.send("join", { room: "Two" });
  assertEquals(codeOf(alice.send("join", { room: "Three" })), "too_many_rooms");
  const since = { One: 0, Two: 0 };
  const got = chat.dial().send("connect", { name: "Bob", version: 2, room: "Three", since });
  assertEquals(codeOf(got), "too_many_rooms");
});

Deno.test(
  "hub lets a session come back whatever the limits are, without the rooms that it can't have",
  PURE,
  () => {
    const chat = bounded({ rooms: 2, membersOfRoom: 1 });
    const alice = chat.join("Alice", "One");
    alice.send("join", { room: "Two" });
    const { session } = alice.ack;
    alice.end();
    chat.join("Bob", "One");
    const carol = chat.join("Carol", "Three");
    const since = { One: 0, Two: 0 };
    const again = chat.join("Alice", undefined, { session, since });
    assertEquals([again.ack.resumed, again.ack.rooms], [true, []]);
    carol.send("leave", { room: "Three" });
    assertEquals(codeOf(again.send("join", { room: "Two" })), undefined);
  },
);

Deno.test("hub lists rooms in order, whatever comes and goes between two pages", PURE, () => {
  const chat = new HubChat();
  const alice = chat.join("Alice");
  const list = () =>
    alice.send("rooms")[0]?.payload.rooms.map(({ room }: { room: string }) => room);
  assertEquals(list(), []);
  for (const room of ["m", "a", "z", "B", "m2"]) alice.send("join", { room });
  assertEquals(list(), ["a", "B", "m", "m2", "z"]);
  for (const room of ["z", "a", "m"]) alice.send("leave", { room });
  assertEquals(list(), ["B", "m2"]);
  alice.send("join", { room: "c" });
  assertEquals(list(), ["B", "c", "m2"]);
});
