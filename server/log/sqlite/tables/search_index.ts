/**
 * The full-text index. A row costs as much here as everything else about it, and
 * a third of that in large groups: so the index is filled a little behind the
 * messages, and brought up to date before anyone searches it.
 */

import type { DatabaseSync, StatementSync } from "node:sqlite";
import { senderToken } from "../../search_query.ts";
import { SEQ_SPAN } from "./schema.ts";
import { exactly, exactText } from "./statements.ts";

/** Messages that may wait to be indexed, so that a search never has to index more than these. */
const BACKLOG = 2000;

/** Fills and empties `message_index`. Its callers hold the transaction. */
export class MessageIndex {
  readonly #behind: StatementSync;
  readonly #pending: StatementSync;
  readonly #insert: StatementSync;
  readonly #advance: StatementSync;
  /** The rooms with messages that are not indexed, and how many messages that is at most. */
  readonly #rooms: Set<number>;
  #backlog: number;

  constructor(database: DatabaseSync) {
    this.#behind = database.prepare(
      "SELECT id, seq - indexed AS behind FROM room WHERE seq > indexed",
    );
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
    const rows = this.#behind.all() as { id: number; behind: number }[];
    this.#rooms = new Set(rows.map((row) => row.id));
    this.#backlog = rows.reduce((sum, row) => sum + row.behind, 0);
  }

  /** Whether every message is indexed. */
  get isComplete(): boolean {
    return this.#rooms.size === 0;
  }

  /** Notes that a message was appended to a room. */
  appended(room: number): void {
    this.#rooms.add(room);
    this.#backlog++;
  }

  /** Indexes everything that waits, once enough does to make it cheap. */
  keepUp(): void {
    if (this.#backlog >= BACKLOG) this.complete();
  }

  /** Indexes everything that waits. */
  complete(): void {
    // FTS5 gathers rows cheaply only while their ids rise.
    for (const room of [...this.#rooms].sort((one, other) => one - other)) this.#indexRoom(room);
    this.#rooms.clear();
    this.#backlog = 0;
  }

  #indexRoom(room: number): void {
    for (;;) {
      const rows = this.#pending.all({ room, limit: BACKLOG }) as {
        id: number;
        sender: string;
        text: string | Uint8Array;
      }[];
      for (const { id, sender, text } of rows) {
        this.#insert.run(id, exactText(text), senderToken(sender));
      }
      const last = rows.at(-1);
      if (last === undefined) return;
      this.#advance.run(last.id % SEQ_SPAN, room);
    }
  }
}
