import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { Home } from "../../fixtures/client.ts";
import { Directory } from "../../fixtures/files.ts";
import { opens, says, tells, TestLog, upTo, writeLog } from "../../fixtures/log.ts";
import { type Ended, serverCommand, TestProcess } from "../../fixtures/process.ts";
import type { Draft } from "../../../server/log/message_log.ts";
import { openToRead } from "../../../server/log/sqlite/file/read_only.ts";
import { verifyLog } from "../../../server/log/sqlite/verify.ts";

/** Runs `chat-server verify` with the permissions that it is compiled with. */
async function verify(...args: string[]): Promise<Ended> {
  await using process = new TestProcess(serverCommand("verify", ...args));
  return await process.finish();
}

/** Two rooms, a session that has used refs, and an inbox. */
const DRAFTS: Draft[] = [
  opens("bob", "Bob"),
  opens("alice", "Alice"),
  ...upTo(4).map((ref) => says(`word ${ref}`, { session: "alice", ref })),
  tells("hi", { session: "alice", ref: 5 }),
  says("elsewhere", { room: "Tea" }),
];

/** The problems of a log, which is closed, after `damage` was done to it. */
function problemsAfter(path: string, damage: string): string[] {
  {
    using database = new DatabaseSync(path);
    database.exec(damage);
  }
  using database = openToRead(path);
  return verifyLog(database).problems;
}

const GENERAL = "(SELECT id FROM room WHERE name = 'General')";
const SEQ = 2 ** 32;

const DAMAGE: [what: string, sql: string, says: string[]][] = [
  ["nothing", "SELECT 1", []],
  [
    "the oldest messages, as retention deletes them",
    `DELETE FROM message_index WHERE rowid <= ${GENERAL} * ${SEQ} + 2;
     DELETE FROM message WHERE id <= ${GENERAL} * ${SEQ} + 2`,
    [],
  ],
  [
    "a message between others",
    `DELETE FROM message_index WHERE rowid = ${GENERAL} * ${SEQ} + 2;
     DELETE FROM message WHERE id = ${GENERAL} * ${SEQ} + 2`,
    ["room General: 1 of the messages from 1 to 4 are missing"],
  ],
  [
    "the last message",
    `DELETE FROM message_index WHERE rowid = ${GENERAL} * ${SEQ} + 4;
     DELETE FROM message WHERE id = ${GENERAL} * ${SEQ} + 4`,
    ["room General: its last messages, 4 to 4, are missing"],
  ],
  [
    "a room's count",
    "UPDATE room SET seq = 3, indexed = 3 WHERE name = 'General'",
    ["room General: its last message is 4, above its count, 3"],
  ],
  [
    "a room",
    "DELETE FROM room WHERE name = 'Tea'",
    ["message 1 belongs to no room"],
  ],
  [
    "a read mark's room",
    "INSERT INTO read_mark (fold, room, seq) VALUES ('alice', 77, 1)",
    ["a read mark of alice belongs to no room"],
  ],
  [
    "the session of an inbox",
    "DELETE FROM session WHERE name = 'Bob'",
    ["a direct message to Bob is in an inbox that is not there"],
  ],
  [
    "a session's highest ref",
    "UPDATE session SET ref = 4 WHERE name = 'Alice'",
    ["the session 2 of Alice has used ref 5, above its highest, 4"],
  ],
  [
    "a ref of two messages",
    "UPDATE direct SET ref = 3",
    ["ref 3 of the session 2 is used twice"],
  ],
  [
    "the end of an inbox",
    "UPDATE session SET inbox_seq = 0",
    ["the inbox of Bob ends at 0, below its last message"],
  ],
  [
    "a row of the index",
    `DELETE FROM message_index WHERE rowid = ${GENERAL} * ${SEQ} + 1`,
    ["room General: the search index holds 3 of 4 messages"],
  ],
];

Deno.test("verify finds what is missing or does not fit, and nothing else", async () => {
  for (const [what, sql, expected] of DAMAGE) {
    using directory = new Directory();
    const path = directory.file();
    await writeLog(path, ...DRAFTS);
    assertEquals(problemsAfter(path, sql), expected, what);
  }
});

