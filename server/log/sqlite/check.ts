/**
 * Whether the log's file is whole: a copy of it may lack pages or rows, and SQLite
 * notices that when it happens to read them.
 */

import { DatabaseSync } from "node:sqlite";
import { LogFailure } from "../message_log.ts";
import { checkSchema, isUpToDate, SEQ_SPAN } from "./schema.ts";

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
    if (!isUpToDate(database)) return;
    checkRows(database);
    if (isSetBack(database, heads)) throw new LogFailure("the last messages are missing");
  } finally {
    database.close();
  }
}

/** The heads of all rooms. */
export function headsOf(database: DatabaseSync): Map<number, number> {
  const rows = database.prepare("SELECT id, seq FROM room").all() as { id: number; seq: number }[];
  return new Map(rows.map(({ id, seq }) => [id, seq]));
}

/** Whether a database lacks messages that it had. */
export function isSetBack(database: DatabaseSync, heads: Heads): boolean {
  const seqs = headsOf(database);
  return [...heads].some(([id, seq]) => (seqs.get(id) ?? 0) < seq);
}

function checkPages(database: DatabaseSync): void {
  const found = database.prepare("PRAGMA quick_check(1)").get()?.["quick_check"];
  if (found !== "ok") throw new LogFailure(`it is damaged (${found})`);
}

/** Only the oldest messages of a room are ever deleted, so that the others have no gap. */
function checkRows(database: DatabaseSync): void {
  const broken = database.prepare(
    `SELECT name FROM room WHERE seq > 0 AND EXISTS (
      SELECT 1 FROM (SELECT count(*) AS count, min(id) AS first, max(id) AS last FROM message
        WHERE id > room.id * ${SEQ_SPAN} AND id < (room.id + 1) * ${SEQ_SPAN})
      WHERE count > 0 AND (count <> last - first + 1 OR last <> room.id * ${SEQ_SPAN} + room.seq))
      LIMIT 1`,
  ).get();
  if (broken === undefined) return;
  throw new LogFailure(`it is damaged (messages of the room ${broken["name"]} are missing)`);
}

function sizeOf(path: string): number {
  try {
    return Deno.statSync(path).size;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return 0;
  }
}
