import { assert, assertEquals, assertGreater, assertLess, assertLessOrEqual } from "@std/assert";
import { LIMITS } from "../../../protocol/mod.ts";
import { PatchedLog } from "../../fixtures/patched_log.ts";
import { AuditingClient } from "../../fixtures/auditing_client.ts";
import { Directory } from "../../fixtures/files.ts";
import { upTo } from "../../fixtures/log.ts";
import { type Received, requestLine, type TestClient } from "../../fixtures/test_client.ts";
import { startServer } from "../../fixtures/server.ts";

/** Four bytes a character, to fill the system's buffers soon. */
const TEXT = "😀".repeat(LIMITS.text);

/** A number of such messages that the system's buffers and a send queue can't hold. */
const MANY = 1000;

/** Sends the longest text `count` times; reads and counts the answers. */
async function say(peer: TestClient, room: string, count = MANY): Promise<number> {
  const line = requestLine("message", { room, text: TEXT });
  let heard = 0;
  for (let said = 0; said < count; said += 20) {
    await peer.write(line.repeat(20));
    heard += (await peer.settled()).filter(({ type }) => type === "message").length;
  }
  return heard;
}

/** Everything up to and including the first event that `isLast`. */
async function upToEvent(
  peer: TestClient,
  isLast: (event: Received) => boolean,
): Promise<Received[]> {
  const events: Received[] = [];
  for (;;) {
    const event = await peer.next();
    assert(event !== undefined, `The connection ended after ${events.length} events`);
    events.push(event);
    if (isLast(event)) return events;
  }
}

function seqsIn(room: string, events: Received[]): number[] {
  return events.filter(({ type, payload }) => type === "message" && payload.room === room)
    .map(({ payload }) => payload.seq);
}

/** Everything up to and including a message. */
function upToSeq(peer: TestClient, room: string, seq: number): Promise<Received[]> {
  return upToEvent(
    peer,
    ({ type, payload }) => type === "message" && payload.room === room && payload.seq === seq,
  );
}

Deno.test("a slow reader gets behind, all messages, and caught_up", async () => {
  using directory = new Directory();
  await using chat = await startServer({}, directory.file());
  using slow = await chat.join("Slow");
  using lecture = await chat.lecture("Lecture");
  using bob = await chat.join("Bob");
  // The others' streams are not affected.
  assertEquals(await say(bob, "General"), MANY);
  const events = await upToSeq(slow, "General", MANY);
  const count = (kind: string) => events.filter(({ payload }) => payload.event === kind).length;
  while (count("caught_up") < count("behind")) events.push(...await slow.settled());
  assertEquals(seqsIn("General", events), upTo(MANY));
  const at = events.findIndex(({ payload }) => payload.event === "behind");
  const heard = seqsIn("General", events.slice(0, at)).length;
  assertGreater(heard, 0);
  assertGreater(events[at]?.payload.behind, 0);
  assertLessOrEqual(events[at]?.payload.behind, MANY - heard);
  // Caught up: messages are sent live again.
  await bob.send("message", { text: "live" });
  await bob.settled();
  assertEquals((await slow.settled()).map(({ payload }) => payload.text), ["live"]);
  const lectures = await upToEvent(lecture, ({ payload }) => payload.text === "live");
  assertEquals(seqsIn("General", lectures), upTo(MANY + 1));
  assertEquals(lectures.filter(({ payload }) => /behind|caught/.test(payload.event ?? "")), []);
});

Deno.test("a slow reader that talks gets each of its own messages once, with its ref", async () => {
  await using chat = await startServer();
  using slow = await chat.join("Slow");
  using bob = await chat.join("Bob");
  await slow.settled();
  const refs = upTo(50);
  for (let ref = 1; ref <= 50; ref++) {
    await slow.send("message", { text: `mine ${ref}`, ref: ref * 10 });
    await say(bob, "General", 20);
  }
  const events = await upToSeq(slow, "General", 50 * 21);
  assertEquals(seqsIn("General", events), upTo(50 * 21));
  const own = events.filter(({ payload }) => payload.sender === "Slow");
  assertEquals(
    own.map(({ payload }) => [payload.text, payload.ref]),
    refs.map((ref) => [
      `mine ${ref}`,
      ref * 10,
    ]),
  );
});

