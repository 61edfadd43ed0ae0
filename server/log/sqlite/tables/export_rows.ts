/** Reads a log in the order in which it is exported: room by room, each from its oldest message. */

import type { Act, DirectPayload, MessagePayload } from "../../../../protocol/mod.ts";
import { SEQ_SPAN } from "./schema.ts";
import { exactly, exactText, type Statements } from "./statements.ts";

/** The part of a log that is exported. */
export interface Selection {
  /** Only this room, by its fold. */
  room?: string | undefined;
  /** Of each room, its messages from the first one with this date or a later one; epoch milliseconds. */
  since: number;
}

/** A room with its messages from the id `first` on. */
export interface RoomRows {
  id: number;
  name: string;
  topic: string;
  first: number;
  count: number;
  /** The latest date among them. */
  latest: number;
}

interface MessageRow {
  seq: number;
  sender: string;
  text: string | Uint8Array;
  at: number;
  kind?: string | null;
  act?: string | null;
}

/** The rooms of a selection, in the order in which the log got to know them. */
export function roomsOf(sql: Statements, { room, since }: Selection): RoomRows[] {
  const rooms = sql.all<{ id: number; name: string; topic: string }>(
    `SELECT id, name, topic FROM room WHERE ${room === undefined ? "?1 = ''" : "fold = ?1"}
      ORDER BY id`,
    room ?? "",
  );
  return rooms.map((each) => {
    const [low, high] = [each.id * SEQ_SPAN, (each.id + 1) * SEQ_SPAN];
    const first = firstSince(sql, { low, high, since }) ?? high;
    const rest = sql.get<{ count: number; latest: number }>(
      `SELECT count(*) AS count, coalesce(max(at), 0) AS latest FROM message
        WHERE id >= ? AND id < ?`,
      ...[first, high],
    );
    return { ...each, first, count: rest?.count ?? 0, latest: rest?.latest ?? 0 };
  });
}

function firstSince(
  sql: Statements,
  { low, high, since }: { low: number; high: number; since: number },
): number | undefined {
  return sql.get<{ id: number }>(
    "SELECT id FROM message WHERE id > ? AND id < ? AND at >= ? ORDER BY id LIMIT 1",
    ...[low, high, since],
  )?.id;
}

/** The messages of a room, one at a time. */
export function* messagesOf(sql: Statements, { id, name, first }: RoomRows) {
  const rows = sql.iterate<MessageRow>(
    `SELECT id % ${SEQ_SPAN} AS seq, sender, ${exactly("text")} AS text, at, kind, act FROM message
      WHERE id >= ? AND id < ? ORDER BY id`,
    ...[first, (id + 1) * SEQ_SPAN],
  );
  for (const { sender, text, seq, at, kind, act } of rows) {
    const said: MessagePayload = { sender, room: name, text: exactText(text), seq, at };
    yield kind === "act" && typeof act === "string"
      ? { ...said, kind, act: JSON.parse(act) as Act }
      : said;
  }
}

/** The direct messages with this date or a later one, as each inbox has them, and those in none. */
export function* directsOf(sql: Statements, since: number) {
  const rows = sql.iterate<MessageRow & { recipient: string }>(
    `SELECT seq, sender, recipient, ${exactly("text")} AS text, at FROM direct
      WHERE at >= ? ORDER BY id`,
    since,
  );
  for (const { sender, recipient, text, seq, at } of rows) {
    yield { sender, to: recipient, text: exactText(text), seq, at } satisfies DirectPayload;
  }
}
