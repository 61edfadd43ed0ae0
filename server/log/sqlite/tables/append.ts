/**
 * Drafts → rows: one transaction for a batch, in which every message gets its
 * `seq` and every `ref` is held against the highest of its session.
 */

import type { DatabaseSync } from "node:sqlite";
import { fold } from "../../../../protocol/mod.ts";
import type { UnregisterDraft } from "../../account_store.ts";
import {
  type DirectDraft,
  type DirectEntry,
  type Draft,
  type Entry,
  type MessageDraft,
  mustHaveInbox,
  type Outcome,
  type ReadDraft,
  type RetryDraft,
} from "../../message_log.ts";
import { type Moment, timeToStore } from "../../log_clock.ts";
import { AccountTable } from "./accounts.ts";
import type { RightsDraft } from "../../rights.ts";
import { RightsTable } from "./rights.ts";
import { MessageIndex } from "./search_index.ts";
import { SEQ_SPAN } from "./schema.ts";
import { type SessionRow, SessionTable } from "./session_table.ts";
import { exactly, exactText, Statements } from "./statements.ts";
import { outcomeOfUsedRef, type Repeatable } from "../../used_ref.ts";

interface RoomRow {
  id: number;
  name: string;
  seq: number;
}

/** An entry as it comes from SQLite. */
type Inexact<Kept> = Omit<Kept, "text"> & { text: string | Uint8Array };

/** Appends to one open database. After a failure it must be made anew: its rows may be wrong. */
export class Appender {
  readonly #database: DatabaseSync;
  readonly #index: MessageIndex;
  readonly #sql: Statements;
  readonly #accounts: AccountTable;
  readonly #rightsTable: RightsTable;
  readonly #heads: Map<number, number>;
  readonly #rooms = new Map<string, RoomRow>();
  readonly #sessions: SessionTable;
  readonly #changedRooms = new Set<RoomRow>();
  #now: Moment = { time: 0, at: 0 };

  /** `heads` is kept up to date: the last `seq` of the rooms that are written to, by their ids. */
  constructor(database: DatabaseSync, index: MessageIndex, heads = new Map<number, number>()) {
    this.#database = database;
    this.#heads = heads;
    this.#sql = new Statements(database);
    this.#accounts = new AccountTable(this.#sql);
    this.#rightsTable = new RightsTable(this.#sql);
    this.#sessions = new SessionTable(this.#sql, this.#accounts);
    this.#index = index;
  }

  /** Looks sessions up afresh: some may have been deleted, or have lost messages. */
  forgetSessions(): void {
    this.#sessions.clearCache();
  }

  /** Keeps all of `drafts` or, throwing what SQLite throws, none. */
  append(drafts: readonly Draft[], now: Moment): Outcome[] {
    this.#now = now;
    this.#database.exec("BEGIN IMMEDIATE");
    const outcomes = drafts.map((draft) => this.#keep(draft));
    for (const room of this.#changedRooms) {
      this.#sql.run("UPDATE room SET seq = ? WHERE id = ?", room.seq, room.id);
    }
    this.#sessions.flush();
    this.#index.keepUp();
    this.#database.exec("COMMIT");
    for (const { id, seq } of this.#changedRooms) this.#heads.set(id, seq);
    this.#changedRooms.clear();
    return outcomes;
  }

  #keep(draft: Draft): Outcome {
    switch (draft.kind) {
      case "message":
        return this.#message(draft);
      case "direct":
        return this.#direct(draft);
      case "retry":
        return this.#retry(draft);
      case "session":
        this.#sessions.record(draft, this.#now.time);
        break;
      case "away":
        this.#sessions.noteAway(draft, this.#now.time);
        break;
      case "quit":
        this.#sessions.delete(draft.session);
        break;
      case "rights":
        return this.#rights(draft);
      case "ban addresses":
        this.#rightsTable.noteAddresses(draft.ban);
        break;
      case "register":
        return this.#accounts.register(draft, this.#now.at);
      case "password":
        return this.#accounts.changePassword(draft, this.#now.at);
      case "rehash":
        return this.#accounts.rehash(draft);
      case "unregister":
        return this.#unregister(draft);
      case "topic":
        this.#sql.run(
          "UPDATE room SET topic = ? WHERE id = ?",
          draft.topic,
          this.#room(draft.room).id,
        );
        break;
      case "read":
        this.#read(draft);
    }
    return { kind: "kept" };
  }

