import { assertEquals } from "@std/assert";
import { type Received, requestLine } from "../../fixtures/test_client.ts";
import { startServer } from "../../fixtures/server.ts";

/** Several requests in one packet, each with its index as its `id`. */
function packet(requests: [type: string, payload: unknown][]): string {
  return requests.map(([type, payload], index) => requestLine(type, payload, `${index}`)).join("");
}

/** The answers among `events`, by the ids of their requests. */
function idsOf(events: Received[]): (string | undefined)[] {
  return events.map(({ id }) => id).filter((id) => id !== undefined);
}

/** One of every request, in an order that mixes the ways of answering. */
const MIX: [type: string, payload: unknown][] = [
  ["topic", { room: "General", topic: "One" }],
  ["ping", { nonce: "a" }],
  ["message", { room: "General", text: "one" }],
  ["nonsense", {}],
  ["message", { room: "Music", text: "two", ref: 1 }],
  ["topic", { room: "Music" }],
  ["message", { room: "General", text: "three", ref: 2 }],
  ["message", { room: "Music", text: "four" }],
  ["message", { room: "General", text: "five" }],
  ["rename", { name: "Alicia" }],
  ["message", { room: "General", text: "six" }],
  ["message", { room: "Elsewhere", text: "refused" }],
  ["direct", { to: "Bob", text: "seven" }],
  ["message", { room: "General", text: "eight" }],
  ["direct", { to: "Alicia", text: "nine" }],
  ["leave", { room: "Music" }],
  ["members", { room: "General" }],
  ["join", { room: "Chess" }],
  ["message", { room: "Chess", text: "ten" }],
  ["connect", { name: "Alice", room: "General", version: 2 }],
  ["rooms", {}],
  ["ping", {}],
];

Deno.test("answers come in the order of the requests, whatever was asked", async () => {
  await using chat = await startServer();
  using alice = await chat.join("Alice");
  using _bob = await chat.join("Bob");
  await alice.send("join", { room: "Music" });
  await alice.settled();
  await alice.write(packet(MIX));
  assertEquals(idsOf(await alice.settled()), MIX.map((_, index) => `${index}`));
});

Deno.test("answers come in the order of the requests, in either order of any two kinds", async () => {
  await using chat = await startServer();
  using alice = await chat.join("Alice");
  using _bob = await chat.join("Bob");
  await alice.send("join", { room: "Music" });
  await alice.settled();
  const kinds: [type: string, payload: unknown][] = [
    ["message", { room: "General", text: "Hi" }],
    ["message", { room: "Music", text: "Hi" }],
    ["direct", { to: "Bob", text: "Hi" }],
    ["topic", { room: "General", topic: "News" }],
    ["topic", { room: "Music", topic: "News" }],
    ["rename", { name: "Alice" }],
    ["ping", {}],
    ["nonsense", {}],
  ];
  for (const one of kinds) {
    for (const other of kinds) {
      const requests = [one, other, one, other];
      await alice.write(packet(requests));
      const what = `${one} and ${other}`;
      assertEquals(idsOf(await alice.settled()), ["0", "1", "2", "3"], what);
    }
  }
});

Deno.test("the others see the requests of one packet in their order", async () => {
  await using chat = await startServer();
  using alice = await chat.join("Alice");
  using bob = await chat.join("Bob");
  for (const peer of [alice, bob]) await peer.send("join", { room: "Music" });
  await alice.settled();
  await bob.settled();
  await alice.write(packet([
    ["message", { room: "General", text: "one" }],
    ["message", { room: "Music", text: "two" }],
    ["message", { room: "General", text: "three" }],
    ["rename", { name: "Alicia" }],
    ["message", { room: "General", text: "four" }],
    ["topic", { room: "Music", topic: "five" }],
    ["message", { room: "Music", text: "six" }],
    ["direct", { to: "Bob", text: "seven" }],
    ["message", { room: "General", text: "eight" }],
    ["leave", { room: "General" }],
    ["message", { room: "Music", text: "nine" }],
  ]));
  await alice.settled();
  const heard = (await bob.settled()).map(({ payload }) => payload.text ?? payload.event);
  assertEquals(heard, [
    "one",
    "two",
    "three",
    "renamed",
    "four",
    "topic",
    "six",
    "seven",
    "eight",
    "left",
    "nine",
  ]);
});

Deno.test("ref and id are on the sender's own copy alone", async () => {
  await using chat = await startServer();
  using alice = await chat.join("Alice");
  using bob = await chat.join("Bob");
  using carol = await chat.lecture("Carol");
  for (const peer of [alice, bob]) await peer.settled();
  const packets: [id: string | undefined, ref: number | undefined][] = [
    [undefined, undefined],
    ["m1", undefined],
    [undefined, 1],
    ["m2", 2],
  ];
  await alice.write(
    packets.map(([id, ref]) => requestLine("message", { text: "Hi", ref }, id)).join(""),
  );
  const own = await alice.settled();
  assertEquals(own.map(({ id, payload }) => [id, payload.ref]), packets);
  const shared = own.map(({ type, payload: { ref: _, ...payload } }) => ({ type, payload }));
  assertEquals(await bob.settled(), shared);
  assertEquals(await carol.settled(), shared);
});

Deno.test("a client in many rooms gets each room's messages, with its numbers", async () => {
  await using chat = await startServer();
  const rooms = Array.from({ length: 30 }, (_, number) => `Room ${number}`);
  using alice = await chat.connect("Alice");
  using bob = await chat.connect("Bob");
  for (const peer of [alice, bob]) {
    await peer.write(packet(rooms.map((room) => ["join", { room }])));
    await peer.settled();
  }
  await alice.settled();
  const said = [...rooms, ...rooms.toReversed()];
  await bob.write(packet(said.map((room) => ["message", { room, text: room }])));
  await bob.settled();
  const heard = (await alice.settled()).map(({ payload }) => [payload.room, payload.seq]);
  assertEquals(heard, said.map((room, index) => [room, index < rooms.length ? 1 : 2]));
});

Deno.test("connect_ack comes before all that was said in the room meanwhile", async () => {
  await using chat = await startServer();
  using bob = await chat.join("Bob");
  const newcomers = await Promise.all(
    Array.from({ length: 20 }, async (_, number) => {
      const peer = await chat.dial();
      const version = number % 2 === 0 ? 2 : undefined;
      const connect = {
        type: "connect",
        payload: { name: `N ${number}`, room: "General", version },
      };
      const message = { type: "message", payload: { text: "Hi" } };
      await peer.write(JSON.stringify(connect) + "\n" + JSON.stringify(message) + "\n");
      await bob.send("message", { text: "meanwhile" });
      return peer;
    }),
  );
  for (const peer of newcomers) {
    using _ = peer;
    assertEquals((await peer.next())?.type, "connect_ack");
  }
  const seqs = (await bob.settled()).filter(({ type }) => type === "message")
    .map(({ payload }) => payload.seq);
  assertEquals(seqs.slice(0, 20), Array.from({ length: 20 }, (_, index) => index + 1));
});
