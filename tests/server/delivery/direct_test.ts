import { assertEquals } from "@std/assert";
import { AuditingClient } from "../../fixtures/auditing_client.ts";
import { Directory } from "../../fixtures/files.ts";
import { upTo } from "../../fixtures/log.ts";
import { requestLine, type TestClient } from "../../fixtures/test_client.ts";
import { startServer } from "../../fixtures/server.ts";

/** Ends a session's connection, and waits until the server knows. */
async function goAway(peer: TestClient): Promise<void> {
  await peer.finish();
  await peer.rest();
}

async function tell(from: TestClient, to: string, ...texts: string[]): Promise<void> {
  for (const text of texts) await from.send("direct", { to, text });
  const answers = await from.settled();
  assertEquals(answers.filter(({ type }) => type === "error"), []);
}

async function directs(peer: TestClient): Promise<string[]> {
  const heard = (await peer.settled()).filter(({ type }) => type === "direct");
  return heard.map(({ payload }) => `${payload.seq} ${payload.text}`);
}

Deno.test("direct messages for a name that is away come when its session returns, once", async () => {
  using directory = new Directory();
  await using chat = await startServer({}, directory.file());
  using bob = await chat.connect("Bob");
  let alice = await chat.connect("Alice");
  const { session } = alice.ack;
  await tell(bob, "alice", "here");
  assertEquals(await directs(alice), ["1 here"]);
  for (let round = 0; round < 3; round++) {
    await goAway(alice);
    await tell(bob, "Alice", "one", "two");
    alice = await chat.connect("Alice", { session });
    const first = 2 + round * 2;
    assertEquals(await directs(alice), [`${first} one`, `${first + 1} two`]);
  }
  await goAway(alice);
  alice = await chat.connect("Alice", { session });
  assertEquals(await directs(alice), []);
  await tell(bob, "Alice", "live again");
  assertEquals(await directs(alice), ["8 live again"]);
  await goAway(alice);
});

Deno.test("direct_since brings the inbox from there on, whatever was sent before", async () => {
  await using chat = await startServer();
  using bob = await chat.connect("Bob");
  let alice = await chat.connect("Alice");
  const { session } = alice.ack;
  await tell(bob, "Alice", ...upTo(5).map(String));
  for (const [direct_since, first] of [[0, 1], [3, 4], [5, 6], [99, 6]] as const) {
    await goAway(alice);
    alice = await chat.connect("Alice", { session, direct_since });
    assertEquals(alice.ack.direct, 5);
    assertEquals(await directs(alice), upTo(5).slice(first - 1).map((n) => `${n} ${n}`));
  }
  await tell(bob, "Alice", "6");
  assertEquals(await directs(alice), ["6 6"]);
  await goAway(alice);
});

Deno.test("a flooded inbox reaches a client that comes and goes, in order and once", async () => {
  using directory = new Directory();
  await using chat = await startServer({}, directory.file());
  using alice = new AuditingClient("Alice");
  await alice.connect(chat);
  let isFlooding = true;
  const line = requestLine("direct", { to: "Alice", text: "Hi" });
  const flooding = Promise.all(["Bob", "Carol"].map(async (name) => {
    using peer = await chat.connect(name);
    for (let said = 0; said < 1500; said += 50) {
      await peer.write(line.repeat(50));
      await peer.settled();
    }
  })).then(() => isFlooding = false);
  for (let returns = 0; isFlooding; returns++) {
    await alice.listen(1 + returns * 31 % 300);
    const former = alice.client;
    if (returns % 2 === 0) alice.drop();
    await alice.connect(chat);
    former[Symbol.dispose]();
  }
  await flooding;
  await alice.settle();
  assertEquals(alice.directs, 3000);
});

Deno.test("a direct message is stored for the session that had the name, and for no other", async () => {
  using directory = new Directory();
  await using chat = await startServer({}, directory.file());
  using bob = await chat.connect("Bob");
  using alice = await chat.connect("Alice");
  await goAway(alice);
  await tell(bob, "Alice", "kept");
  await bob.send("direct", { to: "Nobody", text: "lost" });
  assertEquals((await bob.receive("error")).payload.code, "unknown_name");
  using other = await chat.connect("Other", { direct_since: 0 });
  assertEquals(await directs(other), []);
  const { session } = alice.ack;
  using again = await chat.connect("Alicia", { session });
  assertEquals(await directs(again), ["1 kept"]);
});

Deno.test("a session that has quit gets nothing any more", async () => {
  await using chat = await startServer();
  using bob = await chat.connect("Bob");
  using alice = await chat.connect("Alice");
  await alice.send("quit");
  await alice.rest();
  await bob.send("direct", { to: "Alice", text: "late" });
  assertEquals((await bob.receive("error")).payload.code, "unknown_name");
  const { session } = alice.ack;
  using again = await chat.connect("Alice", { session, direct_since: 0 });
  assertEquals(again.ack.resumed, false);
  assertEquals(await directs(again), []);
});