Deno.test("verify tells the first problems of a kind, and that there are more", async () => {
  using directory = new Directory();
  const rooms = upTo(9).map((number) => `Room ${number}`);
  const drafts = rooms.flatMap((room) => [says("a", { room }), says("b", { room })]);
  await writeLog(directory.file(), ...drafts);
  const problems = problemsAfter(directory.file(), "UPDATE room SET seq = 1, indexed = 1");
  assertEquals(problems.filter((each) => each.includes("above its count")).length, 5);
  assert(problems.includes("and more of this kind"));
});

Deno.test("a log that is in use can be verified", async () => {
  await using test = await TestLog.open("file");
  await test.append(...DRAFTS);
  const { code, stdout, stderr } = await verify("--data", test.path);
  assertEquals([code, stderr], [0, []]);
  assertStringIncludes(
    stdout.join(),
    "is whole: 5 messages, 2 rooms, 1 direct message, 2 sessions",
  );
});

Deno.test("verify leaves a log as it is, and no files beside it", async () => {
  using home = new Home();
  {
    await using server = await home.serve();
    using alice = await server.join("Alice");
    await alice.send("message", { text: "Hello" });
    await alice.receive("message");
    await server.crash();
  }
  const files = () =>
    [...Deno.readDirSync(home.path)].filter(({ isFile }) => isFile)
      .map(({ name }) => [name, name.endsWith("-shm") ? 0 : Deno.readFileSync(home.file(name))])
      .sort();
  const before = files();
  const { code, stdout } = await verify(home.file("chat.db"));
  assertEquals(code, 0);
  assertStringIncludes(stdout.join(), "1 message, 1 room");
  assertEquals(files(), before);
});

const NO_LOGS: [what: string, write: (path: string) => void, says: string][] = [
  ["nothing", () => {}, "there is no such file"],
  ["an empty file", (path) => Deno.writeTextFileSync(path, ""), "it is empty"],
  [
    "a text",
    (path) => Deno.writeTextFileSync(path, "Dear diary,\n".repeat(500)),
    "file is not a database",
  ],
  ["another program's database", (path) => {
    using database = new DatabaseSync(path);
    database.exec("CREATE TABLE recipe (name)");
  }, "it is a database, but not a chat log"],
  ["a newer chat-server's", (path) => {
    using database = new DatabaseSync(path);
    database.exec(
      "CREATE TABLE a (b); PRAGMA application_id = 1667785076; PRAGMA user_version = 99",
    );
  }, "it was written by a newer chat-server"],
  ["a directory", (path) => Deno.mkdirSync(path), "unable to open database file"],
];

Deno.test("verify refuses what is no log, and leaves it as it was", async () => {
  for (const [what, write, says] of NO_LOGS) {
    using directory = new Directory();
    write(directory.file());
    const before = [...Deno.readDirSync(directory.path)].length;
    const { code, stdout, stderr } = await verify(directory.file());
    assertEquals([code, stdout, stderr.length], [1, [], 1], what);
    assertStringIncludes(
      stderr.join(),
      `chat-server: Cannot read the log ${directory.file()}: ${says}`,
    );
    assertEquals([...Deno.readDirSync(directory.path)].length, before, what);
  }
});

Deno.test("verify tells a file of flipped bits by its pages", async () => {
  using directory = new Directory();
  const path = directory.file();
  await writeLog(path, ...upTo(2000).map(() => says("text ".repeat(50))));
  {
    using file = Deno.openSync(path, { read: true, write: true });
    const size = file.statSync().size;
    file.seekSync(Math.floor(size / 8192) * 4096, Deno.SeekMode.Start);
    file.writeSync(new Uint8Array(4096).fill(0xa5));
  }
  const { code, stdout, stderr } = await verify(path);
  assertEquals([code, stdout], [1, []]);
  assertStringIncludes(stderr[0] ?? "", `chat-server: `);
});
