/**
 * The log's time as its file stores it.
 */

import type { DatabaseSync } from "node:sqlite";
import { type ClockState, initialState } from "../../log_clock.ts";
import { SEQ_SPAN } from "./schema.ts";

/** Milliseconds of the log's time after which it is to be stored again. */
export const CLOCK_INTERVAL = 3_600_000;

/**
 * The clock as the last server left it, after a crash, too: its messages have the time since
 * the clock was stored. A file of an older version has no clock, and messages of any date.
 */
export function readClock(database: DatabaseSync, wall: number): ClockState {
  const { latest, date } = latestOf(database);
  const stored = database.prepare('SELECT time, "offset" FROM clock').get();
  if (stored === undefined) return initialState(wall, latest);
  const { time, offset } = stored as unknown as ClockState;
  const known = time + Math.min(CLOCK_INTERVAL, Math.max(0, (latest ?? time) - time));
  // A stored offset is as old as the stored time: where dates lag by less, they go on from the last.
  return { time: known, offset: Math.max(offset, Math.min(0, (date ?? -Infinity) - known)) };
}

/** Stores the clock. */
export function storeClock(database: DatabaseSync, { time, offset }: ClockState): void {
  database.prepare('INSERT OR REPLACE INTO clock (id, time, "offset") VALUES (1, ?, ?)')
    .run(Math.floor(time), Math.floor(offset));
}

/** The latest time that anything in the log has, and the latest date of a message. */
function latestOf(database: DatabaseSync): { latest?: number; date?: number } {
  const { latest, date } = database.prepare(
    `SELECT max(time) AS latest, max(at) AS date FROM (
      SELECT coalesce(time, at) AS time, at FROM message
        WHERE id IN (SELECT id * ${SEQ_SPAN} + seq FROM room)
      UNION ALL SELECT away_since, NULL FROM session
      UNION ALL SELECT * FROM
        (SELECT coalesce(time, at) AS time, at FROM direct ORDER BY id DESC LIMIT 1))`,
  ).get() as Record<"latest" | "date", number | null>;
  return { ...latest === null ? {} : { latest }, ...date === null ? {} : { date } };
}
