import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import type { ServerLog } from "../../../server/log/message_log.ts";
import { SqliteLog } from "../../../server/log/sqlite/sqlite_log.ts";
import { Directory } from "../../fixtures/files.ts";
import { KEEP_ALL, marks, says, upTo } from "../../fixtures/log.ts";
import { OtherProgram } from "../../fixtures/other_program.ts";

/** A log whose files other programs touch, and the messages that it acknowledged. */
class TouchedLog implements AsyncDisposable {
  readonly directory = new Directory();
  readonly path = this.directory.file();
  readonly acknowledged: string[] = [];
  /** The reasons of refusals. */
  readonly refusals: string[] = [];
  log!: ServerLog;
  #said = 0;
  #isOpen = false;

  async open(path = this.path): Promise<this> {
    this.log = (await SqliteLog.open({ path, sync: "full", retention: KEEP_ALL })).log;
    this.#isOpen = true;
    return this;
  }

  /** Appends `count` messages, several at a time. */
  async say(count: number): Promise<void> {
    for (let rest = count; rest > 0; rest -= 10) {
      const texts = upTo(Math.min(10, rest)).map(() => `${++this.#said} ${"x".repeat(500)}`);
      const outcomes = await this.log.append(texts.map((text) => says(text)));
      outcomes.forEach((outcome, at) => {
        if (outcome.kind === "message") this.acknowledged.push(texts[at]!);
        if (outcome.kind === "failed") this.refusals.push(outcome.reason);
      });
    }
  }

  async texts(): Promise<string[]> {
    const texts: string[] = [];
    for (let more = true; more;) {
      const page = await this.log.read({ room: "General", after: texts.length, limit: 500 });
      page.items.forEach(({ seq }, at) => assertEquals(seq, texts.length + at + 1));
      texts.push(...page.items.map(({ text }) => text));
      more = page.more;
    }
    return texts;
  }

  /** Waits until a copy of the database alone would be whole. */
  async quiet(): Promise<void> {
    while (Deno.statSync(`${this.path}-wal`).size > 0) await this.log.session("nobody");
  }

  async close(): Promise<string | undefined> {
    this.#isOpen = false;
    return await this.log.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isOpen) await this.log.close();
    this.directory[Symbol.dispose]();
  }
}

interface Touch {
  log: TouchedLog;
  /** The file that is touched. */
  path: string;
  /** An older copy of it. */
  older: string;
}

/** A change to a file; the function that it gives is called once more has been said. */
type Way = (touch: Touch) => void | (() => void) | Promise<void | (() => Promise<void>)>;

function replaceBy(path: string, other: string, more = 0): void {
  Deno.copyFileSync(other, `${path}.new`);
  const { size } = Deno.statSync(`${path}.new`);
  Deno.truncateSync(`${path}.new`, size + more);
  Deno.renameSync(`${path}.new`, path);
}

/** Copies in another process: this one would release SQLite's locks by closing the file. */
function copyOnto(path: string, other: string): void {
  const { success } = new Deno.Command("cp", { args: [other, path] }).outputSync();
  assert(success);
}

const LOCKS: Record<string, string> = {
  "chat.db": "BEGIN EXCLUSIVE",
  "chat.db-wal": "BEGIN; SELECT count(*) FROM message",
  "chat.db-shm": "BEGIN IMMEDIATE",
};

const CHORES: Record<string, string> = {
  "chat.db": "VACUUM",
  "chat.db-wal": "PRAGMA wal_checkpoint(TRUNCATE)",
  "chat.db-shm": "REINDEX; ANALYZE",
};

const WAYS: Record<string, Way> = {
  "removed": ({ path }) => Deno.removeSync(path),
  "moved": ({ path }) => Deno.renameSync(path, `${path}.away`),
  "moved and put back": ({ path }) => {
    Deno.renameSync(path, `${path}.away`);
    return () => Deno.renameSync(`${path}.away`, path);
  },
  "replaced by an older one": ({ path, older }) => replaceBy(path, older),
  "replaced by a larger one": ({ path, older }) => replaceBy(path, older, 4096 * 1000),
  "overwritten by an older one": ({ path, older }) => copyOnto(path, older),
  "overwritten by a larger one": ({ path, older }) => {
    copyOnto(path, older);
    Deno.truncateSync(path, Deno.statSync(path).size + 4096 * 1000);
  },
  "cut to nothing": ({ path }) => Deno.truncateSync(path),
  "copied, and the copy put back": ({ path }) => {
    copyOnto(`${path}.copy`, path);
    return () => copyOnto(path, `${path}.copy`);
  },
  "replaced by a directory": ({ path }) => {
    Deno.removeSync(path);
    Deno.mkdirSync(path);
  },
  "locked for a while": async ({ log, path }) => {
    const other = await OtherProgram.open(log.path);
    await other.run(LOCKS[path.slice(path.lastIndexOf("/") + 1)]!);
    return () => other.close();
  },
  "put in order": async ({ log, path }) => {
    await using other = await OtherProgram.open(log.path);
    await other.run(CHORES[path.slice(path.lastIndexOf("/") + 1)]!);
  },
};

