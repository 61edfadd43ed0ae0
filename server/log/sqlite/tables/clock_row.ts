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
  const latest = latestTime(database);
  const stored = database.prepare('SELECT time, "offset" FROM clock').get();
  if (stored === undefined) return initialState(wall, latest);
  const { time, offset } = stored as unknown as ClockState;
  const unstored = Math.min(CLOCK_INTERVAL, Math.max(0, (latest ?? time) - time));
  return { time: time + unstored, offset };
}

/** Stores the clock. */
export function storeClock(database: DatabaseSync, { time, offset }: ClockState): void {
  database.prepare('INSERT OR REPLACE INTO clock (id, time, "offset") VALUES (1, ?, ?)')
    .run(Math.floor(time), Math.floor(offset));
}

function latestTime(database: DatabaseSync): number | undefined {
  const latest = database.prepare(
    `SELECT max(time) AS time FROM (
      SELECT max(coalesce(time, at)) AS time FROM message WHERE id IN (SELECT id * ${SEQ_SPAN} + seq FROM room)
      UNION ALL SELECT max(away_since) FROM session
      UNION ALL SELECT time FROM
        (SELECT coalesce(time, at) AS time FROM direct ORDER BY id DESC LIMIT 1))`,
  ).get()?.["time"] as number | null;
  return latest ?? undefined;
}
