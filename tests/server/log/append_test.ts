import { assert, assertEquals } from "@std/assert";
import { gist, marks, onEachLog, opens, says, TestLog, upTo } from "../../fixtures/log.ts";
import { LIMITS } from "../../../protocol/mod.ts";

/** A draft that SQLite refuses, unlike any of the server's. */
const POISON = says(null as unknown as string);

onEachLog(
  "log numbers each room from 1 without a gap, over batches and reopenings",
  async (test) => {
    const rooms = ["General", "Music", "Chess"];
    const last = new Map<string, number>();
    for (let round = 0; round < 30; round++) {
      const drafts = upTo(round % 7).map((n) =>
        says(`${round}.${n}`, { room: rooms[(round + n * n) % 3]! })
      );
      for (const outcome of await test.append(...drafts)) {
        assert(outcome.kind === "message");
        const { room, seq } = outcome.entry;
        assertEquals(seq, (last.get(room) ?? 0) + 1);
        last.set(room, seq);
      }
      if (round % 6 === 5) await test.reopen();
    }
    for (const room of rooms) assertEquals(await test.seqs(room), upTo(last.get(room) ?? 0));
  },
);

onEachLog("log gives entries in the order of the calls, without waiting for each", async (test) => {
  const batches = await Promise.all(upTo(50).map((n) => test.append(says(`${n}`), says(`${n}'`))));
  assertEquals(batches.flat().map(gist), upTo(100));
  assertEquals(await test.texts(), upTo(50).flatMap((n) => [`${n}`, `${n}'`]));
});

Deno.test("log keeps all of a batch or nothing, and goes on without a gap", async () => {
  await using test = await TestLog.open("file");
  const drafts = [opens("s1", "Alice"), says("one", { session: "s1", ref: 5 })];
  await test.append(...drafts);
  const failed = await test.append(
    says("two", { session: "s1", ref: 6 }),
    says("elsewhere", { room: "Music" }),
    POISON,
    { kind: "topic", room: "General", topic: "Lost" },
  );
  assertEquals(failed.map(({ kind }) => kind), Array(4).fill("failed"));
  assertEquals([await test.texts(), await test.texts("Music")], [["one"], []]);
  const again = await test.append(
    says("two", { session: "s1", ref: 6 }),
    says("elsewhere", { room: "Music" }),
  );
  assertEquals(again.map(gist), [2, 1]);
  assertEquals(await test.texts(), ["one", "two"]);
  assertEquals(await test.found("two"), ["two"]);
  await test.reopen();
  assertEquals((await test.append(says("three"))).map(gist), [3]);
});

Deno.test("log stores nothing of a batch whose one draft fails", async () => {
  await using test = await TestLog.open("file");
  for (let round = 0; round < 5; round++) {
    assertEquals((await test.append(POISON)).map(gist), ["failed"]);
  }
  assertEquals((await test.append(says("one"))).map(gist), [1]);
});

onEachLog("log takes names of rooms that fold to the same for one room", async (test) => {
  const names = ["Straße", "STRASSE", "strasse", "Ｓtraße"];
  const outcomes = await test.append(...names.map((room) => says(room, { room })));
  await test.reopen();
  outcomes.push(...await test.append(...names.map((room) => says(room, { room }))));
  assertEquals(outcomes.map(gist), upTo(8));
  for (const room of names) assertEquals(await test.seqs(room), upTo(8));
  const { items } = await test.log.read({ room: "STRASSE", limit: 500 });
  assertEquals(new Set(items.map(({ room }) => room)), new Set(["Straße"]));
});

onEachLog("log gives back each text exactly as it was written", async (test) => {
  const texts = [
    "a\0b",
    "\0",
    "\u0001\u001b[2J\r\n\t",
    "  spaces  ",
    "e\u0301 é",
    "\uFEFFbom",
    "\uFEFF\0bom",
    "\uFFFF\u{10FFFF}",
    "😀".repeat(LIMITS.text),
    "'; DROP TABLE message; --",
    '\u2028{}\\"',
  ];
  const inbox = { session: "s1" } as const;
  await test.append(opens("s1", "Bob"));
  const outcomes = await test.append(
    ...texts.map((text, index) => says(text, { session: "s2", ref: index + 1 })),
    ...texts.map((text) => ({ kind: "direct", sender: "A", to: "Bob", inbox, text } as const)),
  );
  assertEquals(outcomes.map((each) => "entry" in each && each.entry.text), [...texts, ...texts]);
  await test.reopen();
  for (const [index, text] of texts.entries()) {
    const { items } = await test.log.read({ room: "General", after: index, limit: 1 });
    const inboxed = await test.log.inbox("s1", index, 1);
    const [repeated] = await test.append(says(text, { session: "s2", ref: index + 1 }));
    assert(repeated?.kind === "repeated");
    const got = [items[0]?.text, inboxed.items[0]?.text, repeated.entry.text];
    assertEquals(got, [text, text, text], JSON.stringify(text.slice(0, 20)));
  }
});

onEachLog("log finds words and mentions behind a NUL in a text", async (test) => {
  await test.append(says("before\0behind, Bob"));
  assertEquals(await test.found("behind"), ["before\0behind, Bob"]);
  const [unread] = await test.log.unread("Bob", ["General"]);
  assertEquals(unread?.mentions, 1);
});

onEachLog("log remembers rooms that have a message or a topic, and no others", async (test) => {
  await test.append(
    says("one", { room: "Music" }),
    says("two", { room: "Music" }),
    { kind: "topic", room: "Chess", topic: "e4" },
    { kind: "topic", room: "music", topic: "Bach" },
    marks("Alice", Infinity, { room: "Empty", ifNew: true }),
  );
  await test.reopen();
  if (!test.isInFile) return;
  const rooms = test.snapshot.rooms.toSorted((one, other) => one.name < other.name ? -1 : 1);
  assertEquals(rooms, [
    { name: "Chess", topic: "e4", seq: 0 },
    { name: "Music", topic: "Bach", seq: 2 },
  ]);
  await test.append({ kind: "topic", room: "Chess", topic: "" });
  await test.reopen();
  assertEquals(test.snapshot.rooms.map(({ name }) => name), ["Music"]);
});

Deno.test("log that is closed right after an append has it, on the next opening", async () => {
  await using test = await TestLog.open("file");
  const appending = test.append(...upTo(1000).map((n) => says(`${n}`)));
  await test.reopen();
  assertEquals((await appending).map(gist), upTo(1000));
  assertEquals((await test.append(says("next"))).map(gist), [1001]);
});
