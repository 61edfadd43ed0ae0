/**
 * The full-text index. A row costs as much here as everything else about it, and less in
 * groups: so the index is filled a little behind the messages. A group is small enough
 * that an append never waits long behind it, even where millions of messages wait, after
 * an older version's index was dropped.
 */

import type { DatabaseSync, StatementSync } from "node:sqlite";
import { senderToken } from "../../search_query.ts";
import { tokensOf } from "../../tokens.ts";
import { SEQ_SPAN } from "./schema.ts";
import { exactly, exactText } from "./statements.ts";

/** Messages that may wait to be indexed in a busy log; a search indexes as many before it looks. */
export const BACKLOG = 2000;

/** Messages that are indexed in one step: some milliseconds. */
const STEP = 250;

interface MessageRow {
  id: number;
  sender: string;
  text: string | Uint8Array;
}

/** Fills and empties `message_index`. Its callers hold the transaction. */
export class MessageIndex {
  readonly #pending: StatementSync;
  readonly #insert: StatementSync;
  readonly #advance: StatementSync;
  /** The rooms with messages that are not indexed. */
  readonly #rooms: Set<number>;
  #backlog: number;
  /** Messages that were appended since {@linkcode keepUp} indexed as many. */
  #appended = 0;

  constructor(database: DatabaseSync) {
    this.#pending = database.prepare(
      `SELECT message.id, sender, ${exactly("text")} AS text FROM message, room
        WHERE room.id = :room AND message.id > room.id * ${SEQ_SPAN} + room.indexed
          AND message.id <= room.id * ${SEQ_SPAN} + room.seq
        ORDER BY message.id LIMIT :limit`,
    );
    this.#insert = database.prepare(
      "INSERT INTO message_index (rowid, text, sender) VALUES (?, ?, ?)",
    );
    this.#advance = database.prepare("UPDATE room SET indexed = ? WHERE id = ?");
    const behind = database.prepare(
      "SELECT id, seq - indexed AS behind FROM room WHERE seq > indexed ORDER BY id",
    ).all() as { id: number; behind: number }[];
    this.#rooms = new Set(behind.map((row) => row.id));
    this.#backlog = behind.reduce((sum, row) => sum + row.behind, 0);
  }

  /** Messages that are not indexed, or more: of deleted ones some may be counted. */
  get backlog(): number {
    return this.#backlog;
  }

  /** Notes that a message was appended to a room. */
  appended(room: number): void {
    this.#rooms.add(room);
    this.#backlog++;
    this.#appended++;
  }

  /** To be called once a batch: once many messages wait, as many are indexed as are appended. */
  keepUp(): void {
    if (this.#backlog < BACKLOG || this.#appended < STEP) return;
    this.step(this.#appended);
    this.#appended = 0;
  }

  /** Indexes the next messages that wait. */
  step(limit = STEP): void {
    const rows: MessageRow[] = [];
    for (const room of this.#rooms) {
      const found = this.#pending.all({
        room,
        limit: limit - rows.length,
      }) as unknown as MessageRow[];
      rows.push(...found);
      const last = found.at(-1);
      if (last !== undefined) this.#advance.run(last.id % SEQ_SPAN, room);
      if (rows.length === limit) break;
      this.#rooms.delete(room);
    }
    this.#backlog = this.#rooms.size === 0 ? 0 : this.#backlog - rows.length;
    // FTS5 gathers rows cheaply only while their ids rise.
    rows.sort((one, other) => one.id - other.id);
    for (const { id, sender, text } of rows) {
      this.#insert.run(id, tokensOf(exactText(text)).join(" "), senderToken(sender));
    }
  }
}