/** When the file is touched. */
const TIMES: Record<string, (log: TouchedLog) => Promise<Promise<void> | void>> = {
  quiet: (log) => log.quiet(),
  // While the log writes, with messages that only the WAL holds.
  busy: async (log) => {
    await log.say(20);
    return log.say(200);
  },
  readers: async (log) => {
    await log.say(20);
    await log.texts();
    await log.log.search({ query: "x", rooms: ["General"], limit: 5 });
  },
};

/**
 * The promise. `kept`: nothing is refused, and nothing lost. `saved`: it says so, and all
 * that was acknowledged is in the file that it names. `reported`: it says so, if anything is lost.
 */
function demand(file: string, way: string): "kept" | "saved" | "reported" {
  if (way === "locked for a while" || way === "put in order") return "kept";
  if (file === "chat.db") {
    if (way === "moved and put back") return "reported";
    return /^(removed|moved|replaced)/.test(way) ? "saved" : "reported";
  }
  if (way === "replaced by a directory") return "reported";
  if (file === "chat.db-shm") return "kept";
  return /^(removed|moved|replaced)/.test(way) ? "kept" : "reported";
}

/** The file that close() names for the acknowledged messages. */
function savedIn(problem: string, path: string): string {
  return /is in (\S+-saved)/.exec(problem)?.[1] ?? `${path}.away`;
}

for (const file of ["chat.db", "chat.db-wal", "chat.db-shm"]) {
  for (const [way, touch] of Object.entries(WAYS)) {
    for (const [time, prepare] of Object.entries(TIMES)) {
      Deno.test({
        name: `log whose ${file} is ${way} loses nothing without a word (${time})`,
        ignore: Deno.build.os === "windows",
        fn: () => holds(file, way, touch, prepare),
      });
    }
  }
}

async function holds(
  file: string,
  way: string,
  touch: Way,
  prepare: (typeof TIMES)[string],
): Promise<void> {
  await using log = await new TouchedLog().open();
  const path = log.directory.file(file);
  await log.say(30);
  const older = log.directory.file("older");
  copyOnto(older, path);
  await log.say(30);
  const talk = await prepare(log);
  const after = await touch({ log, path, older });
  const more = log.say(20);
  if (way === "locked for a while") await after?.();
  await Promise.all([talk, more]);
  if (way !== "locked for a while") await after?.();
  await log.say(20);
  const { acknowledged } = log;
  const problem = await log.close();
  const wanted = demand(file, way);
  if (wanted === "kept") assertEquals([problem, log.refusals], [undefined, []]);
  if (problem !== undefined) {
    assertStringIncludes(problem, path);
    assertMatch(problem, /before the next start/i);
  }
  if (wanted === "saved") {
    assert(problem !== undefined);
    await log.open(savedIn(problem, path));
    return assertEquals(await log.texts(), acknowledged);
  }
  if (problem !== undefined) return;
  await log.open();
  assertEquals(await log.texts(), acknowledged);
}

/** Other events; each gives the path at which everything is to be found afterwards. */
interface Mishap {
  /** Whether messages may be refused, and the end reports it; else nothing is refused or lost. */
  isTold: boolean;
  happen: (log: TouchedLog) => Promise<string | void> | string | void;
}

/** Runs statements as another program. */
function sql(...lines: string[]): Mishap["happen"] {
  return async ({ path }) => {
    await using other = await OtherProgram.open(path);
    for (const line of lines) assertEquals(await other.run(line), "done", line);
  };
}

function damagePages(path: string): void {
  const args = ["if=/dev/urandom", `of=${path}`, "bs=4096", "seek=2", "count=4", "conv=notrunc"];
  assert(new Deno.Command("dd", { args, stderr: "null" }).outputSync().success);
}

