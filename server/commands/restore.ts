/** `chat-server restore FILE`: puts a backup in the place of the log. */

import { DatabaseSync } from "node:sqlite";
import { toggle } from "../../cli/options.ts";
import { messageOf } from "../../cli/system_errors.ts";
import { checkNothingSaved, freePath } from "../log/sqlite/database.ts";
import { markCleanEnd, unmarkCleanEnd } from "../log/sqlite/file/clean_end.ts";
import { DataFile, FileInUse } from "../log/sqlite/file/data_file.ts";
import { statusOf } from "../log/sqlite/file/file_status.ts";
import { walSize } from "../log/sqlite/file/read_only.ts";
import { APPLICATION_ID } from "../log/sqlite/tables/schema.ts";
import { beginTimeline } from "../log/sqlite/tables/timelines.ts";
import { exists } from "../process/files.ts";
import { checkTls, copyPages, copyTls } from "./backup.ts";
import { command, CommandFailure, DATA, dataPath, HELP } from "./parts/command.ts";
import { describeCounts, readFrom, verifyFile } from "./verify.ts";
import { writeWhole } from "./parts/whole_file.ts";

/** `chat-server restore FILE`. */
export const restore = command({
  operands: ["FILE"],
  missing: "Say which backup",
  help: "Put a backup in the place of the log",
  description: `
Verify FILE, a backup, and put a copy of it in the place of the log. Stop the server first. What is
there now is kept beside it, as FILE-replaced. Clients that were connected before come back by
themselves: what they had not sent yet is sent, they are told which of the messages that they saw
are no longer in the log, and miss none of the new ones.`,
  options: {
    data: DATA,
    "with-tls": toggle("Restore the server's certificate too, from FILE-tls"),
    help: HELP,
  },
  run: async ([file = ""], { data, "with-tls": withTls }) => {
    const path = dataPath(data);
    const { counts } = await verifyFile(file);
    if (withTls) checkTls(file, path);
    const replaced = await replaceLog(file, path);
    if (withTls) copyTls(`${file}-tls`, `${path}-tls`);
    const rest = replaced === undefined ? "" : `; what was there is in ${replaced}`;
    return `${path} is restored: ${describeCounts(counts)}${rest}`;
  },
});

/** Puts a copy of `file` in the place of the log at `given`; gives the path of what was there. */
async function replaceLog(file: string, given: string): Promise<string | undefined> {
  const isNew = !exists(given);
  using lock = openFile(given);
  const { path } = lock;
  try {
    if (Deno.realPathSync(file) === path) throw new CommandFailure(1, `${file} is the log itself`);
    checkOwner(path);
    checkNothingSaved(path);
    let replaced: string | undefined;
    await writeWhole(path, async (partial) => {
      await readFrom(file, (database) => copyPages(database, partial, path));
      changeTimeline(partial);
    }, () => replaced = setAside(path));
    markCleanEnd(path);
    return replaced;
  } catch (error) {
    if (isNew && statusOf(path)?.size === 0) Deno.removeSync(path);
    if (error instanceof CommandFailure || !(error instanceof Error)) throw error;
    throw new CommandFailure(1, `Cannot replace the log ${path}: ${messageOf(error)}`);
  }
}

function openFile(path: string): DataFile {
  try {
    return new DataFile(path);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const reason = error instanceof FileInUse
      ? "a server uses it; stop that one first"
      : messageOf(error);
    throw new CommandFailure(1, `Cannot replace the log ${path}: ${reason}`);
  }
}

/** Bytes of a SQLite file up to its application's mark. */
const MARK_AT = 68;

/** Refuses to replace what is no log; a damaged log still has its first bytes. */
function checkOwner(path: string): void {
  using file = Deno.openSync(path);
  const head = new Uint8Array(MARK_AT + 4);
  const length = file.readSync(head) ?? 0;
  if (length === 0) return;
  const isOurs = new DataView(head.buffer).getUint32(MARK_AT) === APPLICATION_ID;
  if (isOurs) return;
  // The mark of a log that was made and never closed is in its WAL alone.
  if (new TextDecoder().decode(head.subarray(0, 15)) === "SQLite format 3" && isLog(path)) return;
  throw new CommandFailure(1, `${path} is no chat log: move it away, and restore again`);
}

function isLog(path: string): boolean {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    return database.prepare("PRAGMA application_id").get()?.["application_id"] === APPLICATION_ID;
  } finally {
    database.close();
  }
}

/** The restored log gives numbers again that it gave before: clients are to know. */
function changeTimeline(path: string): void {
  const database = new DatabaseSync(path);
  try {
    beginTimeline(database);
  } finally {
    database.close();
  }
}

/**
 * Gives the log at `path` another name, with its WAL: beside another log, SQLite would take that
 * for the other's. The log is moved last, and by a link where there are links, so that there is
 * one at `path` all the time.
 */
function setAside(path: string): string | undefined {
  unmarkCleanEnd(path);
  const hasWal = walSize(path) > 0;
  const isEmpty = Deno.statSync(path).size === 0;
  if (isEmpty && !hasWal) return undefined;
  const aside = freePath(`${path}-replaced`);
  if (hasWal) Deno.renameSync(`${path}-wal`, `${aside}-wal`);
  for (const suffix of ["-wal", "-shm"]) {
    if (exists(path + suffix)) Deno.removeSync(path + suffix);
  }
  if (isEmpty) return `${aside}-wal`;
  try {
    Deno.linkSync(path, aside);
  } catch {
    // Not every file system has links.
    Deno.renameSync(path, aside);
  }
  return aside;
}