  #message(draft: MessageDraft): Outcome {
    const author = this.#author(draft);
    if ("outcome" in author) return author.outcome;
    const { sender, text, ref } = draft;
    const room = this.#room(draft.room);
    const { at } = this.#now;
    const seq = ++room.seq;
    this.#changedRooms.add(room);
    const id = room.id * SEQ_SPAN + seq;
    this.#sql.run(
      `INSERT INTO message (id, sender, text, at, time, session, ref)
        VALUES (?, ?, ?, ?, ?, ?, ?)`,
      ...[id, sender, text, at, timeToStore(this.#now), author.session?.id ?? null, ref ?? null],
    );
    this.#use(author.session, ref);
    this.#index.appended(room.id);
    return { kind: "message", entry: { sender, room: room.name, text, seq, at } };
  }

  /** Changes a room's rights; with an entry, in the order of its messages. */
  #rights({ room: name, changes, entry }: RightsDraft): Outcome {
    const room = this.#room(name);
    this.#rightsTable.apply(room.id, changes);
    if (entry === undefined) return { kind: "kept" };
    const { sender, text, act } = entry;
    const { at } = this.#now;
    const seq = ++room.seq;
    this.#changedRooms.add(room);
    this.#sql.run(
      `INSERT INTO message (id, sender, text, at, time, kind, act)
        VALUES (?, ?, ?, ?, ?, 'act', ?)`,
      ...[room.id * SEQ_SPAN + seq, sender, text, at, timeToStore(this.#now), JSON.stringify(act)],
    );
    this.#index.appended(room.id);
    return { kind: "message", entry: { sender, room: room.name, text, seq, at, kind: "act", act } };
  }

