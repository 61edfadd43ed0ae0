/**
 * What the log may forget: the oldest messages where the operator said so, and
 * sessions that nobody came back for. What stays keeps its numbers.
 */

import type { DatabaseSync } from "node:sqlite";
import { SEQ_SPAN } from "./sqlite_schema.ts";

/** How long things are kept. */
export interface Retention {
  /** Days that a message is kept; 0 for ever. */
  retainDays: number;
  /** Messages that a room keeps; 0 for all. */
  retainMessages: number;
  /** Days that a session without a connection is kept. */
  sessionDays: number;
}

/** Rows deleted in one transaction: few enough that an append never waits long behind it. */
const STEP = 1000;

const A_DAY = 86_400_000;

/** Deletes one step of what is past its time; false when nothing was left. `now` is epoch milliseconds. */
export function prune(database: DatabaseSync, retention: Retention, now: number): boolean {
  database.exec("BEGIN IMMEDIATE");
  const pruned = pruneSessions(database, now - retention.sessionDays * A_DAY) +
    pruneMessages(database, retention, now) + pruneDirects(database, retention, now);
  database.exec("COMMIT");
  return pruned > 0;
}

/**
 * Deletes the rooms of which nothing is left but a number: their topics were cleared, and
 * nothing was ever said in them. To be done before anyone counts on a room's number.
 */
export function forgetEmptyRooms(database: DatabaseSync): void {
  const empty = "SELECT id FROM room WHERE seq = 0 AND topic = ''";
  database.exec(`BEGIN IMMEDIATE;
    DELETE FROM read_mark WHERE room IN (${empty});
    DELETE FROM room WHERE seq = 0 AND topic = '';
    COMMIT;`);
}

function pruneSessions(database: DatabaseSync, cutoff: number): number {
  const expired = `(SELECT id FROM session WHERE away_since < ? LIMIT ${STEP})`;
  database.prepare(`DELETE FROM direct WHERE inbox IN ${expired}`).run(cutoff);
  // What no inbox keeps was there for retries alone.
  database.prepare(
    `DELETE FROM direct WHERE session IN ${expired} AND ref IS NOT NULL AND inbox IS NULL`,
  ).run(cutoff);
  return Number(
    database.prepare(
      `DELETE FROM session WHERE id IN ${expired}`,
    ).run(cutoff).changes,
  );
}

function pruneMessages(
  database: DatabaseSync,
  { retainDays, retainMessages }: Retention,
  now: number,
): number {
  if (retainDays === 0 && retainMessages === 0) return 0;
  const oldestAt = retainDays === 0 ? 0 : now - retainDays * A_DAY;
  let left = STEP;
  for (const { id, seq } of database.prepare("SELECT id, seq FROM room").all()) {
    const base = (id as number) * SEQ_SPAN;
    const lowest = retainMessages === 0 ? 0 : (seq as number) - retainMessages;
    left -= pruneRoom(database, { base, lastDropped: base + lowest, oldestAt, limit: left });
    if (left <= 0) break;
  }
  return STEP - left;
}

/** Drops the oldest direct messages, whose ids rise with time. */
function pruneDirects(database: DatabaseSync, { retainDays }: Retention, now: number): number {
  if (retainDays === 0) return 0;
  const oldest = database.prepare(
    `SELECT id, at FROM direct WHERE id > 0 ORDER BY id LIMIT ${STEP}`,
  ).all();
  const kept = oldest.findIndex(({ at }) => (at as number) >= now - retainDays * A_DAY);
  const dropped = kept === -1 ? oldest : oldest.slice(0, kept);
  const last = (dropped.at(-1)?.["id"] ?? 0) as number;
  database.prepare("DELETE FROM direct WHERE id <= ?").run(last);
  return dropped.length;
}

/** Drops a room's oldest messages up to the first one that is to stay. */
function pruneRoom(
  database: DatabaseSync,
  { base, lastDropped, oldestAt, limit }: {
    base: number;
    lastDropped: number;
    oldestAt: number;
    limit: number;
  },
): number {
  const oldest = database.prepare(
    "SELECT id, at FROM message WHERE id > ? AND id < ? ORDER BY id LIMIT ?",
  ).iterate(base, base + SEQ_SPAN, limit);
  const dropped: number[] = [];
  for (const { id, at } of oldest as Iterable<{ id: number; at: number }>) {
    if (id > lastDropped && at >= oldestAt) break;
    dropped.push(id);
  }
  const fromIndex = database.prepare("DELETE FROM message_index WHERE rowid = ?");
  for (const id of dropped) fromIndex.run(id);
  database.prepare("DELETE FROM message WHERE id > ? AND id <= ?").run(
    base,
    dropped.at(-1) ?? base,
  );
  return dropped.length;
}
