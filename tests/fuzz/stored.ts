/**
 * Checks a log's file row by row: whatever was sent, it may hold only values that the
 * protocol allows, and no room or inbox may have a gap in its numbers.
 */

import { Buffer } from "node:buffer";
import { DatabaseSync } from "node:sqlite";
import { fold, LIMITS } from "../../protocol/mod.ts";
import { PASSWORDS } from "./cast.ts";
import { isCount, isName, isText, isTime, isTopic } from "./rules.ts";
import { exactly, exactText } from "../../server/log/sqlite/tables/statements.ts";
import { LogFailure } from "../../server/log/message_log.ts";
import { checkFile } from "../../server/log/sqlite/check.ts";
import { Queries } from "../../server/log/sqlite/tables/queries.ts";

type Row = Record<string, unknown>;

/** The allowed values of a column. */
const COLUMNS: readonly { table: string; column: string; holds: (value: unknown) => boolean }[] = [
  { table: "room", column: "name", holds: isName },
  { table: "room", column: "topic", holds: isTopic },
  { table: "message", column: "sender", holds: isName },
  { table: "message", column: "text", holds: isText },
  { table: "message", column: "at", holds: isTime },
  { table: "message", column: "ref", holds: (value) => value === null || isCount(value) },
  { table: "message", column: "kind", holds: (value) => value === null || value === "act" },
  { table: "room_ban", column: "name", holds: isName },
  { table: "room_ban", column: "by", holds: isName },
  { table: "room_ban", column: "reason", holds: (value) => value === null || isTopic(value) },
  { table: "direct", column: "sender", holds: isName },
  { table: "direct", column: "recipient", holds: isName },
  { table: "direct", column: "text", holds: isText },
  { table: "direct", column: "at", holds: isTime },
  { table: "direct", column: "ref", holds: (value) => value === null || isCount(value) },
  { table: "session", column: "name", holds: isName },
  { table: "session", column: "rooms", holds: areRooms },
  { table: "session", column: "token_hash", holds: isHexadecimal },
  { table: "read_mark", column: "seq", holds: isCount },
  { table: "claim", column: "name", holds: isName },
  { table: "claim", column: "salt", holds: isHexadecimal },
  { table: "claim", column: "hash", holds: isHexadecimal },
];

/** Queries that must return no row. */
const WRONG: Record<string, string> = {
  "a room whose seq is not that of its last message, or with a gap":
    `SELECT room.name FROM room LEFT JOIN message ON message.id >> 32 = room.id
     GROUP BY room.id HAVING count(message.id) <> room.seq OR
       coalesce(max(message.id & 0xffffffff), 0) <> room.seq`,
  "a message of no room": "SELECT id FROM message WHERE id >> 32 NOT IN (SELECT id FROM room)",
  "an inbox with a gap": `SELECT inbox FROM direct WHERE inbox IS NOT NULL
     GROUP BY inbox HAVING count(*) <> max(seq) OR min(seq) <> 1`,
  "two messages of one ref": `SELECT session FROM message WHERE ref * session IS NOT NULL
     GROUP BY session, ref HAVING count(*) > 1`,
  "a ref above its session's highest": `SELECT message.id FROM message
     JOIN session ON session.id = message.session WHERE message.ref > session.ref`,
};

/** The faults of the log in the file at `path`, which no server has open. */
export function faultsOfLog(path: string): string[] {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    return [
      ...integrityFaults(database),
      ...COLUMNS.flatMap((rule) => columnFaults(database, rule)),
      ...foldFaults(database),
      ...Object.entries(WRONG).flatMap(([what, sql]) => found(database, what, sql)),
      ...faultsOfReading(database),
      ...refusalOf(path),
      ...secretsIn(path),
    ];
  } finally {
    database.close();
  }
}

function integrityFaults(database: DatabaseSync): string[] {
  const rows = database.prepare("PRAGMA integrity_check").all() as Row[];
  return rows.map((row) => `${row["integrity_check"]}`).filter((words) => words !== "ok");
}

function columnFaults(
  database: DatabaseSync,
  { table, column, holds }: (typeof COLUMNS)[number],
): string[] {
  const rows = database.prepare(`SELECT ${exactly(column)} AS value FROM "${table}"`).iterate();
  for (const { value: stored } of rows as Iterable<Row>) {
    const value = stored instanceof Uint8Array ? exactText(stored) : stored;
    if (!holds(value)) return [`${table}.${column} holds ${JSON.stringify(value)}`];
  }
  return [];
}

/** A name and its keys must belong together. */
function foldFaults(database: DatabaseSync): string[] {
  const rows = database.prepare(`SELECT name, fold FROM room
    UNION SELECT name, fold FROM session UNION SELECT name, fold FROM claim`);
  return (rows.all() as { name: string; fold: string }[])
    .filter((row) => fold(row.name) !== row.fold)
    .map((row) => `${JSON.stringify(row.name)} is found by ${JSON.stringify(row.fold)}`);
}

function found(database: DatabaseSync, what: string, sql: string): string[] {
  const rows = database.prepare(sql).all() as Row[];
  return rows.slice(0, 3).map((row) => `${what}: ${JSON.stringify(row)}`);
}

/** A password that was stored in plain text. */
function secretsIn(path: string): string[] {
  const bytes = Buffer.from(Deno.readFileSync(path));
  return PASSWORDS.filter((password) => bytes.includes(password))
    .map((password) => `it holds the password ${password}`);
}

/** The project's own way to read it: every room, from its first message to its last. */
function faultsOfReading(database: DatabaseSync): string[] {
  const queries = new Queries(database);
  const faults: string[] = [];
  for (const { name: room, seq: last } of queries.rooms()) {
    let seq = 0;
    for (let more = true; more;) {
      const page = queries.read({ room, after: seq, limit: LIMITS.history });
      if (page.items.some((item) => item.seq !== ++seq)) faults.push(`${room} breaks at ${seq}`);
      more = page.more && page.items.length > 0;
    }
    if (seq !== last) faults.push(`${room} is read to ${seq} of ${last}`);
  }
  return faults;
}

/** Why a server would not start with it. */
function refusalOf(path: string): string[] {
  try {
    checkFile(path);
    return [];
  } catch (error) {
    if (!(error instanceof LogFailure)) throw error;
    return [`a server refuses it: ${error.message}`];
  }
}

function isHexadecimal(value: unknown): boolean {
  return typeof value === "string" && /^[0-9a-f]{32,}$/.test(value);
}

function areRooms(value: unknown): boolean {
  const rooms: unknown = JSON.parse(`${value}`);
  return Array.isArray(rooms) && rooms.length <= LIMITS.rooms && rooms.every(isName);
}
