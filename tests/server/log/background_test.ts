import { assertEquals, assertMatch } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { SqliteLog } from "../../../server/log/sqlite/sqlite_log.ts";
import { DAY } from "../../../server/process/time.ts";
import { Directory } from "../../fixtures/files.ts";
import { gist, KEEP_ALL, openLog, says } from "../../fixtures/log.ts";
import { ServerProcess } from "../../fixtures/process.ts";

/** The log in a directory, after `sql` was run on its file; it is for messages of a day. */
async function logAfter(directory: Directory, sql: string): Promise<string> {
  const path = directory.file();
  const { log } = await openLog(path);
  await log.append([says("old")]);
  await log[Symbol.asyncDispose]();
  using database = new DatabaseSync(path);
  database.exec(`UPDATE message SET at = at - ${40 * DAY}; ${sql}`);
  return path;
}

/** Triggers that make retention fail, and the index. */
const NO_DELETE = `CREATE TRIGGER no_delete BEFORE DELETE ON message
  BEGIN SELECT RAISE(ABORT, 'no message may go'); END`;
const NO_INDEX = `CREATE TRIGGER no_index BEFORE UPDATE OF indexed ON room
  BEGIN SELECT RAISE(ABORT, 'no message is indexed'); END`;

Deno.test("log reports once what fails in the background, and lives on", async () => {
  using directory = new Directory();
  const path = await logAfter(directory, `${NO_DELETE}; ${NO_INDEX}`);
  const reports = new Map<string, string[]>();
  const failed = Promise.withResolvers<void>();
  const retention = { ...KEEP_ALL, retainDays: 1 };
  const { log } = await SqliteLog.open({ path, sync: "normal", retention }, (task, reason) => {
    reports.set(task, [...reports.get(task) ?? [], reason]);
    if (reports.size === 2) failed.resolve();
  });
  assertEquals((await log.append([says("new")])).map(gist), [2]);
  await failed.promise;
  assertEquals((await log.append([says("newer")])).map(gist), [3]);
  await log[Symbol.asyncDispose]();
  assertEquals(Object.fromEntries(reports), {
    pruning: ["no message may go"],
    indexing: ["no message is indexed"],
  });
});

Deno.test("chat-server logs that retention fails", async () => {
  using directory = new Directory();
  const path = await logAfter(directory, NO_DELETE);
  await using server = await ServerProcess.serve(path, "--retain-days=1", "--log-format=json");
  assertMatch(
    await server.stderr.until("maintenance"),
    /"task":"pruning","reason":"no message may go"/,
  );
});
