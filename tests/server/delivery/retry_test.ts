import { assertEquals, assertStringIncludes } from "@std/assert";
import { Directory } from "../../fixtures/files.ts";
import { upTo } from "../../fixtures/log.ts";
import type { Received, TestClient } from "../../fixtures/test_client.ts";
import { startServer } from "../../fixtures/server.ts";

function lines(refs: number[]): string {
  return refs.map((ref) =>
    JSON.stringify({ type: "message", payload: { room: "General", text: `text ${ref}`, ref } })
  ).join("\n") + "\n";
}

/** The answers to the session's own refs. */
function own(events: Received[]): [ref: number, text: string][] {
  return events.filter(({ type, payload }) => type === "message" && payload.ref !== undefined)
    .map(({ payload }) => [payload.ref, payload.text]);
}

Deno.test("a message sent again after a broken connection is stored once, and answered each time", async () => {
  using directory = new Directory();
  await using chat = await startServer({}, directory.file());
  using bob = await chat.join("Bob");
  const refs = upTo(400);
  let alice = await chat.join("Alice");
  const { session } = alice.ack;
  for (let round = 0; round < 10; round++) {
    // An unknown number arrives before the connection is gone.
    await alice.write(lines(refs.slice(0, 40 * (round + 1))));
    if (round % 2 === 0) await alice.next();
    alice[Symbol.dispose]();
    alice = await chat.connect("Alice", { session });
    assertEquals(alice.ack.resumed, true);
  }
  await alice.write(lines(refs));
  const answers = own(await alice.settled());
  assertEquals(answers, refs.map((ref) => [ref, `text ${ref}`]));
  const said = (await bob.settled()).filter(({ type }) => type === "message");
  assertEquals(said.map(({ payload }) => payload.text), refs.map((ref) => `text ${ref}`));
  assertEquals(said.map(({ payload }) => payload.seq), refs);
  alice[Symbol.dispose]();
});

Deno.test("a ref is answered to its sender alone, and with the original when the content is the same", async () => {
  await using chat = await startServer();
  using bob = await chat.join("Bob");
  using alice = await chat.join("Alice");
  await alice.send("message", { text: "one", ref: 5 }, "first");
  const original = await alice.receive("message");
  await alice.send("message", { text: "one", ref: 5 }, "again");
  const repeated = await alice.receive("message");
  assertEquals(repeated, { ...original, id: "again" });
  await alice.send("rename", { name: "Alicia" });
  await alice.send("message", { text: "one", ref: 5, room: "general" });
  const [, last] = await alice.settled();
  assertEquals(last?.payload, original.payload);
  await alice.send("message", { text: "changed", ref: 5 }, "used");
  await alice.send("direct", { to: "Bob", text: "one", ref: 5 }, "used");
  await alice.send("message", { text: "never", ref: 4 }, "stale");
  const refused = await alice.settled();
  assertEquals(
    refused.map(({ id, payload: { code, ref } }) => [id, code, ref]),
    [["used", "ref_used", 5], ["used", "ref_used", 5], ["stale", "stale_ref", 5]],
  );
  assertStringIncludes(refused[0]?.payload.message, "ref 5 was used for another message");
  const said = (await bob.settled()).filter(({ type }) => type === "message");
  assertEquals(said.map(({ payload }) => payload.text), ["one"]);
});

Deno.test("a repeated ref of a direct message is answered again, and delivered once", async () => {
  await using chat = await startServer();
  using bob = await chat.connect("Bob");
  using alice = await chat.connect("Alice");
  for (let attempt = 0; attempt < 3; attempt++) {
    await alice.send("direct", { to: "Bob", text: "once", ref: 1 });
    const { payload } = await alice.receive("direct");
    assertEquals([payload.to, payload.seq, payload.ref], ["Bob", 1, 1]);
  }
  assertEquals((await bob.settled()).map(({ payload }) => payload.text), ["once"]);
});

Deno.test("a ref is known after a restart", async () => {
  using directory = new Directory();
  let session: string;
  {
    await using chat = await startServer({}, directory.file());
    using alice = await chat.join("Alice");
    session = alice.ack.session;
    await alice.write(lines([1, 2]));
    await alice.settled();
  }
  await using chat = await startServer({}, directory.file());
  using alice = await chat.join("Alice", "General", { session });
  await alice.write(lines([1, 2, 3]));
  assertEquals((await alice.settled()).map(({ payload }) => payload.seq), [1, 2, 3]);
});

/** Sends the texts, each under the next of `refs`. */
async function say(peer: TestClient, refs: number[]): Promise<void> {
  await peer.write(lines(refs));
  await peer.settled();
}

Deno.test("connect_ack gives the highest ref, after a take-over, an absence and a restart", async () => {
  using directory = new Directory();
  const known: number[] = [];
  let session: string | undefined;
  for (let start = 0; start < 2; start++) {
    await using chat = await startServer({}, directory.file());
    using first = await chat.join("Alice", "General", { session });
    session = first.ack.session;
    known.push(first.ack.ref);
    await say(first, [10 * start + 3]);
    using second = await chat.connect("Alice", { session });
    known.push(second.ack.ref);
    await second.send("direct", { to: "Alice", text: "to myself", ref: 10 * start + 5 });
    // A refused message has not used its ref.
    await say(second, [10 * start + 4]);
    await second.send("message", { room: "Elsewhere", text: "refused", ref: 99 });
    await second.settled();
    await second.finish();
    await second.rest();
    using third = await chat.connect("Alice", { session });
    known.push(third.ack.ref);
  }
  assertEquals(known, [0, 3, 5, 5, 13, 15]);
});

Deno.test("connect_ack gives the highest ref of a log in memory too, and 0 to a new session", async () => {
  await using chat = await startServer();
  using first = await chat.join("Alice");
  await say(first, [7]);
  const { session } = first.ack;
  using second = await chat.connect("Alice", { session });
  using other = await chat.connect("Bob", { session: "unknown" });
  assertEquals([second.ack.ref, other.ack.ref, other.ack.resumed], [7, 0, false]);
});

Deno.test("a message in a room that the session has left is recognized by its content", async () => {
  await using chat = await startServer();
  using alice = await chat.join("Alice");
  await say(alice, [1]);
  await alice.send("leave", { room: "General" });
  await alice.settled();
  await alice.write(lines([1]));
  await alice.send("message", { room: "General", text: "changed", ref: 1 });
  await alice.send("message", { room: "Music", text: "text 1", ref: 1 });
  await alice.send("message", { text: "text 1", ref: 1 });
  const answers = (await alice.settled()).map(({ type, payload }) => payload.code ?? type);
  assertEquals(answers, ["message", "not_in_room", "not_in_room", "message"]);
});
