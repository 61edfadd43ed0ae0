import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { LogFailure } from "../../../server/log/message_log.ts";
import { SCHEMA_VERSION, UnusableFile } from "../../../server/log/sqlite/tables/schema.ts";
import { Directory } from "../../fixtures/files.ts";
import { gist, openLog, says, tells } from "../../fixtures/log.ts";

const FIRST_SCHEMA = Deno.readTextFileSync(new URL("../../fixtures/schema_1.sql", import.meta.url));

/** Makes a database of the program's first release, with messages in it. */
function makeFirst(path: string): void {
  using database = new DatabaseSync(path);
  database.exec(`PRAGMA journal_mode = WAL; ${FIRST_SCHEMA}`);
}

function open(path: string) {
  return openLog(path);
}

/** The whole schema of a database. */
function shapeOf(path: string): unknown[] {
  using database = new DatabaseSync(path);
  const lines = ({ sql }: Record<string, unknown>) =>
    `${sql}`.replaceAll(/--.*/g, "").replaceAll(/\s+/g, " ");
  return [
    ...database.prepare("SELECT sql FROM sqlite_schema ORDER BY name").all().map(lines),
    { ...database.prepare("PRAGMA user_version").get() },
    { ...database.prepare("PRAGMA application_id").get() },
  ];
}

Deno.test("a file of the first schema is opened with all that is in it, and goes on", async () => {
  using directory = new Directory();
  makeFirst(directory.file());
  const { log, snapshot } = await open(directory.file());
  await using _log = log;
  assertEquals(snapshot.rooms, [
    { name: "General", topic: "Talk", seq: 4 },
    { name: "Chess", topic: "", seq: 1 },
  ]);
  assertEquals(snapshot.sessions.map(({ name, rooms }) => [name, rooms]), [
    ["Alice", ["General", "Chess"]],
  ]);
  const { items } = await log.read({ room: "general", limit: 9, session: "hash of alice" });
  assertEquals(items.map(({ seq, text, ref }) => [seq, text, ref]), [
    [2, "the second", 5],
    [3, "the third", undefined],
    [4, "the fourth", 6],
  ]);
  const outcomes = await log.append([
    says("the fourth", { session: "hash of alice", ref: 6 }),
    says("the fifth", { session: "hash of alice", ref: 8 }),
    tells("kept", { session: "hash of alice", ref: 7 }),
    // A file of that time does not record which messages were dropped.
    says("the first", { session: "hash of alice", ref: 4 }),
    tells("more"),
  ]);
  assertEquals(outcomes.map(gist), ["repeated 4", 5, "repeated 2", "expired ref", 3]);
  const inbox = await log.inbox("hash of bob", 1, 9);
  assertEquals(inbox.items.map(({ text }) => text), ["kept", "more"]);
  const found = await log.search({ query: "the", rooms: ["General", "Chess"], limit: 9 });
  assertEquals("items" in found && found.items.map(({ text }) => text), [
    "the fifth",
    "e4, the first",
    "the fourth",
    "the third",
    "the second",
  ]);
  assertEquals(await log.unread("Bob", ["General"]), [
    { room: "General", seq: 3, unread: 2, mentions: 0 },
  ]);
});

Deno.test("a file of the first schema becomes what a new file is", async () => {
  using directory = new Directory();
  makeFirst(directory.file("first.db"));
  for (const name of ["first.db", "new.db"]) {
    const { log } = await open(directory.file(name));
    await log[Symbol.asyncDispose]();
  }
  assertEquals(shapeOf(directory.file("first.db")), shapeOf(directory.file("new.db")));
});

/** Tries to open a file, which must fail with `reason` and leave every byte as it was. */
async function assertRefused(
  directory: Directory,
  kind: typeof UnusableFile | typeof LogFailure,
  reason: string,
): Promise<void> {
  const before = Deno.readFileSync(directory.file());
  const error = await assertRejects(() => open(directory.file()), kind);
  assertStringIncludes(error.message, reason);
  assertEquals(Deno.readFileSync(directory.file()), before);
  assertEquals([...Deno.readDirSync(directory.path)].map(({ name }) => name), ["chat.db"]);
}

Deno.test("a file of a newer schema is refused, and left as it was", async () => {
  for (const version of [SCHEMA_VERSION + 1, 2_000_000_000]) {
    using directory = new Directory();
    makeFirst(directory.file());
    using database = new DatabaseSync(directory.file());
    database.exec(`PRAGMA user_version = ${version}; ALTER TABLE message ADD COLUMN later TEXT`);
    database.close();
    await assertRefused(directory, UnusableFile, `newer chat-server (schema ${version}`);
  }
});

Deno.test("a database of another program is refused, and left as it was", async () => {
  const others = [
    "CREATE TABLE moz_places (id INTEGER PRIMARY KEY, url TEXT)",
    "PRAGMA user_version = 1",
    `CREATE TABLE message (id INTEGER); PRAGMA user_version = ${SCHEMA_VERSION}`,
    "PRAGMA journal_mode = WAL; CREATE TABLE room (id INTEGER)",
    "PRAGMA application_id = 123; CREATE TABLE room (id INTEGER)",
    "PRAGMA application_id = 123; PRAGMA user_version = 0; VACUUM",
  ];
  for (const sql of others) {
    using directory = new Directory();
    using database = new DatabaseSync(directory.file());
    database.exec(sql);
    database.close();
    await assertRefused(directory, UnusableFile, "not a chat log");
  }
});

Deno.test("a file that is no database is refused, and left as it was", async () => {
  const encoder = new TextEncoder();
  const contents = [
    encoder.encode("Dear diary,\n"),
    encoder.encode("x".repeat(100_000)),
    new Uint8Array(10_000),
    Uint8Array.from({ length: 5000 }, (_, index) => index * index % 251),
  ];
  for (const content of contents) {
    using directory = new Directory();
    Deno.writeFileSync(directory.file(), content);
    await assertRefused(directory, LogFailure, "it is no database, or damaged");
  }
});

Deno.test("a file that was cut short is refused, and left as it was", async () => {
  using whole = new Directory();
  makeFirst(whole.file());
  const bytes = Deno.readFileSync(whole.file());
  for (const length of [bytes.length - 4096, bytes.length - 1, 4096 * 2, 4096, 2000, 100, 60]) {
    using directory = new Directory();
    Deno.writeFileSync(directory.file(), bytes.subarray(0, length));
    await assertRefused(directory, LogFailure, "damaged");
  }
});

Deno.test("a file with a damaged page is never made anew", async () => {
  using whole = new Directory();
  makeFirst(whole.file());
  const bytes = Deno.readFileSync(whole.file());
  for (let page = 0; page * 4096 < bytes.length; page++) {
    using directory = new Directory();
    const damaged = bytes.slice();
    damaged.fill(0xa5, page * 4096 + (page === 0 ? 100 : 0), (page + 1) * 4096);
    Deno.writeFileSync(directory.file(), damaged);
    try {
      // SQLite reads some pages only when it needs them.
      const { log } = await open(directory.file());
      await log[Symbol.asyncDispose]();
    } catch (error) {
      assertEquals(error instanceof LogFailure, true, `page ${page}: ${error}`);
    }
    assertEquals(Deno.statSync(directory.file()).size >= bytes.length, true);
  }
});
