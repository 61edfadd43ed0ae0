/**
 * Whether the log's file is whole: a copy of it may lack pages or rows, and SQLite
 * notices that when it happens to read them.
 */

import { DatabaseSync } from "node:sqlite";
import { LogFailure } from "../message_log.ts";
import { checkSchema, isUpToDate, SEQ_SPAN } from "./tables/schema.ts";

/**
 * Bytes of a database up to which all of it is checked: 3 seconds for each gigabyte that
 * the system has in memory. A larger one must not hold the start up for minutes; damage
 * there is met when it is read.
 */
const CHECKED = 4 * 2 ** 30;

/** The number of the last message of rooms, by their ids: what the file is to have at least. */
export type Heads = ReadonlyMap<number, number>;

/**
 * Fails, with a {@linkcode LogFailure} that says what is wrong, when the file at `path` is
 * not whole; leaves it as it is. Counts the WAL beside it for a part of it.
 */
export function checkFile(path: string, heads: Heads = new Map()): void {
  // The last one to close a file puts its WAL into it, unless it may only read.
  const readOnly = sizeOf(`${path}-wal`) > 0;
  const database = new DatabaseSync(path, { readOnly });
  try {
    checkSchema(database);
    if (Deno.statSync(path).size <= CHECKED) checkPages(database);
    checkHeads(database, heads);
    if (isUpToDate(database)) checkRows(database);
  } finally {
    database.close();
  }
}

/** The heads of all rooms. */
export function headsOf(database: DatabaseSync): Map<number, number> {
  const rows = database.prepare("SELECT id, seq FROM room").all() as { id: number; seq: number }[];
  return new Map(rows.map(({ id, seq }) => [id, seq]));
}

/** Fails for a database that lacks the messages of `heads`, be it because it is empty. */
export function checkHeads(database: DatabaseSync, heads: Heads): void {
  if (heads.size > 0 && isSetBack(database, heads)) {
    throw new LogFailure("the last messages are missing");
  }
}

const TABLES = [
  ...["room", "message", "direct", "session", "claim", "read_mark", "message_index"],
  ...["room_role", "room_guest", "room_ban", "room_code"],
];

/** Whether a database lacks messages that it had, or a table. */
export function isSetBack(database: DatabaseSync, heads: Heads): boolean {
  const known = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
  const names = new Set(known.map(({ name }) => name));
  if (TABLES.some((table) => !names.has(table))) return true;
  const seqs = headsOf(database);
  return [...heads].some(([id, seq]) => (seqs.get(id) ?? 0) < seq);
}

function checkPages(database: DatabaseSync): void {
  const found = database.prepare("PRAGMA quick_check(1)").get()?.["quick_check"];
  // SQLite names the database in a line before what it found.
  const problem = String(found).split("\n").at(-1);
  if (problem !== "ok") throw new LogFailure(`it is damaged (${problem})`);
}

/**
 * A copy of which a part is older than the rest may lack the last messages of a room, whose
 * numbers would be given again. Gaps are no damage: an operator may have deleted a message.
 */
function checkRows(database: DatabaseSync): void {
  const broken = database.prepare(
    `SELECT id, name, last FROM (SELECT id, name, seq,
      (SELECT max(message.id) FROM message WHERE message.id > room.id * ${SEQ_SPAN}
        AND message.id < (room.id + 1) * ${SEQ_SPAN}) - room.id * ${SEQ_SPAN} AS last FROM room)
      WHERE last <> seq LIMIT 1`,
  ).get();
  if (broken === undefined) return;
  const { id, name, last } = broken;
  throw new LogFailure(
    `it is damaged (the last messages of the room ${name} are missing; ` +
      `"UPDATE room SET seq = ${last} WHERE id = ${id}" does without them)`,
  );
}

function sizeOf(path: string): number {
  try {
    return Deno.statSync(path).size;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return 0;
  }
}
