/**
 * Queries to the log's file. Nothing here writes.
 */

import type { DatabaseSync } from "node:sqlite";
import {
  type DirectPayload,
  fold,
  type MessageKind,
  type MessagePayload,
  type UnreadRoom,
} from "../../../../protocol/mod.ts";
import { mentions } from "../../../../protocol/mentions.ts";
import type { StoredSession } from "../../account_store.ts";
import {
  type Found,
  MENTIONS_LOOKED_FOR,
  type Page,
  type Range,
  type Search,
  type StoredRoom,
} from "../../message_log.ts";
import { fillPage } from "../../fill_page.ts";
import { toExpression, TOO_EXPENSIVE } from "../../search_query.ts";
import { RightsTable } from "./rights.ts";
import { SEQ_SPAN } from "./schema.ts";
import { exactly, exactText, Statements } from "./statements.ts";

const MESSAGE = `message.id % ${SEQ_SPAN} AS seq, sender, ${exactly("text")} AS text, at,
  message.kind, act`;

interface MessageRow {
  seq: number;
  sender: string;
  text: string | Uint8Array;
  at: number;
  ref: number | null;
  kind: MessageKind | null;
  act: string | null;
}

interface RoomRow {
  id: number;
  name: string;
  seq: number;
}

/** Milliseconds after which a search is given up. */
const SEARCH_TIMEOUT = 2000;

/** Hits between two looks at the time. */
const DEADLINE_EVERY = 1000;

/** Answers from one open database. `uptime` is in milliseconds of a clock which nobody can set. */
export class Queries {
  readonly #sql: Statements;
  readonly #uptime: () => number;

  constructor(database: DatabaseSync, uptime: () => number = () => performance.now()) {
    this.#sql = new Statements(database);
    this.#uptime = uptime;
  }

  /** Every room that has a log or a topic. */
  rooms(): StoredRoom[] {
    const all = new RightsTable(this.#sql).ofRooms();
    return this.#sql.all<StoredRoom & { id: number }>(
      "SELECT id, name, topic, seq FROM room WHERE seq > 0 OR topic <> ''",
    ).map(({ id, name, topic, seq }) => {
      const rights = all.get(id);
      return rights === undefined ? { name, topic, seq } : { name, topic, seq, rights };
    });
  }

  /** The sessions that have a connection, as far as the file knows. */
  connected(): StoredSession[] {
    const sql = `${SESSION} WHERE away_since IS NULL`;
    return this.#sql.all<SessionRow>(sql).map(toSession);
  }

  /** The session of that token hash. */
  session(tokenHash: string): StoredSession | undefined {
    const [row] = this.#sql.all<SessionRow>(`${SESSION} WHERE token_hash = ?`, tokenHash);
    return row === undefined ? undefined : toSession(row);
  }

