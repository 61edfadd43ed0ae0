import { assertEquals } from "@std/assert";
import { AuditingClient } from "../../fixtures/auditing_client.ts";
import { Directory } from "../../fixtures/files.ts";
import { upTo } from "../../fixtures/log.ts";
import { startServer } from "../../fixtures/server.ts";
import type { Endpoint } from "../../fixtures/endpoint.ts";

const ROOMS = ["General", "Music", "Chess"];

let flooders = 0;

/** Sends `count` messages to a room, a packet at a time, as fast as they come back. */
async function flood(chat: Endpoint, room: string, count: number): Promise<void> {
  using peer = await chat.join(`Flooder ${++flooders}`, room);
  const line = JSON.stringify({ type: "message", payload: { room, text: `Said in ${room}` } });
  for (let said = 0; said < count; said += 50) {
    await peer.write((line + "\n").repeat(50));
    await peer.settled();
  }
}

/** Sends `count` messages to each room. */
async function say(chat: Endpoint, count: number, rooms = ROOMS): Promise<void> {
  await Promise.all(rooms.map((room) => flood(chat, room, count)));
}

for (const isTakeover of [false, true]) {
  const name = isTakeover ? "takes its session over" : "comes back after its connection ended";
  Deno.test(`a client that ${name} gets every message once, whatever is sent`, async () => {
    using directory = new Directory();
    await using chat = await startServer({}, directory.file());
    using alice = new AuditingClient("Alice");
    for (const room of ROOMS) alice.heard[room] = 0;
    await alice.connect(chat);
    let isFlooding = true;
    const flooding = say(chat, 2000).then(() => isFlooding = false);
    let returns = 0;
    for (; isFlooding; returns++) {
      await alice.listen(1 + returns * 37 % 400);
      const former = alice.client;
      if (!isTakeover) alice.drop();
      await alice.connect(chat);
      former[Symbol.dispose]();
      assertEquals(alice.client.ack.resumed, true);
    }
    await flooding;
    for (const room of ROOMS) await alice.until(room, 2000);
    await alice.settle();
    assertEquals(returns > 3, true, `${returns} returns`);
  });
}

Deno.test("a connection that is taken over gets nothing after the notice", async () => {
  await using chat = await startServer();
  using bob = await chat.join("Bob");
  using old = await chat.join("Alice");
  await bob.write('{"type":"message","payload":{"text":"Hi"}}\n'.repeat(500));
  using fresh = await chat.connect("Alice", { session: old.ack.session });
  const heard = await old.rest();
  assertEquals(heard.at(-1)?.payload.code, "session_replaced");
  const { seq } = fresh.ack.rooms[0];
  assertEquals(heard.slice(0, -1).map(({ payload }) => payload.seq), upTo(seq));
  await bob.settled();
  const rest = (await fresh.settled()).map(({ payload }) => payload.seq);
  assertEquals(rest, upTo(500).slice(seq));
});

Deno.test("join with since brings what was missed before it brings what is new", async () => {
  using directory = new Directory();
  await using chat = await startServer({}, directory.file());
  await say(chat, 300, ["General"]);
  using alice = await chat.connect("Alice");
  const flooding = say(chat, 1000, ["General"]);
  for (const since of [0, 100, 299]) {
    await alice.send("join", { room: "General", since }, `since ${since}`);
    const joined = await alice.receive("notification");
    assertEquals([joined.id, joined.payload.event], [`since ${since}`, "joined"]);
    const got = (await alice.settled()).filter(({ type }) => type === "message");
    const seqs = got.map(({ payload }) => payload.seq);
    assertEquals(seqs, upTo(seqs.length).map((seq) => since + seq));
    assertEquals(seqs.length + since >= joined.payload.seq, true);
    await alice.send("leave", { room: "General" });
    await alice.settled();
  }
  await flooding;
});

Deno.test("since brings nothing that is not above it, and joins rooms that one was not in", async () => {
  await using chat = await startServer();
  await say(chat, 50);
  const replays: [Record<string, number>, number[]][] = [
    [{ General: 50 }, []],
    [{ GENERAL: 48 }, [49, 50]],
    [{ General: 51 }, []],
    [{ General: Number.MAX_SAFE_INTEGER }, []],
    [{ Silence: 0 }, []],
    [{ Silence: 9 }, []],
    [{ General: 49, Music: 48 }, [50, 49, 50]],
  ];
  for (const [index, [since, seqs]] of replays.entries()) {
    using alice = await chat.connect(`Alice ${index}`, { since });
    const rooms = alice.ack.rooms.map(({ room }: { room: string }) => room.toLowerCase());
    assertEquals(rooms, Object.keys(since).map((room) => room.toLowerCase()));
    const got = (await alice.settled()).filter(({ type }) => type === "message");
    assertEquals(got.map(({ payload }) => payload.seq), seqs, JSON.stringify(since));
  }
  using alice = await chat.connect("Alice", { since: { Silence: 9 } });
  for (let seq = 1; seq <= 12; seq++) {
    await alice.send("message", { room: "Silence", text: "Hi" });
    assertEquals((await alice.settled()).map(({ payload }) => payload.seq), [seq]);
  }
});

Deno.test("a client that sends no since begins with the next message", async () => {
  await using chat = await startServer();
  await say(chat, 50, ["General"]);
  using alice = await chat.join("Alice");
  using lecture = await chat.lecture("Lecture");
  await say(chat, 50, ["General"]);
  for (const peer of [alice, lecture]) {
    const got = (await peer.settled()).filter(({ type }) => type === "message");
    assertEquals(got.map(({ payload }) => payload.seq), upTo(100).slice(50));
  }
});

Deno.test("an unknown token opens a new session, which is sent what it asks for", async () => {
  await using chat = await startServer();
  await say(chat, 50, ["General"]);
  const more = { session: "0".repeat(32), since: { General: 47 }, direct_since: 40 };
  using alice = await chat.connect("Alice", more);
  assertEquals([alice.ack.resumed, alice.ack.session === more.session], [false, false]);
  const got = (await alice.settled()).filter(({ type }) => type === "message");
  assertEquals(got.map(({ payload }) => payload.seq), [48, 49, 50]);
  // The old session's position in its inbox does not hold for the new session's.
  using bob = await chat.connect("Bob");
  for (let seq = 1; seq <= 3; seq++) {
    await bob.send("direct", { to: "Alice", text: "Hi" });
    await bob.settled();
    assertEquals((await alice.settled()).map(({ payload }) => payload.seq), [seq]);
  }
});
