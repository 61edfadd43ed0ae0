import { assertEquals } from "@std/assert";
import { Directory, upTo } from "./fixtures/log.ts";
import { Peer, type Received } from "./fixtures/peer.ts";
import { startServer } from "./fixtures/server.ts";

function lines(refs: number[]): string {
  return refs.map((ref) =>
    JSON.stringify({ type: "message", payload: { room: "General", text: `text ${ref}`, ref } })
  ).join("\n") + "\n";
}

/** What came for the refs of one's own. */
function own(events: Received[]): [ref: number, text: string][] {
  return events.filter(({ type, payload }) => type === "message" && payload.ref !== undefined)
    .map(({ payload }) => [payload.ref, payload.text]);
}

Deno.test("what is sent again after a broken connection is said once, and answered each time", async () => {
  using directory = new Directory();
  await using chat = await startServer({}, directory.file());
  using bob = await Peer.join(chat.port, "Bob", "General");
  const refs = upTo(400);
  let alice = await Peer.join(chat.port, "Alice", "General");
  const { session } = alice.ack;
  for (let round = 0; round < 10; round++) {
    // As much as comes through before the connection is gone: nobody knows how much.
    await alice.write(lines(refs.slice(0, 40 * (round + 1))));
    if (round % 2 === 0) await alice.next();
    alice[Symbol.dispose]();
    alice = await Peer.join(chat.port, "Alice", undefined, { session });
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

Deno.test("a ref is answered to its sender alone, and with the original", async () => {
  await using chat = await startServer();
  using bob = await Peer.join(chat.port, "Bob", "General");
  using alice = await Peer.join(chat.port, "Alice", "General");
  await alice.send("message", { text: "one", ref: 5 }, "first");
  const original = await alice.receive("message");
  await alice.send("message", { text: "changed", ref: 5 }, "again");
  const repeated = await alice.receive("message");
  assertEquals(repeated, { ...original, id: "again" });
  await alice.send("rename", { name: "Alicia" });
  await alice.send("message", { text: "changed", ref: 5 });
  const [, last] = await alice.settled();
  assertEquals(last?.payload, original.payload);
  await alice.send("message", { text: "never", ref: 4 }, "stale");
  const stale = await alice.receive("error");
  assertEquals([stale.id, stale.payload.code], ["stale", "stale_ref"]);
  const said = (await bob.settled()).filter(({ type }) => type === "message");
  assertEquals(said.map(({ payload }) => payload.text), ["one"]);
});

Deno.test("a ref of a direct message is answered again, and told once", async () => {
  await using chat = await startServer();
  using bob = await Peer.join(chat.port, "Bob");
  using alice = await Peer.join(chat.port, "Alice");
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
    using alice = await Peer.join(chat.port, "Alice", "General");
    session = alice.ack.session;
    await alice.write(lines([1, 2]));
    await alice.settled();
  }
  await using chat = await startServer({}, directory.file());
  using alice = await Peer.join(chat.port, "Alice", "General", { session });
  await alice.write(lines([1, 2, 3]));
  assertEquals((await alice.settled()).map(({ payload }) => payload.seq), [1, 2, 3]);
});
