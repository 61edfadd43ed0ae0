/** `chat-server import [FILE]`: fills empty rooms with what an export, or another program's, says. */

import { DatabaseSync } from "node:sqlite";
import { messageOf } from "../../cli/system_errors.ts";
import { checkFile } from "../log/sqlite/check.ts";
import { checkNoOrphanedWal, checkNothingSaved } from "../log/sqlite/database.ts";
import { endedCleanly, markCleanEnd, unmarkCleanEnd } from "../log/sqlite/file/clean_end.ts";
import { DataFile, FileInUse } from "../log/sqlite/file/data_file.ts";
import { initialState } from "../log/log_clock.ts";
import { storeClock } from "../log/sqlite/tables/clock_row.ts";
import { ImportRefusal, ImportRows } from "../log/sqlite/tables/import_rows.ts";
import { checkSchema, migrate } from "../log/sqlite/tables/schema.ts";
import { exists } from "../process/files.ts";
import { command, CommandFailure, DATA, dataPath, HELP } from "./parts/command.ts";
import { EXPORT_VERSION } from "./export.ts";
import {
  BadLine,
  type ImportLine,
  type Input,
  linesOf,
  parseImportLine,
} from "../log/import_lines.ts";

/** `chat-server import [FILE]`. */
export const importLines = command({
  operands: ["[FILE]"],
  help: "Fill empty rooms with messages from JSON lines, of FILE or stdin",
  description: `
Read JSON lines as chat-server export writes them, and put their messages into the log, each
with its number, date and sender. A line is at least
{"type":"message","payload":{"room":"General","sender":"Alice","text":"Hello","at":1767225600000}}
where at is epoch milliseconds; without a seq, a message gets the next number of its room.
Only rooms without messages are filled. Either all lines are imported or, when one of them
cannot be, none. No server may use the log meanwhile; the next one indexes the messages for
searches in the background.`,
  options: { data: DATA, help: HELP },
  run: ([file], { data }) => Promise.resolve(importFile(file, dataPath(data))),
});

interface Counts {
  messages: number;
  rooms: number;
  directs: number;
}

function importFile(file: string | undefined, path: string): string {
  const isNew = !exists(path);
  using stack = new DisposableStack();
  const input = file === undefined ? Deno.stdin : stack.use(openInput(file));
  try {
    const counts = fillLog(path, input);
    return describe(counts, path);
  } catch (error) {
    if (isNew && exists(path)) removeLog(path);
    throw error;
  }
}

function openInput(file: string): Deno.FsFile {
  try {
    return Deno.openSync(file);
  } catch (error) {
    throw new CommandFailure(1, `Cannot read ${file}: ${messageOf(error)}`);
  }
}

/** A log that could not be filled, and was not there before. */
function removeLog(path: string): void {
  for (const suffix of ["", "-journal", "-wal", "-shm"]) {
    if (exists(path + suffix)) Deno.removeSync(path + suffix);
  }
}

function fillLog(path: string, input: Input): Counts {
  try {
    using file = new DataFile(path);
    checkNothingSaved(file.path);
    checkNoOrphanedWal(file.path);
    if (!endedCleanly(file.path)) checkFile(file.path);
    const database = new DatabaseSync(file.path);
    try {
      checkSchema(database);
      unmarkCleanEnd(file.path);
      prepare(database);
      const counts = fill(database, input);
      database.close();
      markCleanEnd(file.path);
      return counts;
    } finally {
      if (database.isOpen) database.close();
    }
  } catch (error) {
    if (error instanceof CommandFailure || !(error instanceof Error)) throw error;
    throw new CommandFailure(1, `Cannot use the log ${path}: ${reasonOf(error)}`);
  }
}

function reasonOf(error: Error): string {
  if (error instanceof FileInUse) return "a server uses it; stop that one first";
  return messageOf(error).replace("database or disk is full", "No space left on device") +
    "; nothing was imported";
}

/**
 * A rollback journal has only the pages that were there before: a WAL would hold all that is
 * new once more.
 */
function prepare(database: DatabaseSync): void {
  database.exec("PRAGMA auto_vacuum = INCREMENTAL");
  database.exec("PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL");
  // KiB: what does not fit is written early, with a wait for the disk.
  database.exec("PRAGMA cache_size = -65536");
  migrate(database);
}

function fill(database: DatabaseSync, input: Input): Counts {
  database.exec("BEGIN EXCLUSIVE");
  try {
    const counts = readAll(new ImportRows(database), input);
    // A new log has a clock from now on: ages are not reckoned from the latest of its messages.
    if (database.prepare("SELECT 1 FROM clock").get() === undefined) {
      storeClock(database, initialState(Date.now()));
    }
    database.exec("COMMIT");
    return counts;
  } finally {
    if (database.isTransaction) database.exec("ROLLBACK");
  }
}

/** Imports all lines. Throws a {@linkcode CommandFailure} that names the line. */
function readAll(rows: ImportRows, input: Input): Counts {
  const counts = { messages: 0, directs: 0, expected: undefined as number | undefined };
  let number = 1;
  try {
    for (const line of linesOf(input)) {
      const parsed = parseImportLine(line);
      if (parsed !== undefined) take(rows, parsed, counts);
      number++;
    }
  } catch (error) {
    if (!(error instanceof BadLine || error instanceof ImportRefusal)) throw error;
    const reason = error instanceof BadLine ? error.message : `cannot be used: ${error.message}`;
    throw new CommandFailure(1, `Line ${number} ${reason}; nothing was imported`);
  }
  const { messages, expected = messages, directs } = counts;
  if (messages !== expected) {
    throw new CommandFailure(
      1,
      `The lines were cut short: they have ${messages} of ${expected} messages; ` +
        "nothing was imported",
    );
  }
  rows.finish();
  return { messages, directs, rooms: rows.rooms };
}

function take(
  rows: ImportRows,
  line: ImportLine,
  counts: { messages: number; directs: number; expected: number | undefined },
): void {
  switch (line.type) {
    case "message":
      rows.message(line.payload);
      counts.messages++;
      break;
    case "topic":
      rows.topic(line.payload.room, line.payload.topic);
      break;
    case "direct":
      counts.directs++;
      break;
    case "export":
      // Several exports may stand behind each other.
      counts.expected = (counts.expected ?? 0) + expectedOf(line.payload);
  }
}

function expectedOf({ version, messages = 0 }: { version: number; messages?: number }): number {
  if (version <= EXPORT_VERSION) return messages;
  throw new BadLine(`is of the form ${version}, and this chat-server knows ${EXPORT_VERSION}`);
}

function describe({ messages, rooms, directs }: Counts, path: string): string {
  const left = directs === 0
    ? ""
    : `; ${directs} direct messages were left out, since only a backup has their inboxes`;
  return `${messages} messages in ${rooms} rooms were imported into ${path}${left}`;
}
