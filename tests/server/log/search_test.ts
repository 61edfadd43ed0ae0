import { assert, assertEquals } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { Pruner } from "../../../server/log/sqlite/tables/prune.ts";
import { gist, KEEP_ALL, onEachLog, says, TestLog, upTo } from "../../fixtures/log.ts";
import { DAY } from "../../../server/process/time.ts";

onEachLog("search finds a message that was appended just before, and at once", async (test) => {
  for (let n = 1; n <= 20; n++) {
    const appending = test.append(says(`word${n}`), says("noise"));
    assertEquals(await test.found(`word${n}`), [`word${n}`]);
    await appending;
  }
  // The index fell behind and was not brought up to date by a search.
  await test.append(...upTo(30).map((n) => says(`late${n}`)));
  await test.reopen();
  for (const n of upTo(30)) assertEquals(await test.found(`late${n}`), [`late${n}`]);
});

onEachLog(
  "search finds words, phrases and beginnings, whatever their case and accents",
  async (test) => {
    await test.append(
      ...["The quick brown fox", "brown quick", "Café Brünn", "foxes"].map((t) => says(t)),
    );
    const finds: [string, string[]][] = [
      ["quick brown", ["brown quick", "The quick brown fox"]],
      ['"quick brown"', ["The quick brown fox"]],
      ["fox", ["The quick brown fox"]],
      ["fox*", ["foxes", "The quick brown fox"]],
      ['"brown fo"*', ["The quick brown fox"]],
      ["cafe brunn", ["Café Brünn"]],
      ["CAFÉ", ["Café Brünn"]],
      ["quick missing", []],
      ["Alice", []], // A sender's name is no text.
    ];
    for (const [query, texts] of finds) assertEquals(await test.found(query), texts, query);
  },
);

onEachLog(
  "search looks into the given rooms, and at one sender if given",
  async (test) => {
    await test.append(
      says("word one"),
      says("word two", { room: "Music", sender: "Bob" }),
      says("word three", { room: "Secret" }),
      says("word four", { sender: "bob and more" }),
    );
    const both = await test.found("word", ["general", "Music"]);
    assertEquals(both.toSorted(), ["word four", "word one", "word two"]);
    assertEquals(await test.found("word", []), []);
    assertEquals(await test.found("word", ["Silence"]), []);
    assertEquals(await test.found("word", ["General", "Music"], "BOB"), ["word two"]);
    assertEquals(await test.found("word", ["General"], "Bob and More"), ["word four"]);
    assertEquals(await test.found("word", ["General"], "bob*"), []);
  },
);

onEachLog("search gives the newest, and says that there are more", async (test) => {
  await test.append(...upTo(30).map((n) => says(`word ${n}`)));
  for (const [limit, more] of [[29, true], [30, false], [31, false]] as const) {
    const found = await test.log.search({ query: "word", rooms: ["General"], limit });
    assert(!("problem" in found));
    assertEquals(found.items.map(({ seq }) => seq), upTo(30).toReversed().slice(0, limit));
    assertEquals(found.more, more);
  }
});

onEachLog("search finds its way through 20,000 messages", async (test) => {
  const rare = [7, 9_999, 19_998];
  for (let start = 0; start < 20_000; start += 2500) {
    await test.append(
      ...upTo(2500).map((n) =>
        says(rare.includes(start + n) ? `needle ${start + n}` : `hay ${start + n}`)
      ),
    );
  }
  assertEquals(await test.found("needle"), rare.toReversed().map((n) => `needle ${n}`));
  assertEquals(await test.found("hay 12345"), ["hay 12345"]);
  assertEquals((await test.found("hay*")).length, 500);
});

/** Prunes a log's file through a connection of its own, to the end. */
function pruneAll(test: TestLog, retention: Partial<typeof KEEP_ALL>, now: number): void {
  const database = new DatabaseSync(test.path);
  // The log may be putting its WAL into the file.
  database.exec("PRAGMA busy_timeout = 2000");
  const pruner = new Pruner(database, { ...KEEP_ALL, ...retention });
  while (pruner.step(now));
  database.close();
}

for (const isIndexed of [true, false]) {
  const when = isIndexed ? "was indexed" : "was not indexed yet";
  Deno.test(`retention by number keeps the newest of each room, when it ${when}`, async () => {
    await using test = await TestLog.open("file");
    await test.append(...upTo(2500).map((n) => says(`word ${n}`)), says("word", { room: "Music" }));
    if (isIndexed) assertEquals((await test.found("word")).length, 500);
    pruneAll(test, { retainMessages: 100 }, Date.now());
    assertEquals((await test.append(says("word 2501"))).map(gist), [2501]);
    await test.reopen();
    assertEquals(await test.seqs(), upTo(2501).slice(-101));
    assertEquals(await test.seqs("Music"), [1]);
    assertEquals((await test.found("word")).length, 101);
    assertEquals(await test.found("2400"), []);
    assertEquals(await test.found("2401"), ["word 2401"]);
    assertEquals((await test.append(says("next"))).map(gist), [2502]);
    assertEquals(
      (await test.log.read({ room: "General", after: 5, limit: 1 })).items[0]?.seq,
      2401,
    );
  });
}

