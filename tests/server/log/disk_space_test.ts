import { assert, assertEquals, assertLess, assertStringIncludes } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { Pruner } from "../../../server/log/sqlite/tables/prune.ts";
import { SqliteLog } from "../../../server/log/sqlite/sqlite_log.ts";
import { Directory } from "../../fixtures/files.ts";
import { KEEP_ALL, openLog, says, upTo } from "../../fixtures/log.ts";
import { OtherProgram } from "../../fixtures/other_program.ts";

const TEXT = "x".repeat(2000);

/** Prunes to the last ten messages, in the file of a log that is closed; its sizes before and after. */
function prune(path: string): [before: number, after: number] {
  const before = Deno.statSync(path).size;
  using database = new DatabaseSync(path);
  const pruner = new Pruner(database, { ...KEEP_ALL, retainMessages: 10 });
  while (pruner.step(Date.now()));
  database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  return [before, Deno.statSync(path).size];
}

/** A closed log of 5,000 messages in the file at `path`. */
async function fill(path: string): Promise<void> {
  const { log } = await openLog(path);
  await log.append(upTo(5000).map((n) => says(`word ${n} ${TEXT}`)));
  await log[Symbol.asyncDispose]();
}

/** Fails unless the log at `path` has the last ten of 5,000 messages. */
async function assertPruned(path: string): Promise<void> {
  const { log } = await openLog(path);
  const { items } = await log.read({ room: "General", limit: 500 });
  await log[Symbol.asyncDispose]();
  assertEquals(items.map(({ seq }) => seq), upTo(5000).slice(-10));
}

Deno.test("a file from which most messages were dropped becomes smaller, and keeps the rest", async () => {
  using directory = new Directory();
  const path = directory.file();
  await fill(path);
  const [before, after] = prune(path);
  assertLess(after, before / 2);
  await assertPruned(path);
});

Deno.test("a file of a server that gave nothing back is pruned, and stays as large as it is", async () => {
  using directory = new Directory();
  const path = directory.file();
  await fill(path);
  {
    using database = new DatabaseSync(path);
    database.exec("PRAGMA journal_mode = DELETE; PRAGMA auto_vacuum = NONE; VACUUM");
  }
  const [before, after] = prune(path);
  assertEquals(after, before);
  await assertPruned(path);
});

Deno.test("a WAL that another program keeps from being emptied is told once, with the cause", async () => {
  using directory = new Directory();
  const path = directory.file();
  const told = Promise.withResolvers<void>();
  const reports: string[] = [];
  const { log } = await SqliteLog.open(
    { path, sync: "normal", retention: KEEP_ALL },
    (task, reason) => {
      reports.push(`${task}: ${reason}`);
      told.resolve();
    },
  );
  await log.append([says("first")]);
  await using reader = await OtherProgram.open(path);
  assertEquals(await reader.run("BEGIN; SELECT count(*) FROM message"), "done");
  for (const _ of upTo(45)) await log.append(upTo(1000).map(() => says(TEXT)));
  assert(Deno.statSync(`${path}-wal`).size > 64 * 2 ** 20);
  await told.promise;
  await log.append([says("last")]);
  await reader.run("COMMIT");
  await log[Symbol.asyncDispose]();
  assertEquals(reports.length, 1);
  assertStringIncludes(reports[0] ?? "", `checkpoints: ${path}-wal grows`);
  assertStringIncludes(reports[0] ?? "", "another program");
});
