/**
 * Deletes what the log may forget: the oldest messages where the operator said so, and
 * sessions that nobody came back to. The rest keeps its numbers.
 */

import type { DatabaseSync } from "node:sqlite";
import { SEQ_SPAN } from "./schema.ts";
import { deleteSession } from "./session_table.ts";
import { Statements } from "./statements.ts";
import { DAY } from "../../../process/time.ts";

/** How long things are kept. */
export interface Retention {
  /** Days that a message is kept; 0 for ever. */
  retainDays: number;
  /** Messages that a room keeps; 0 for all. */
  retainMessages: number;
  /** Days that a session without a connection is kept. */
  sessionDays: number;
}

/** Rows deleted of each kind in one step: few enough that an append never waits long behind it. */
const STEP = 1000;

/** Pages given back in one step: 1 MiB. */
const SHRINK_STEP = 256;

/** Free pages that stay in any file: 4 MiB. */
const MIN_FREE = 1024;

/** The share of free pages above which a file gives some back. */
const FREE_SHARE = 0.25;

/** Rooms looked at in one step, for the same reason: most have nothing to delete. */
const ROOMS = 500;

const TIME = "coalesce(time, at) AS time";

const OLDEST = `SELECT id, ${TIME}, session, ref FROM message WHERE id > ? AND id < ? ORDER BY id`;

interface MessageRow {
  id: number;
  time: number;
  session: number | null;
  ref: number | null;
}

interface RoomRow {
  id: number;
  seq: number;
}

/** Deletes what is past its time from one open database, step by step. */
export class Pruner {
  readonly #database: DatabaseSync;
  readonly #sql: Statements;
  readonly #retention: Retention;
  /** The room up to which all were looked at. */
  #lastRoom = 0;

  constructor(database: DatabaseSync, retention: Retention) {
    this.#database = database;
    this.#sql = new Statements(database);
    this.#retention = retention;
  }

  /** Takes one step, in a transaction of its own; false when there is nothing left to do. `now` is the log's time. */
  step(now: number): boolean {
    this.#database.exec("BEGIN IMMEDIATE");
    const goesOn = [this.#sessions(now), this.#messages(now), this.#directs(now)].includes(true);
    this.#database.exec("COMMIT");
    return goesOn || this.#shrink();
  }

  /** Gives pages back to the file system; false when few enough are free, which new messages will fill. */
  #shrink(): boolean {
    const { pages, free } = this.#sql.get<{ pages: number; free: number }>(
      `SELECT page_count AS pages, freelist_count AS free FROM pragma_page_count,
       pragma_freelist_count, pragma_auto_vacuum WHERE auto_vacuum = 2`,
    ) ?? { pages: 0, free: 0 };
    if (free < MIN_FREE || free < pages * FREE_SHARE) return false;
    this.#database.exec(`PRAGMA incremental_vacuum(${SHRINK_STEP})`);
    return true;
  }

  #sessions(now: number): boolean {
    const cutoff = now - this.#retention.sessionDays * DAY;
    const expired = this.#sql.all<{ id: number }>(
      `SELECT id FROM session WHERE away_since < ? LIMIT ${STEP}`,
      cutoff,
    );
    for (const { id } of expired) deleteSession(this.#sql, id);
    return expired.length === STEP;
  }

  /** Drops the oldest messages of the next rooms. */
  #messages(now: number): boolean {
    const { retainDays, retainMessages } = this.#retention;
    if (retainDays === 0 && retainMessages === 0) return false;
    const rooms = this.#sql.all<RoomRow>(
      `SELECT id, seq FROM room WHERE id > ? ORDER BY id LIMIT ${ROOMS}`,
      this.#lastRoom,
    );
    let left = STEP;
    for (const room of rooms) {
      left -= this.#messagesOf(room, left, now);
      if (left === 0) return true;
      this.#lastRoom = room.id;
    }
    if (rooms.length === ROOMS) return true;
    this.#lastRoom = 0;
    return false;
  }

  /** Drops a room's oldest messages up to the first one that is to stay, but no more than `limit`. */
  #messagesOf({ id: room, seq }: RoomRow, limit: number, now: number): number {
    const { retainDays, retainMessages } = this.#retention;
    const base = room * SEQ_SPAN;
    const lastDropped = retainMessages === 0 ? base : base + seq - retainMessages;
    const oldest = retainDays === 0 ? 0 : now - retainDays * DAY;
    const ends = [base, base + SEQ_SPAN];
    const stays = ({ id, time }: MessageRow) => id > lastDropped && time >= oldest;
    // Most rooms end here, with one row read.
    const first = this.#sql.get<MessageRow>(`${OLDEST} LIMIT 1`, ...ends);
    if (first === undefined || stays(first)) return 0;
    const dropped: MessageRow[] = [];
    for (const row of this.#sql.iterate<MessageRow>(`${OLDEST} LIMIT ?`, ...ends, limit)) {
      if (stays(row)) break;
      dropped.push(row);
    }
    this.#noteDropped(dropped);
    for (const { id } of dropped) {
      this.#sql.run("DELETE FROM message_index WHERE rowid = ?", id);
      this.#sql.run("DELETE FROM message WHERE id = ?", id);
    }
    return dropped.length;
  }

  /** Drops the oldest direct messages, whose ids rise with time. */
  #directs(now: number): boolean {
    const { retainDays } = this.#retention;
    if (retainDays === 0) return false;
    const rows = this.#sql.all<MessageRow>(
      `SELECT id, ${TIME}, session, ref FROM direct WHERE id > 0 ORDER BY id LIMIT ${STEP}`,
    );
    const kept = rows.findIndex(({ time }) => time >= now - retainDays * DAY);
    const dropped = kept === -1 ? rows : rows.slice(0, kept);
    this.#noteDropped(dropped);
    this.#sql.run("DELETE FROM direct WHERE id <= ?", dropped.at(-1)?.id ?? 0);
    return dropped.length === STEP;
  }

  /** Their authors may ask for them again, and must not hear that they were never said. */
  #noteDropped(rows: readonly MessageRow[]): void {
    const highest = new Map<number, number>();
    for (const { session, ref } of rows) {
      if (session === null || ref === null) continue;
      highest.set(session, Math.max(ref, highest.get(session) ?? 0));
    }
    for (const [session, ref] of highest) {
      this.#sql.run(
        "UPDATE session SET dropped_ref = max(dropped_ref, ?) WHERE id = ?",
        ref,
        session,
      );
    }
  }
}

/**
 * Deletes the rooms of which nothing is left but a number: their topics were cleared, and
 * nothing was ever said in them. To be done before anyone counts on a room's number.
 */
export function forgetEmptyRooms(database: DatabaseSync): void {
  const empty = "SELECT id FROM room WHERE seq = 0 AND topic = ''";
  database.exec(`BEGIN IMMEDIATE;
    DELETE FROM read_mark WHERE room IN (${empty});
    DELETE FROM room_role WHERE room IN (${empty});
    DELETE FROM room_guest WHERE room IN (${empty});
    DELETE FROM room_ban WHERE room IN (${empty});
    DELETE FROM room_code WHERE room IN (${empty});
    DELETE FROM room WHERE seq = 0 AND topic = '';
    COMMIT;`);
}
