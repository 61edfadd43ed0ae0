import { assertEquals } from "@std/assert";
import { Directory } from "../../fixtures/files.ts";
import { upTo } from "../../fixtures/log.ts";
import { type Received, requestLine, type TestClient } from "../../fixtures/test_client.ts";
import { startServer } from "../../fixtures/server.ts";

async function ask(peer: TestClient, type: string, payload: unknown): Promise<Received["payload"]> {
  await peer.send(type, payload, "asked");
  const answer = await peer.next();
  assertEquals(answer?.id, "asked");
  return answer?.payload;
}

function texts({ messages }: Received["payload"]): string[] {
  return messages.map(({ text }: { text: string }) => text);
}

Deno.test("questions to the log are answered in the order of all that a connection asks", async () => {
  using directory = new Directory();
  await using chat = await startServer({}, directory.file());
  using alice = await chat.join("Alice");
  const requests: [string, unknown][] = upTo(30).flatMap((n): [string, unknown][] => [
    ["message", { text: `word${n}` }],
    ["history", { room: "General", limit: 1 }],
    ["search", { query: `word${n}` }],
    ["ping", {}],
    ["unread", {}],
    ["history", { room: "Elsewhere" }],
  ]);
  const packet = requests.map(([type, payload], index) => requestLine(type, payload, `${index}`));
  await alice.write(packet.join(""));
  const events = await alice.settled();
  assertEquals(events.map(({ id }) => Number(id)), requests.map((_, index) => index));
  for (const [index, { type, payload }] of events.entries()) {
    const n = Math.floor(index / 6) + 1;
    // Each query sees the messages that its connection sent just before.
    if (type === "history" || type === "search") assertEquals(texts(payload), [`word${n}`]);
  }
});

Deno.test("history shows what was said before one came, page by page, either way", async () => {
  await using chat = await startServer();
  using bob = await chat.join("Bob");
  for (const n of upTo(120)) await bob.send("message", { text: `${n}`, ref: n });
  await bob.settled();
  using alice = await chat.join("Alice");
  await bob.receive("notification");
  const newest = await ask(alice, "history", { room: "general" });
  assertEquals([newest.room, newest.more], ["General", true]);
  assertEquals(texts(newest), upTo(120).slice(70).map(String));
  const before = await ask(alice, "history", { room: "General", before: 71, limit: 500 });
  assertEquals([texts(before), before.more], [upTo(70).map(String), false]);
  const after = await ask(alice, "history", { room: "General", after: 100, limit: 5 });
  assertEquals([texts(after), after.more], [upTo(105).slice(100).map(String), true]);
  const both = await ask(alice, "history", { room: "General", after: 1, before: 5 });
  assertEquals(both.code, "bad_field");
  // Only Bob sees his refs.
  assertEquals(newest.messages.some((message: object) => "ref" in message), false);
  const own = await ask(bob, "history", { room: "General", limit: 1 });
  assertEquals(own.messages[0].ref, 120);
});

Deno.test("search looks into the rooms that one is in, and into no others", async () => {
  using directory = new Directory();
  await using chat = await startServer({}, directory.file());
  using bob = await chat.join("Bob");
  for (const room of ["Music", "Secret"]) await bob.send("join", { room });
  for (const room of ["General", "Music", "Secret"]) {
    await bob.send("message", { room, text: `word in ${room}` });
  }
  await bob.settled();
  using alice = await chat.join("Alice");
  await alice.send("join", { room: "Music" });
  await alice.settled();
  const found = await ask(alice, "search", { query: "word" });
  assertEquals(texts(found).toSorted(), ["word in General", "word in Music"]);
  assertEquals(texts(await ask(alice, "search", { query: "word", room: "Music" })), [
    "word in Music",
  ]);
  assertEquals((await ask(alice, "search", { query: "word", room: "Secret" })).code, "not_in_room");
  assertEquals((await ask(alice, "history", { room: "Secret" })).code, "not_in_room");
  assertEquals(texts(await ask(alice, "search", { query: "word", from: "Carol" })), []);
  await alice.send("leave", { room: "Music" });
  await alice.settled();
  assertEquals(texts(await ask(alice, "search", { query: "word" })), ["word in General"]);
  assertEquals((await ask(alice, "search", { query: '"word' })).code, "bad_query");
  assertEquals((await ask(alice, "search", { query: "-" })).code, "bad_query");
});

Deno.test("the read marks of a name hold for its next session, and for no other name", async () => {
  using directory = new Directory();
  await using chat = await startServer({}, directory.file());
  using bob = await chat.join("Bob");
  for (const text of ["1", "2", "Hi Alice", "4"]) await bob.send("message", { text });
  await bob.settled();
  const unread = async (alice: TestClient) => {
    const { rooms } = await ask(alice, "unread", {});
    return rooms.map((room: Record<string, unknown>) => Object.values(room).join(" "));
  };
  {
    using alice = await chat.join("Alice");
    // A new session has nothing to catch up with.
    assertEquals(await unread(alice), ["General 4 0 0"]);
    for (const text of ["5", "alice: 6", "7"]) await bob.send("message", { text });
    await bob.settled();
    await alice.settled();
    assertEquals(await unread(alice), ["General 4 3 1"]);
    await alice.send("read", { room: "General", seq: 5 });
    await alice.send("read", { room: "General", seq: 1 });
    assertEquals(await unread(alice), ["General 5 2 1"]);
    await alice.send("quit");
    await alice.rest();
  }
  using again = await chat.join("ALICE");
  assertEquals(again.ack.resumed, false);
  assertEquals(await unread(again), ["General 5 2 1"]);
  await again.send("read", { room: "General", seq: 7 });
  assertEquals(await unread(again), ["General 7 0 0"]);
  assertEquals((await ask(again, "read", { room: "Elsewhere", seq: 1 })).code, "not_in_room");
});
