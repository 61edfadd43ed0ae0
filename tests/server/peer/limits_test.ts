import { assert, assertEquals, assertGreater, assertLess } from "@std/assert";
import { LIMITS } from "../../../protocol/mod.ts";
import { type Received, requestLine, type TestClient } from "../../fixtures/test_client.ts";
import { limits, startServer } from "../../fixtures/server.ts";

const MEGABYTE = 1_000_000;

/** More than all buffers between two sockets hold, and the server's own queue. */
const BUFFERS = 16 * MEGABYTE;

const TEXT = "x".repeat(LIMITS.text);

/** The numbers of the messages among `events`. */
function seqsOf(events: Received[]): number[] {
  return events.filter(({ type }) => type === "message").map(({ payload }) => payload.seq);
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

Deno.test("one connection too many gets an error and is closed, and nobody notices it", async () => {
  await using chat = await startServer({ limits: limits({ "max-connections": 2 }) });
  using alice = await chat.join("Alice");
  using bob = await chat.lecture("Bob");
  await alice.receive("notification");
  for (let attempt = 0; attempt < 20; attempt++) {
    using peer = await chat.dial();
    await peer.send("connect", { name: "Carol", room: "General", version: 2 });
    assertEquals((await peer.rest()).map(({ payload }) => payload.code), ["server_full"]);
  }
  assertEquals(await alice.settled(), []);
  await bob.finish();
  await bob.rest();
  assertEquals((await alice.settled()).map(({ payload }) => payload.event), ["left"]);
  using _carol = await chat.join("Carol");
});

Deno.test("a burst is answered in full and in order, and delays nobody", async () => {
  await using chat = await startServer();
  using alice = await chat.join("Alice");
  using bob = await chat.join("Bob", "Music");
  const count = 20_000;
  const lines = upTo(count).map((number) =>
    `{"type":"message","id":"${number}","payload":{"text":"Hi"}}\n`
  );
  let isWritten = false;
  const writing = alice.write(lines.join("")).then(() => isWritten = true);
  const answers = alice.settled();
  let rounds = 0;
  while (!isWritten) {
    assertEquals(await bob.settled(), []);
    rounds++;
  }
  await writing;
  const heard = await answers;
  assertEquals(seqsOf(heard), upTo(count));
  assertEquals(heard.map(({ id }) => Number(id)), upTo(count));
  assert(rounds > 0);
});

Deno.test("a peer that asks and does not read is not read either, and gets its answers when it does", async () => {
  await using chat = await startServer();
  using bob = await chat.connect("Bob");
  // Answers far longer than their questions.
  for (const number of upTo(40)) {
    await bob.send("join", { room: `Room ${number}` });
    await bob.send("topic", { room: `Room ${number}`, topic: "x".repeat(LIMITS.topic) });
  }
  await bob.settled();
  using asking = await chat.connect("Asking");
  const question = requestLine("rooms", { ignored: "x".repeat(1000) });
  let asked = 0;
  let isEnough = false;
  const asks = async () => {
    while (!isEnough) {
      await asking.write(question);
      asked++;
    }
    await asking.send("ping", {}, "last");
  };
  const writing = asks();
  // Until several round trips of another client bring nothing new.
  for (let still = 0; still < 200;) {
    const before = asked;
    await bob.settled();
    still = asked === before ? still + 1 : 0;
    assertLess(asked * question.length, 4 * BUFFERS);
  }
  isEnough = true;
  let answers = 0;
  for (let event = await asking.next(); event?.id !== "last"; event = await asking.next()) {
    assertEquals(event?.type, "rooms");
    answers++;
  }
  await writing;
  assertEquals(answers, asked);
});

Deno.test("a peer that never reads delays nobody, and has missed nothing when it reads", async () => {
  await using chat = await startServer();
  using alice = await chat.join("Alice");
  using slow = await chat.join("Slow");
  using lecture = await chat.lecture("Lecture");
  using bob = await chat.join("Bob");
  for (const peer of [alice, slow, lecture]) await peer.settled();
  const line = requestLine("message", { text: TEXT });
  const rounds = Math.ceil(2 * BUFFERS / (line.length * 50));
  const heard = { alice: [] as Received[], bob: [] as Received[] };
  for (let round = 0; round < rounds; round++) {
    await alice.write(line.repeat(50));
    heard.alice.push(...await alice.settled());
    heard.bob.push(...await bob.settled());
  }
  const all = upTo(rounds * 50);
  assertEquals(seqsOf(heard.alice), all);
  assertEquals(seqsOf(heard.bob), all);
  const [late, lateLecture] = await Promise.all([slow, lecture].map((peer) => upToSeq(peer, all)));
  assertEquals(seqsOf(late ?? []), all);
  assertEquals(lateLecture?.map(({ payload }) => payload.seq), all);
  // Everything before this was in a buffer or in the server's queue, which is bounded.
  const queued = late?.findIndex(({ payload }) => payload.event === "behind") ?? -1;
  assertGreater(queued, 0);
  assertLess(queued * line.length, BUFFERS);
});

/** Everything up to the last of the messages with these numbers. */
async function upToSeq(peer: TestClient, seqs: number[]): Promise<Received[]> {
  const events: Received[] = [];
  for (;;) {
    const event = await peer.next();
    if (event === undefined) return events;
    events.push(event);
    if (event.payload.seq === seqs.length) return events;
  }
}
