/** Rights as a log keeps them: in one order with messages, through restarts and pruning. */

import { assertEquals } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import type { Act } from "../../../protocol/mod.ts";
import type { RightsChange, RightsDraft, StoredBan } from "../../../server/log/rights.ts";
import { MemoryLog } from "../../../server/log/memory/memory_log.ts";
import { SqliteLog } from "../../../server/log/sqlite/sqlite_log.ts";
import { Directory } from "../../fixtures/files.ts";
import { gist, marks, onEachLog, openLog, opens, says } from "../../fixtures/log.ts";

const BAN: StoredBan = {
  ...{ kind: "ban", name: "Mallory", addresses: ["203.0.113.7"], by: "Alice", at: 1000 },
  ...{ until: 2000, reason: "spam" },
};

const CHANGES: RightsChange[] = [
  { kind: "settings", value: { access: "invite", slow: 5, topicBy: "moderators" } },
  { kind: "role", account: 7, value: "owner" },
  { kind: "guest", session: "hash of bob", value: "Bob" },
  { kind: "ban", name: "Mallory", value: BAN },
  {
    kind: "mute",
    name: "Loud",
    value: { kind: "mute", name: "Loud", addresses: [], by: "A", at: 1 },
  },
  { kind: "code", code: "k7mq", value: { uses: 3, until: 5000 } },
];

/** A change with the entry that tells of it, unless `text` is left out. */
function changes(
  changed: readonly RightsChange[],
  text?: string,
  act: Act = { event: "configured" },
) {
  const entry = text === undefined ? undefined : { sender: "Alice", text, act };
  return { kind: "rights", room: "General", changes: changed, entry } satisfies RightsDraft;
}

onEachLog(
  "an act is an entry in the order of the messages, with what programs need",
  async (test) => {
    const act = { event: "banned", name: "Mallory", reason: "spam" } as const;
    const outcomes = await test.append(
      says("one"),
      changes([CHANGES[3]!], "banned Mallory", act),
      changes([CHANGES[1]!]),
      says("two"),
    );
    assertEquals(outcomes.map(gist), [1, 2, "kept", 3]);
    const { items } = await test.log.read({ room: "General", limit: 9 });
    assertEquals(items.map(({ seq, text, kind, act }) => [seq, text, kind, act]), [
      [1, "one", undefined, undefined],
      [2, "banned Mallory", "act", act],
      [3, "two", undefined, undefined],
    ]);
    const found = await test.log.search({ query: "mallory", rooms: ["General"], limit: 9 });
    assertEquals("items" in found && found.items.map(({ act }) => act), [act]);
  },
);

onEachLog("an act is not unread", async (test) => {
  await test.append(marks("Bob", 0), says("one"), changes([], "did something about Bob"));
  assertEquals(await test.log.unread("Bob", ["General"]), [
    { room: "General", seq: 0, unread: 1, mentions: 0 },
  ]);
});

Deno.test("the rights of a room come back as they were kept", async () => {
  using directory = new Directory();
  {
    const { log } = await openLog(directory.file());
    await using _log = log;
    await log.append([opens("hash of bob", "Bob"), changes(CHANGES, "made it private")]);
  }
  {
    const { log, snapshot } = await openLog(directory.file());
    await using _log = log;
    assertEquals(snapshot.rooms[0]?.rights, CHANGES);
    const gone = CHANGES.slice(1).map((change) => ({ ...change, value: undefined }));
    const value = { access: "moderated", slow: 0, topicBy: "all" } as const;
    await log.append([changes([...gone as RightsChange[], { kind: "settings", value }])]);
  }
  const { log, snapshot } = await openLog(directory.file());
  await using _log = log;
  assertEquals(snapshot.rooms[0]?.rights, [
    { kind: "settings", value: { access: "moderated", slow: 0, topicBy: "all" } },
  ]);
});

Deno.test("roles and bans survive the pruning of every entry that told of them", async () => {
  using directory = new Directory();
  const retention = { retainDays: 0, retainMessages: 1, sessionDays: 30 };
  const opening = { path: directory.file(), sync: "normal", retention } as const;
  {
    const { log } = await SqliteLog.open(opening);
    await using _log = log;
    await log.append([opens("hash of bob", "Bob"), changes(CHANGES, "did it all")]);
    await log.append([says("one"), says("two")]);
  }
  const { log, snapshot } = await SqliteLog.open(opening);
  await using _log = log;
  for (let left = Infinity; left !== 1;) {
    left = (await log.read({ room: "General", limit: 9 })).items.length;
  }
  assertEquals(snapshot.rooms[0]?.rights, CHANGES);
});

Deno.test("a room of which nothing is left leaves no rights behind", async () => {
  using directory = new Directory();
  {
    const { log } = await openLog(directory.file());
    await using _log = log;
    await log.append([opens("hash of bob", "Bob"), changes(CHANGES)]);
  }
  const { log } = await openLog(directory.file());
  await log[Symbol.asyncDispose]();
  using database = new DatabaseSync(directory.file());
  for (const table of ["room_role", "room_guest", "room_ban", "room_code"]) {
    assertEquals(database.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.["n"], 0, table);
  }
});

Deno.test("a log in memory drops acts as it drops messages", async () => {
  const log = new MemoryLog({ retainFor: 0, retainMessages: 2, sessionsFor: 0 });
  await log.append([changes([], "a"), changes([], "b"), says("c")]);
  const { items } = await log.read({ room: "General", limit: 9 });
  assertEquals(items.map(({ text }) => text), ["b", "c"]);
});
