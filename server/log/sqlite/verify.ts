/**
 * Whether a log keeps what the server promises of it, read from one moment of its file: more
 * than SQLite's own check, which knows pages and indexes but not rooms.
 */

import type { DatabaseSync } from "node:sqlite";
import { checkSchema, isUpToDate, SEQ_SPAN } from "./tables/schema.ts";

/** Problems of one kind that are told one by one; of more, a log that is badly damaged has thousands. */
const SHOWN = 5;

/** The result of a verification. */
export interface Verified {
  /** One line each, without the file's path; empty for a log that is whole. */
  problems: string[];
  counts: Counts;
  /** Messages that the search index does not hold yet. */
  unindexed: number;
  /** Whether the file is of this program's schema; an older one is checked less. */
  isUpToDate: boolean;
}

/** The sizes of a log. */
export interface Counts {
  rooms: number;
  messages: number;
  directs: number;
  sessions: number;
  accounts: number;
}

/**
 * Verifies a log in one read transaction, so that a running server may write meanwhile. Reads
 * all of it: about a second for 200,000 messages. Throws what SQLite throws, and for a file
 * that is no chat log, or a newer one's.
 */
export function verifyLog(database: DatabaseSync): Verified {
  database.exec("BEGIN");
  try {
    checkSchema(database);
    const upToDate = isUpToDate(database);
    const pages = pageProblems(database);
    // Pages that are damaged make every other answer worthless.
    const checks = upToDate && pages.length === 0 ? CHECKS : [];
    return {
      problems: [...pages, ...checks.flatMap((check) => problemsOf(database, check))],
      counts: countsOf(database),
      unindexed: sumOf(
        database,
        "SELECT sum(seq - indexed) AS count FROM room WHERE seq > indexed",
      ),
      isUpToDate: upToDate,
    };
  } finally {
    database.exec("COMMIT");
  }
}

/** A query for what must not be, with a column `problem` that says it. */
type Check = string;

const ROOM_OF_MESSAGE = `message.id / ${SEQ_SPAN}`;

/** A room's rows of a table with the ids of messages, up to the number `last`. */
function countIn(table: string, last: string): string {
  return `(SELECT count(*) FROM ${table} WHERE ${table}.id > room.id * ${SEQ_SPAN}
    AND ${table}.id <= room.id * ${SEQ_SPAN} + ${last})`;
}

const CHECKS: readonly Check[] = [
  // Retention takes a room's oldest messages; what is left is without a gap.
  `WITH kept AS (
    SELECT id / ${SEQ_SPAN} AS room, count(*) AS count, min(id) % ${SEQ_SPAN} AS first,
      max(id) % ${SEQ_SPAN} AS last FROM message GROUP BY id / ${SEQ_SPAN})
    SELECT 'room ' || name || ': ' || CASE
        WHEN last > seq THEN 'its last message is ' || last || ', above its count, ' || seq
        WHEN last < seq THEN 'its last messages, ' || (last + 1) || ' to ' || seq || ', are missing'
        ELSE (last - first + 1 - count) || ' of the messages from ' || first || ' to ' || last
          || ' are missing'
      END AS problem
    FROM kept JOIN room ON room.id = kept.room
    WHERE last <> seq OR count <> last - first + 1`,
  `SELECT 'message ' || (id % ${SEQ_SPAN}) || ' belongs to no room' AS problem FROM message
    WHERE ${ROOM_OF_MESSAGE} NOT IN (SELECT id FROM room)`,
  `SELECT 'a read mark of ' || fold || ' belongs to no room' AS problem FROM read_mark
    WHERE room NOT IN (SELECT id FROM room)`,
  `SELECT 'a direct message to ' || recipient || ' is in an inbox that is not there' AS problem
    FROM direct WHERE inbox NOT IN (SELECT id FROM session)`,
  `SELECT 'the session ' || session.id || ' of ' || name || ' has used ref ' || max(used.ref)
      || ', above its highest, ' || session.ref AS problem
    FROM (SELECT session, max(ref) AS ref FROM message WHERE ref IS NOT NULL GROUP BY session
      UNION ALL SELECT session, max(ref) FROM direct WHERE ref IS NOT NULL GROUP BY session) AS used
    JOIN session ON session.id = used.session
    GROUP BY session.id HAVING max(used.ref) > session.ref`,
  // Within each table a unique index holds, which SQLite's own check covers.
  `SELECT 'ref ' || direct.ref || ' of the session ' || direct.session || ' is used twice' AS problem
    FROM direct JOIN message ON message.session = direct.session AND message.ref = direct.ref
    WHERE direct.ref IS NOT NULL`,
  `SELECT 'the inbox of ' || name || ' ends at ' || inbox_seq || ', below its last message' AS problem
    FROM session WHERE inbox_seq < (SELECT max(seq) FROM direct WHERE inbox = session.id)`,
  `SELECT 'room ' || name || ': the search index holds ' || ${
    countIn("message_index_docsize", "indexed")
  } || ' of ' || ${countIn("message", "indexed")} || ' messages' AS problem FROM room
    WHERE indexed > seq OR ${countIn("message_index_docsize", "indexed")}
      <> ${countIn("message", "indexed")}`,
  `SELECT 'the search index holds a message that is not there' AS problem
    FROM message_index_docsize WHERE id NOT IN (SELECT id FROM message)`,
];

function problemsOf(database: DatabaseSync, check: Check): string[] {
  const found = database.prepare(`${check} LIMIT ${SHOWN + 1}`).all() as { problem: string }[];
  const problems = found.slice(0, SHOWN).map(({ problem }) => problem);
  return found.length > SHOWN ? [...problems, "and more of this kind"] : problems;
}

function pageProblems(database: DatabaseSync): string[] {
  const rows = database.prepare(`PRAGMA integrity_check(${SHOWN})`).all();
  // SQLite names the database in a line before what it found.
  const lines = rows.flatMap((row) => String(row["integrity_check"]).split("\n"));
  return lines.filter((line) => line !== "ok" && !line.startsWith("*** in database"));
}

function countsOf(database: DatabaseSync): Counts {
  const count = (table: string) => sumOf(database, `SELECT count(*) AS count FROM ${table}`);
  return {
    rooms: count("room"),
    messages: count("message"),
    directs: count("direct"),
    sessions: count("session"),
    // Files of the first schema have none.
    accounts:
      database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'claim'").get() === undefined
        ? 0
        : count("claim"),
  };
}

function sumOf(database: DatabaseSync, sql: string): number {
  return database.prepare(sql).get()?.["count"] as number | null ?? 0;
}
