import { assert, assertEquals, assertGreater, assertLess, assertStringIncludes } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { parseQuery } from "../../../server/log/search_query.ts";
import { Queries } from "../../../server/log/sqlite/tables/queries.ts";
import { Directory } from "../../fixtures/files.ts";
import { memoryLog, openLog, says, TestLog, upTo } from "../../fixtures/log.ts";
import { PatchedLog } from "../../fixtures/patched_log.ts";
import type { TestClient } from "../../fixtures/test_client.ts";
import { startServer } from "../../fixtures/server.ts";
import { PURE } from "../../fixtures/pure.ts";

Deno.test("a query has at most a few words that may go on", PURE, () => {
  const problemOf = (query: string) => {
    const parsed = parseQuery(query);
    return "problem" in parsed ? parsed.problem : undefined;
  };
  assertEquals(problemOf('a* "b c"* d* e f'), undefined);
  assertEquals(problemOf('a* "b c"* d* e* f'), "has more than 3 words that end in *");
});

Deno.test("a search that takes too long is given up, with advice", async () => {
  await using test = await TestLog.open("file");
  await test.append(...upTo(3000).map(() => says("word")), says("word", { room: "Music" }));
  await test.found("word");
  using database = new DatabaseSync(test.path, { readOnly: true });
  let now = 0;
  const queries = new Queries(database, () => now += 900);
  const search = { query: "word", rooms: ["General", "Music"], limit: 10 };
  const found = queries.search(search);
  assert("problem" in found);
  assertStringIncludes(found.problem, "takes too long");
  // In one room only the newest hits are read.
  assert("items" in queries.search({ ...search, rooms: ["General"] }));
});

Deno.test("a search in memory looks at so many messages, and lets others have their turn", async () => {
  const log = memoryLog();
  const batch = upTo(1000).map(() => says("x"));
  for (let round = 0; round < 199; round++) await log.append(batch);
  await log.append([says("needle")]);
  const search = (query: string, rooms: string[]) => log.search({ query, rooms, limit: 5 });
  let turns = 0;
  const ticking = setInterval(() => turns++, 1);
  const missed = await search("missing", ["General"]);
  clearInterval(ticking);
  assertEquals(missed, { items: [], more: false });
  assert(turns > 0);
  assert("items" in await search("needle", ["General"]));
  assert("problem" in await search("missing", ["General", "General"]));
  assert("items" in await search("x", ["General", "General"]));
});

Deno.test("a search does not delay reads of history", async () => {
  using directory = new Directory();
  const { log } = await openLog(directory.file());
  await log.append(upTo(5000).map((n) => says(`a${n} b${n}`)));
  const search = () => log.search({ query: "a* b*", rooms: ["General", "Music"], limit: 500 });
  // Starts both workers before anything is measured.
  await Promise.all([search(), log.read({ room: "General", limit: 1 })]);
  let ended = 0;
  const searching = upTo(50).map(() => search().then(() => ended++));
  // By then all searches are running.
  await Promise.race(searching);
  await log.read({ room: "General", limit: 500 });
  assertLess(ended, 50);
  await Promise.all(searching);
  await log[Symbol.asyncDispose]();
});

Deno.test("a limited number of searches run at a time; one more is refused for now, and history is open to all", async () => {
  const patched = new PatchedLog();
  await using chat = await startServer({ log: patched.log });
  const peers = await Promise.all(
    upTo(33).map((number) => chat.join(`Peer ${number}`)),
  );
  const last = peers.pop() as TestClient;
  await last.settled();
  const gates = [];
  for (const peer of peers) {
    const gate = patched.hold("search");
    gates.push(gate);
    await peer.send("search", { query: "word" }, "s");
    await gate.reached;
  }
  await last.send("search", { query: "word" }, "s");
  const refusal = await last.receive("error");
  const { code, retry_after: wait } = refusal.payload;
  assertEquals([refusal.id, code, wait], ["s", "rate_limited", 2000]);
  // Each is told a time of its own.
  await last.send("unread");
  assertGreater((await last.receive("error")).payload.retry_after as number, 2000 - 2000 / 32);
  await last.send("history", { room: "General" });
  await last.receive("history");
  for (const gate of gates) gate.open();
  for (const peer of peers) {
    while ((await peer.next())?.id !== "s");
  }
  await last.send("search", { query: "word" });
  await last.receive("search");
  for (const peer of [...peers, last]) peer[Symbol.dispose]();
});
