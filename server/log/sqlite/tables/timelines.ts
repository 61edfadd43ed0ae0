/**
 * The table of timelines. It is no step of the schema: older releases, which do not know it,
 * open the file as before.
 */

import type { DatabaseSync } from "node:sqlite";
import type { Timeline } from "../../message_log.ts";

const TABLE = `CREATE TABLE IF NOT EXISTS timeline (
    id INTEGER PRIMARY KEY,
    token TEXT NOT NULL UNIQUE,
    -- Where rooms (by fold) and inboxes (by their sessions' token hashes) stood when it began.
    rooms TEXT NOT NULL,
    inboxes TEXT NOT NULL
  ) STRICT`;

/** Begins a timeline where there is none: in a new file, or in one of an older release. */
export function ensureTimeline(database: DatabaseSync): void {
  database.exec(TABLE);
  if (database.prepare("SELECT 1 FROM timeline").get() === undefined) beginTimeline(database);
}

/** Begins the next timeline, at the log as it is now. */
export function beginTimeline(database: DatabaseSync): void {
  database.exec(`${TABLE};
    INSERT INTO timeline (token, rooms, inboxes) VALUES (lower(hex(randomblob(8))),
      (SELECT json_group_array(json_array(fold, seq)) FROM room WHERE seq > 0),
      (SELECT json_group_array(json_array(token_hash, inbox_seq)) FROM session
        WHERE inbox_seq > 0))`);
}

/** The timelines, oldest first. */
export function timelinesOf(database: DatabaseSync): Timeline[] {
  const rows = database.prepare("SELECT token, rooms, inboxes FROM timeline ORDER BY id").all();
  return rows.map(({ token, rooms, inboxes }) => ({
    id: String(token),
    rooms: new Map(JSON.parse(String(rooms))),
    inboxes: new Map(JSON.parse(String(inboxes))),
  }));
}