Deno.test("retention by days drops what is older, also when it is everything", async () => {
  await using test = await TestLog.open("file");
  await test.append(...upTo(20).map((n) => says(`word ${n}`, { session: "s1", ref: n })));
  const [newest] = (await test.log.read({ room: "General", limit: 1 })).items;
  const database = new DatabaseSync(test.path);
  database.exec(`UPDATE message SET at = at - ${3 * DAY} WHERE id % ${2 ** 32} <= 15`);
  database.close();
  const now = newest!.at;
  pruneAll(test, { retainDays: 4 }, now);
  assertEquals(await test.seqs(), upTo(20));
  pruneAll(test, { retainDays: 2 }, now);
  assertEquals(await test.seqs(), [16, 17, 18, 19, 20]);
  assertEquals(await test.found("15"), []);
  assertEquals(await test.found("16"), ["word 16"]);
  pruneAll(test, { retainDays: 1 }, now + DAY + 1);
  assertEquals([await test.seqs(), await test.found("word")], [[], []]);
  await test.reopen();
  // A pruned message is not sent again, and its number is not reused.
  const outcomes = await test.append(says("word 7", { session: "s1", ref: 7 }), says("next"));
  assertEquals(outcomes.map(gist), ["expired ref", 21]);
  assertEquals(test.snapshot.rooms, [{ name: "General", topic: "", seq: 20 }]);
});

Deno.test("retention looks at few rooms in one step, and at all of them before it ends", async () => {
  await using test = await TestLog.open("file");
  const rooms = upTo(1100).map((n) => `Room ${n}`);
  await test.append(...[1, 2].flatMap((n) => rooms.map((room) => says(`word ${n}`, { room }))));
  using database = new DatabaseSync(test.path);
  const pruner = new Pruner(database, { ...KEEP_ALL, retainMessages: 1 });
  const left = () => database.prepare("SELECT count(*) AS n FROM message").get()?.["n"];
  const steps = [];
  for (const round of ["first", "second"]) {
    for (let goesOn = true; goesOn;) {
      goesOn = pruner.step(Date.now());
      steps.push(`${round} ${left()}`);
    }
    await test.append(says("word 3", { room: "Room 1" }), says("word 3", { room: "Room 1100" }));
  }
  assertEquals(steps, [
    ...["first 1700", "first 1200", "first 1100"],
    ...["second 1101", "second 1101", "second 1100"],
  ]);
});

Deno.test("retention deletes nothing where none was asked for", async () => {
  await using test = await TestLog.open("file");
  await test.append(...upTo(2500).map((n) => says(`${n}`)));
  pruneAll(test, {}, Date.now() + 100_000 * DAY);
  assertEquals((await test.seqs()).at(0), 2001);
  assertEquals((await test.log.read({ room: "General", after: 0, limit: 1 })).items[0]?.seq, 1);
});

Deno.test("sessions that stayed away too long are forgotten with their inboxes, others are not", async () => {
  await using test = await TestLog.open("file");
  for (const name of ["Here", "Away", "Back"]) {
    await test.append({ kind: "session", session: name, name, rooms: [] });
    await test.append({ kind: "away", session: name, inboxSeen: 0, byServer: false });
    const inbox = { session: name } as const;
    await test.append({ kind: "direct", sender: "A", to: name, inbox, text: name });
  }
  for (const name of ["Here", "Back"]) {
    await test.append({ kind: "session", session: name, name, rooms: [] });
  }
  await test.append({ kind: "away", session: "Back", inboxSeen: 0, byServer: false });
  const database = new DatabaseSync(test.path);
  database.exec(`UPDATE session SET away_since = away_since - ${29 * DAY} WHERE name = 'Away'`);
  const left = () =>
    database.prepare("SELECT name, text FROM session JOIN direct ON inbox = session.id ORDER BY 1")
      .all().map(({ name }) => name);
  const now = Date.now();
  pruneAll(test, {}, now);
  assertEquals(left(), ["Away", "Back", "Here"]);
  pruneAll(test, {}, now + 2 * DAY);
  assertEquals(left(), ["Back", "Here"]);
  pruneAll(test, {}, now + 1000 * DAY);
  assertEquals(left(), ["Here"]);
  assertEquals(database.prepare("SELECT count(*) AS n FROM direct").get()?.["n"], 1);
  database.close();
  assertEquals(await test.log.session("Away"), undefined);
});
