/** Writes messages that were said elsewhere into rooms that have none yet. */

import type { DatabaseSync, StatementSync } from "node:sqlite";
import { fold } from "../../../../protocol/mod.ts";
import type { ImportedMessage } from "../../import_lines.ts";
import { SEQ_SPAN } from "./schema.ts";
import { Statements } from "./statements.ts";

/** Why a message cannot be imported. */
export class ImportRefusal extends Error {
  override name = "ImportRefusal";
}

interface RoomRow {
  id: number;
  name: string;
  /** The number before the first, and that of the last message. */
  before: number;
  seq: number;
}

/** Writes to one open database; its caller holds the transaction. */
export class ImportRows {
  readonly #sql: Statements;
  readonly #insert: StatementSync;
  readonly #rooms = new Map<string, RoomRow>();

  constructor(database: DatabaseSync) {
    this.#sql = new Statements(database);
    this.#insert = database.prepare(
      "INSERT INTO message (id, sender, text, at) VALUES (?, ?, ?, ?)",
    );
  }

  /** The number of rooms that got messages or a topic. */
  get rooms(): number {
    return new Set(this.#rooms.values()).size;
  }

  /** Adds a message behind those that its room was given before. Throws an {@linkcode ImportRefusal}. */
  message({ room: name, sender, text, at, seq }: ImportedMessage): void {
    const room = this.#rooms.get(name) ?? this.#room(name);
    const next = room.seq + 1;
    if (seq === undefined || seq === next) room.seq = next;
    else if (room.seq === room.before && seq >= SEQ_SPAN) {
      throw new ImportRefusal(`payload.seq must be below ${SEQ_SPAN}`);
    } else if (room.seq === 0 && seq > 0) {
      // The oldest messages are no longer kept.
      room.before = seq - 1;
      room.seq = seq;
    } else {
      throw new ImportRefusal(
        `payload.seq is ${seq}, and must be ${next}: the numbers of the room ${name} have a gap`,
      );
    }
    this.#insert.run(room.id * SEQ_SPAN + room.seq, sender, text, at);
  }

  /** Sets a room's topic. Throws an {@linkcode ImportRefusal}. */
  topic(name: string, topic: string): void {
    this.#sql.run("UPDATE room SET topic = ? WHERE id = ?", topic, this.#room(name).id);
  }

  /** Notes how far the rooms have come; the server indexes what is new when it runs. */
  finish(): void {
    for (const { id, before, seq } of this.#rooms.values()) {
      this.#sql.run("UPDATE room SET seq = ?, indexed = ? WHERE id = ?", seq, before, id);
    }
  }

  #room(name: string): RoomRow {
    const key = fold(name);
    const known = this.#rooms.get(key);
    const room = known ?? this.#emptyRoom(name, key);
    // By its fold, and by this spelling, so that folding is not paid for with each message.
    this.#rooms.set(key, room).set(name, room);
    return room;
  }

  #emptyRoom(name: string, key: string): RoomRow {
    this.#sql.run("INSERT INTO room (fold, name) VALUES (?, ?) ON CONFLICT DO NOTHING", key, name);
    const row = this.#sql.get<{ id: number; seq: number; name: string }>(
      "SELECT id, seq, name FROM room WHERE fold = ?",
      key,
    ) as { id: number; seq: number; name: string };
    if (row.seq > 0) {
      throw new ImportRefusal(
        `the room ${row.name} has messages already, and only an empty room can be filled`,
      );
    }
    return { id: row.id, name: row.name, before: 0, seq: 0 };
  }
}