Deno.test("a slow reader of two rooms and an inbox gets all of each in its order", async () => {
  using directory = new Directory();
  await using chat = await startServer({}, directory.file());
  using slow = new AuditingClient("Slow");
  slow.heard["General"] = slow.heard["Music"] = 0;
  await slow.connect(chat);
  using bob = await chat.join("Bob");
  using carol = await chat.join("Carol", "Music");
  for (let round = 0; round < 5; round++) {
    await Promise.all([say(bob, "General", MANY / 10), say(carol, "Music", MANY / 10)]);
    for (const peer of [bob, carol]) {
      await peer.send("direct", { to: "Slow", text: `${round}` });
      await peer.settled();
    }
  }
  const isMissing = () => slow.directs < 10 || slow.heard["General"]! + slow.heard["Music"]! < MANY;
  while (isMissing()) await slow.listen(1);
  await slow.settle();
  assert(slow.told.includes("behind"));
  assertEquals(slow.heard, { General: MANY / 2, Music: MANY / 2 });
  assertEquals(slow.directs, 10);
});

Deno.test("a slow reader that leaves a room gets no more of it, and all of the other", async () => {
  await using chat = await startServer();
  using slow = await chat.join("Slow");
  await slow.send("join", { room: "Music" });
  await slow.settled();
  using bob = await chat.join("Bob");
  using carol = await chat.join("Carol", "Music");
  await say(bob, "General");
  await say(carol, "Music", 100);
  await slow.send("leave", { room: "General" }, "leaving");
  await upToEvent(bob, ({ payload }) => payload.event === "left");
  const before = await upToEvent(slow, ({ id }) => id === "leaving");
  const heard = seqsIn("General", before);
  assertEquals(heard, upTo(heard.length));
  assertLess(heard.length, MANY);
  const after = await upToSeq(slow, "Music", 100);
  assertEquals(seqsIn("General", after), []);
  assertEquals([...seqsIn("Music", before), ...seqsIn("Music", after)], upTo(100));
});

Deno.test("a slow reader that leaves a room and joins it again gets it from where it asks", async () => {
  const patched = new PatchedLog();
  await using chat = await startServer({ log: patched.log });
  using slow = await chat.join("Slow");
  using bob = await chat.join("Bob");
  const gate = patched.hold("read");
  await say(bob, "General");
  const behind = upToEvent(slow, ({ payload }) => payload.event === "behind");
  await gate.reached;
  // A page is being read from the log, and outdated when it arrives.
  await slow.send("leave", { room: "General" });
  await slow.send("join", { room: "General", since: 3 }, "back");
  await upToEvent(bob, ({ payload }) => payload.event === "joined");
  await behind;
  gate.open();
  const before = await upToEvent(slow, ({ id }) => id === "back");
  assertEquals(seqsIn("General", before), []);
  assertEquals(seqsIn("General", await slow.settled()), upTo(MANY).slice(3));
});

Deno.test("a client that takes over from a slow reader gets the direct messages that were held back", async () => {
  await using chat = await startServer();
  using slow = await chat.join("Slow");
  using bob = await chat.join("Bob");
  await say(bob, "General");
  for (const n of upTo(3)) await bob.send("direct", { to: "Slow", text: `${n}` });
  await bob.settled();
  using fresh = await chat.connect("Slow", { session: slow.ack.session });
  const directs = (await fresh.settled()).filter(({ type }) => type === "direct");
  assertEquals(directs.map(({ payload }) => payload.text), ["1", "2", "3"]);
});