  #direct(draft: DirectDraft): Outcome {
    const author = this.#author(draft);
    if ("outcome" in author) return author.outcome;
    const recipients = this.#recipients(draft);
    const [inbox] = recipients;
    if (inbox === undefined && mustHaveInbox(draft)) return { kind: "unknown name" };
    const { sender, to, text, ref, room } = draft;
    const invitation = room === undefined ? {} : { room };
    const entry = { sender, to, text, at: this.#now.at, ...invitation };
    const others = [...recipients.slice(1), ...this.#senders(draft, recipients)];
    const copies = others.map((other) => {
      return { session: other.token_hash, seq: this.#putDirect(entry, other) };
    });
    // Nobody will ask for it: neither the recipient nor, by its ref, the sender.
    const seq = inbox === undefined && author.session === undefined
      ? 0
      : this.#putDirect(entry, inbox, { session: author.session, ref });
    this.#use(author.session, ref);
    const session = inbox?.token_hash;
    return { kind: "direct", entry: { ...entry, seq }, session, copies };
  }

  /** Stores a direct message in an inbox, or where only its author finds it; gives its number there. */
  #putDirect(
    { sender, to, text, at, room }: Omit<DirectEntry, "seq">,
    inbox: SessionRow | undefined,
    author?: { session: SessionRow | undefined; ref: number | undefined },
  ): number {
    const seq = inbox === undefined ? 0 : this.#sessions.nextInboxSeq(inbox);
    this.#sql.run(
      `INSERT INTO direct (inbox, seq, sender, recipient, text, at, time, session, ref, room)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ...[inbox?.id ?? null, seq, sender, to, text, at, timeToStore(this.#now)],
      ...[author?.session?.id ?? null, author?.ref ?? null, room ?? null],
    );
    return seq;
  }

  /** The session that a `ref` belongs to; or the outcome, where the `ref` was used before. */
  #author(draft: Repeatable): { session?: SessionRow } | { outcome: Outcome } {
    const { sender, session: hash, ref } = draft;
    if (hash === undefined || ref === undefined) return {};
    // It may have been opened while nothing could be kept.
    const session = this.#sessions.getOrOpen(hash, sender, this.#now.time);
    if (ref > session.ref) return { session };
    const values = [session.id, ref];
    const entry = this.#sql.get<Inexact<Entry>>(
      `SELECT m.sender, room.name AS room, ${
        exactly("m.text")
      } AS text, m.id % ${SEQ_SPAN} AS seq, m.at FROM message m
        JOIN room ON room.id = m.id / ${SEQ_SPAN} WHERE m.session = ? AND m.ref = ?`,
      ...values,
    ) ?? this.#sql.get<Inexact<DirectEntry>>(
      `SELECT sender, recipient AS 'to', ${exactly("text")} AS text, seq, at
        FROM direct WHERE session = ? AND ref = ?`,
      ...values,
    );
    const exact = entry && { ...entry, text: exactText(entry.text) };
    const refs = { ref: session.ref, droppedRef: session.dropped_ref };
    return { outcome: outcomeOfUsedRef(draft, exact, refs) };
  }

  #retry(draft: RetryDraft): Outcome {
    const author = this.#author(draft);
    return "outcome" in author ? author.outcome : { kind: "kept" };
  }

  #use(session: SessionRow | undefined, ref: number | undefined): void {
    if (session !== undefined && ref !== undefined) this.#sessions.use(session, ref);
  }

  /** The sessions whose inboxes a direct message is for; the sender's own is first, where it is one. */
  #recipients(draft: DirectDraft): SessionRow[] {
    const { inbox, session, to } = draft;
    if (inbox === undefined) return [];
    if (inbox === "by name" || "session" in inbox) {
      const only = this.#inbox(inbox, to);
      return only === undefined ? [] : [only];
    }
    const hashes = new Set([...this.#accounts.tokensOf(inbox.account), ...inbox.sessions]);
    const isOwn = session !== undefined && hashes.delete(session);
    return [...isOwn ? [session] : [], ...hashes].map((hash) =>
      this.#sessions.getOrOpen(hash, to, this.#now.time)
    );
  }

  /** The sender's other sessions, whose inboxes keep a copy, without the recipients among them. */
  #senders({ copies, session, sender }: DirectDraft, recipients: SessionRow[]): SessionRow[] {
    if (copies === undefined) return [];
    return this.#accounts.tokensOf(copies)
      .filter((hash) => hash !== session)
      .map((hash) => this.#sessions.getOrOpen(hash, sender, this.#now.time))
      .filter((row) => !recipients.includes(row));
  }

  #inbox(inbox: { session: string } | "by name", to: string): SessionRow | undefined {
    if (inbox === "by name") return this.#sessions.ofName(to);
    return this.#sessions.getOrOpen(inbox.session, to, this.#now.time);
  }

  /** Gives up an account; of its sessions one may go on, as anyone's of that name. */
  #unregister(draft: UnregisterDraft): Outcome {
    if (!this.#accounts.remove(draft.authentication)) return { kind: "outdated" };
    this.#sessions.unregister(draft);
    return { kind: "kept" };
  }

  #read({ name, room: roomName, seq, ifNew }: ReadDraft): void {
    const room = this.#room(roomName);
    const conflict = ifNew ? "NOTHING" : "UPDATE SET seq = max(seq, excluded.seq)";
    this.#sql.run(
      `INSERT INTO read_mark (fold, room, seq) VALUES (?, ?, ?) ON CONFLICT DO ${conflict}`,
      fold(name),
      room.id,
      Math.min(seq, room.seq),
    );
  }

  /** The row of that room, which is made if there is none. */
  #room(name: string): RoomRow {
    const key = fold(name);
    const cached = this.#rooms.get(key);
    if (cached !== undefined) return cached;
    this.#sql.run("INSERT INTO room (fold, name) VALUES (?, ?) ON CONFLICT DO NOTHING", key, name);
    const row = this.#sql.get<RoomRow>("SELECT id, name, seq FROM room WHERE fold = ?", key);
    const room = { ...row as RoomRow };
    this.#rooms.set(key, room);
    return room;
  }
}