  /** A stretch of a room; the asking session's own messages come with their `ref`. */
  read({ room: name, after, before, limit, session }: Range): Page<MessagePayload> {
    const room = this.#room(name);
    if (room === undefined) return { items: [], more: false };
    const base = room.id * SEQ_SPAN;
    const backwards = after === undefined;
    const low = base + Math.min(after ?? 0, SEQ_SPAN - 1);
    const high = base + Math.min(before ?? SEQ_SPAN, SEQ_SPAN);
    const rows = this.#sql.iterate<MessageRow>(
      `SELECT ${MESSAGE}, CASE WHEN session.token_hash = ? THEN message.ref END AS ref
        FROM message LEFT JOIN session ON session.id = message.session
        WHERE message.id > ? AND message.id < ?
        ORDER BY message.id ${backwards ? "DESC" : "ASC"} LIMIT ?`,
      ...[session ?? "", low, high, limit + 1],
    );
    const page = fillPage(rows, limit, (row) => toMessage(room.name, row));
    return backwards ? { ...page, items: page.items.reverse() } : page;
  }

  /** The direct messages of an inbox above `after`, oldest first. */
  inbox(session: string, after: number, limit: number): Page<DirectPayload> {
    const rows = this.#sql.iterate<MessageRow & { recipient: string; room: string | null }>(
      `SELECT direct.seq, direct.sender, direct.recipient,
          ${exactly("direct.text")} AS text, direct.at, direct.room
        FROM direct JOIN session ON session.id = direct.inbox
        WHERE session.token_hash = ? AND direct.seq > ? ORDER BY direct.seq LIMIT ?`,
      ...[session, after, limit + 1],
    );
    return fillPage(rows, limit, ({ sender, recipient, text, seq, at, room }) => {
      const direct = { sender, to: recipient, text: exactText(text), seq, at };
      return room === null ? direct : { ...direct, room };
    });
  }

  /** Messages that match, newest first. Everything must be in the index. */
  search({ query, rooms, from, limit }: Search): Found {
    const expression = toExpression(query, from);
    if ("problem" in expression) return expression;
    const ids = new Map(rooms.flatMap((name) => {
      const room = this.#room(name);
      return room === undefined ? [] : [[room.id, room.name] as const];
    }));
    const hits = this.#newestHits(expression.match, [...ids.keys()], limit + 1);
    if (hits === undefined) return { problem: TOO_EXPENSIVE };
    const rows = this.#sql.iterate<MessageRow & { room: number }>(
      `SELECT ${MESSAGE}, message.id / ${SEQ_SPAN} AS room FROM message
        WHERE id IN (SELECT value FROM json_each(?)) ORDER BY at DESC, seq DESC LIMIT ?`,
      ...[JSON.stringify(hits), limit + 1],
    );
    return fillPage(rows, limit, (row) => toMessage(ids.get(row.room) as string, row));
  }

  /** The ids of the newest hits, at most so many in each room; `undefined` when finding them takes too long. */
  #newestHits(match: string, rooms: number[], limit: number): number[] | undefined {
    const [only] = rooms;
    if (only === undefined) return [];
    if (rooms.length === 1) return this.#hitsIn(match, only, limit);
    const deadline = this.#uptime() + SEARCH_TIMEOUT;
    // One pass for all rooms: a look into each would read the index anew each time.
    const rows = this.#sql.iterate<{ rowid: number }>(
      `SELECT rowid FROM message_index WHERE message_index MATCH ?
        AND rowid / ${SEQ_SPAN} IN (SELECT value FROM json_each(?)) ORDER BY rowid DESC`,
      ...[match, JSON.stringify(rooms)],
    );
    const hits: number[] = [];
    let [room, inRoom, looked] = [0, 0, 0];
    for (const { rowid } of rows) {
      if (++looked % DEADLINE_EVERY === 0 && this.#uptime() > deadline) return undefined;
      const next = Math.floor(rowid / SEQ_SPAN);
      inRoom = next === room ? inRoom + 1 : 1;
      room = next;
      if (inRoom <= limit) hits.push(rowid);
    }
    return hits;
  }

  #hitsIn(match: string, room: number, limit: number): number[] {
    const rows = this.#sql.all<{ rowid: number }>(
      `SELECT rowid FROM message_index WHERE message_index MATCH ? AND rowid > ? AND rowid < ?
        ORDER BY rowid DESC LIMIT ?`,
      ...[match, room * SEQ_SPAN, (room + 1) * SEQ_SPAN, limit],
    );
    return rows.map(({ rowid }) => rowid);
  }

  /** The unread messages of `name`, in each room that has a log. */
  unread(name: string, rooms: string[]): UnreadRoom[] {
    return rooms.flatMap((roomName) => {
      const room = this.#room(roomName);
      return room === undefined ? [] : [this.#unreadIn(room, name)];
    });
  }

  #unreadIn({ id, name: room, seq }: RoomRow, name: string): UnreadRoom {
    const [mark] = this.#sql.all<{ seq: number }>(
      "SELECT seq FROM read_mark WHERE fold = ? AND room = ?",
      ...[fold(name), id],
    );
    const read = mark?.seq ?? 0;
    const newest = this.#sql.all<MessageRow>(
      `SELECT ${MESSAGE} FROM message WHERE id > ? AND id <= ? ORDER BY id DESC LIMIT ?`,
      ...[id * SEQ_SPAN + read, id * SEQ_SPAN + seq, MENTIONS_LOOKED_FOR],
    );
    const others = newest.filter((row) => row.kind === null && fold(row.sender) !== fold(name));
    const own = newest.length - others.length;
    const naming = others.filter((row) => mentions(exactText(row.text), name));
    return { room, seq: read, unread: seq - read - own, mentions: naming.length };
  }

  #room(name: string): RoomRow | undefined {
    const [row] = this.#sql.all<RoomRow>(
      "SELECT id, name, seq FROM room WHERE fold = ?",
      fold(name),
    );
    return row;
  }
}

const SESSION = `SELECT token_hash, name, rooms, inbox_seq, inbox_seen, ref,
  claim AS account, edition AS passwordVersion FROM session`;

interface SessionRow {
  token_hash: string;
  name: string;
  rooms: string;
  inbox_seq: number;
  inbox_seen: number;
  ref: number;
  account: number | null;
  passwordVersion: number | null;
}

function toSession(row: SessionRow): StoredSession {
  const { account, passwordVersion } = row;
  return {
    ...account === null || passwordVersion === null
      ? {}
      : { authentication: { account, passwordVersion } },
    session: row.token_hash,
    name: row.name,
    rooms: JSON.parse(row.rooms),
    inboxSeq: row.inbox_seq,
    inboxSeen: row.inbox_seen,
    ref: row.ref,
  };
}

function toMessage(
  room: string,
  { sender, text, seq, at, ref, kind, act }: MessageRow,
): MessagePayload {
  const payload = { sender, room, text: exactText(text), seq, at };
  if (kind !== null) return { ...payload, kind, ...act === null ? {} : { act: JSON.parse(act) } };
  return ref === null || ref === undefined ? payload : { ...payload, ref };
}