function writeAgain(path: string): void {
  const args = [`if=${path}`, `of=${path}`, "bs=4096", "conv=notrunc"];
  assert(new Deno.Command("dd", { args, stderr: "null" }).outputSync().success);
}

const MISHAPS: Record<string, Mishap> = {
  "pages are overwritten": { isTold: true, happen: ({ path }) => damagePages(path) },
  "directory is renamed": {
    isTold: true,
    happen: ({ directory }) => {
      Deno.renameSync(directory.path, `${directory.path}-away`);
      return `${directory.path}-away/chat.db`;
    },
  },
  "file becomes another kind of database": {
    isTold: true,
    happen: ({ path, directory }) => {
      using other = new DatabaseSync(directory.file("other"));
      other.exec("CREATE TABLE moz_places (id INTEGER PRIMARY KEY)");
      other.close();
      Deno.renameSync(directory.file("other"), path);
      return `${path}-saved`;
    },
  },
  "messages are deleted": {
    isTold: true,
    happen: sql("DELETE FROM message WHERE id % 100 > 20; UPDATE room SET seq = 20"),
  },
  "table is dropped": { isTold: true, happen: sql("DROP TABLE message") },
  "index is dropped": { isTold: false, happen: sql("DROP INDEX message_ref") },
  "file is for reading alone": {
    isTold: false,
    happen: ({ path }) => Deno.chmodSync(path, 0o400),
  },
  "journal is to be another one": {
    isTold: false,
    happen: async ({ path }) => {
      await using other = await OtherProgram.open(path);
      assertMatch(await other.run("PRAGMA journal_mode = DELETE"), /locked/);
    },
  },
  "date is changed": { isTold: false, happen: ({ path }) => Deno.utimeSync(path, 1, 1) },
  "bytes are written again": {
    isTold: false,
    happen: ({ path }) => writeAgain(path),
  },
  "copy is put back": {
    isTold: false,
    happen: ({ path, directory }) => {
      copyOnto(directory.file("copy"), path);
      copyOnto(path, directory.file("copy"));
    },
  },
  "three files are touched after a VACUUM": {
    isTold: false,
    happen: async (log) => {
      await sql("VACUUM")(log);
      for (const file of ["", "-wal", "-shm"]) Deno.utimeSync(`${log.path}${file}`, 1, 1);
    },
  },
  "file has a second name": {
    isTold: false,
    happen: ({ path }) => Deno.linkSync(path, `${path}.link`),
  },
  "topic is set by another program": {
    isTold: false,
    happen: sql("INSERT INTO room (fold, name, topic) VALUES ('new', 'New', 'x')"),
  },
};

for (const [what, { isTold, happen }] of Object.entries(MISHAPS)) {
  Deno.test({
    name: `log whose ${what} loses nothing without a word`,
    ignore: Deno.build.os === "windows",
    async fn() {
      await using log = await new TouchedLog().open();
      await log.say(60);
      await log.quiet();
      const there = await happen(log);
      await log.say(40);
      const { acknowledged, refusals } = log;
      const problem = await log.close();
      assertEquals(problem !== undefined, isTold, problem);
      if (isTold) assert(refusals.length > 0);
      else assertEquals(refusals, []);
      if (isTold && there === undefined) return;
      await log.open(there ?? log.path);
      assertEquals(await log.texts(), acknowledged);
      if (there?.includes("-away")) await removeWhenClosed(log, there);
    },
  });
}

Deno.test({
  name:
    "log that is overwritten by a copy without its last read mark says so, and goes on once it is itself again",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using log = await new TouchedLog().open();
    const [older, last] = [log.directory.file("older"), log.directory.file("last")];
    await log.say(60);
    await log.quiet();
    copyOnto(older, log.path);
    await log.log.append([marks("Bob", 5)]);
    await log.quiet();
    copyOnto(last, log.path);
    copyOnto(log.path, older);
    await log.say(10);
    assertEquals(
      log.refusals,
      upTo(10).map(() => `${log.path} was overwritten by another program`),
    );
    copyOnto(log.path, last);
    await log.say(10);
    assertEquals(log.refusals.length, 10);
    assertEquals(await log.close(), undefined);
    await log.open();
    assertEquals(await log.texts(), log.acknowledged);
  },
});

async function removeWhenClosed(log: TouchedLog, path: string): Promise<void> {
  await log.close();
  Deno.renameSync(path.replace(/-away\/chat\.db$/, "-away"), log.directory.path);
}
