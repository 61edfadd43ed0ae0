import { assertEquals, assertLess, assertLessOrEqual } from "@std/assert";
import { LIMITS } from "../../../protocol/mod.ts";
import { codeOf, HubChat, type HubPeer } from "../../fixtures/hub.ts";
import type { Received } from "../../fixtures/test_client.ts";
import { PURE } from "../../fixtures/pure.ts";

const MANY = 1000;

/** A name of as many bytes as one can have, or a room's, or a topic: 4 bytes a code point. */
function wide(length: number, number: number): string {
  const digits = [...String(number)].map((digit) => String.fromCodePoint(0x1f600 + Number(digit)));
  return digits.join("").padStart(length * 2, "\u{1f680}");
}

/** Bytes of the line that an event takes, its newline not counted. */
function bytesIn(event: Received): number {
  return new TextEncoder().encode(JSON.stringify(event)).length;
}

/** All pages of an answer: asks again with the last name of each until there are no more. */
function pagesOf(
  peer: HubPeer,
  request: { type: string; payload?: Record<string, string> },
  lastOf: (payload: Received["payload"]) => string,
): Received[] {
  const pages: Received[] = [];
  let after: string | undefined;
  for (;;) {
    const got = peer.send(request.type, { ...request.payload, after });
    const page = peer.expect(request.type, got);
    pages.push(page);
    assertLess(pages.length, MANY, "the pages have no end");
    if (!page.payload.more) return pages;
    after = lastOf(page.payload);
  }
}

function membersOf(peer: HubPeer, room: string): Received[] {
  return pagesOf(peer, { type: "members", payload: { room } }, ({ members }) => members.at(-1));
}

function roomsOf(peer: HubPeer): Received[] {
  return pagesOf(peer, { type: "rooms" }, ({ rooms }) => rooms.at(-1).room);
}

Deno.test("hub lists a thousand members in pages, none lost and none doubled", PURE, () => {
  const chat = new HubChat();
  const names = Array.from({ length: MANY }, (_, number) => `Member ${number}`);
  const peers = names.map((name) => chat.join(name, "General"));
  const peer = peers[0] as HubPeer;
  peer.take();
  const pages = membersOf(peer, "General");
  const listed = pages.flatMap(({ payload }) => payload.members);
  assertEquals(listed, names.map((name) => name).sort());
  for (const { payload } of pages) {
    assertEquals([payload.room, payload.total], ["General", MANY]);
  }
});

Deno.test("hub lists a page of the widest names in one line of the limit", PURE, () => {
  const chat = new HubChat();
  const room = wide(LIMITS.room, 0);
  const names = Array.from({ length: MANY }, (_, number) => wide(LIMITS.name, number));
  const peers = names.map((name) => chat.join(name, room));
  const [first] = peers;
  if (first === undefined) throw new Error("Nobody is there");
  const lecture = chat.lecture("Lecture", room);
  for (const peer of [first, lecture]) peer.take();
  const pages = membersOf(first, room);
  assertEquals(
    new Set(pages.flatMap(({ payload }) => payload.members)),
    new Set([...names, "Lecture"]),
  );
  for (const page of [...pages, ...lecture.send("members", { room })]) {
    assertLessOrEqual(bytesIn(page), LIMITS.line);
  }
});

Deno.test(
  "hub lists members in the order of their folds, also after a name that is gone",
  PURE,
  () => {
    const chat = new HubChat();
    const alice = chat.join("alice", "General");
    for (const name of ["Bob", "ÄNNE", "carol", "änne2", "Dora"]) chat.join(name, "General");
    alice.take();
    const [page] = alice.send("members", { room: "GENERAL" });
    assertEquals(page?.payload, {
      room: "General",
      members: ["alice", "Bob", "carol", "Dora", "ÄNNE", "änne2"],
      total: 6,
      more: false,
    });
    const [rest] = alice.send("members", { room: "General", after: "BOBBY" });
    assertEquals(rest?.payload.members, ["carol", "Dora", "ÄNNE", "änne2"]);
    const [none] = alice.send("members", { room: "General", after: "öde" });
    assertEquals([none?.payload.members, none?.payload.more], [[], false]);
  },
);

Deno.test("hub shows the members of a room to every session", PURE, () => {
  const chat = new HubChat();
  chat.join("Alice", "General");
  const outside = chat.join("Bob");
  assertEquals(outside.send("members", { room: "General" })[0]?.payload.members, ["Alice"]);
});

Deno.test("hub lists rooms with their members and topics", PURE, () => {
  const chat = new HubChat();
  const alice = chat.join("Alice", "music");
  alice.send("topic", { room: "music", topic: "Bach" });
  chat.join("Bob", "Chess").send("join", { room: "music" });
  alice.take();
  assertEquals(alice.send("rooms", {}, "r1"), [{
    type: "rooms",
    id: "r1",
    payload: {
      rooms: [{ room: "Chess", members: 1, topic: "" }, {
        room: "music",
        members: 2,
        topic: "Bach",
      }],
      more: false,
    },
  }]);
});

Deno.test(
  "hub lists a thousand rooms in pages, none lost and none doubled, each in one line",
  PURE,
  () => {
    const chat = new HubChat();
    const alice = chat.join("Alice");
    const names = Array.from({ length: MANY }, (_, number) => wide(LIMITS.room, number));
    for (const room of names) {
      // It stays when its maker has left, because it has a topic.
      assertEquals(codeOf(alice.send("join", { room })), undefined);
      assertEquals(codeOf(alice.send("topic", { room, topic: wide(LIMITS.topic, 0) })), undefined);
      assertEquals(codeOf(alice.send("leave", { room })), undefined);
    }
    const lecture = chat.lecture("Lecture", "General");
    const pages = roomsOf(alice);
    const listed = pages.flatMap(({ payload }) => payload.rooms.map(({ room }: Listed) => room));
    assertEquals(listed.length, MANY + 1);
    assertEquals(new Set(listed), new Set([...names, "General"]));
    for (const page of [...pages, ...lecture.send("rooms")]) {
      assertLessOrEqual(bytesIn(page), LIMITS.line);
    }
  },
);

interface Listed {
  room: string;
}

Deno.test("hub acknowledges a session in as many rooms as may be in one line", PURE, () => {
  const chat = new HubChat();
  const alice = chat.join("Alice");
  for (let number = 0; number < LIMITS.rooms; number++) {
    assertEquals(codeOf(alice.send("join", { room: wide(LIMITS.room, number) })), undefined);
  }
  const again = chat.dial();
  const request = { name: "Alice", version: 2, session: alice.ack.session };
  const ack = again.expect("connect_ack", again.send("connect", request));
  assertEquals(ack.payload.rooms.length, LIMITS.rooms);
  assertLessOrEqual(bytesIn(ack), LIMITS.line);
});
