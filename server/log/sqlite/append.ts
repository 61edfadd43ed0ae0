/**
 * Drafts → rows: one transaction for a batch, in which every message gets its
 * `seq` and every `ref` is held against the highest of its session.
 */

import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import { fold } from "../../../protocol/mod.ts";
import {
  MAX_ACCOUNT_SESSIONS,
  NAME_HOLD,
  type SessionDraft,
  type UnregisterDraft,
} from "../account_store.ts";
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
} from "../message_log.ts";
import { AccountTable } from "./accounts.ts";
import { MessageIndex } from "./search_index.ts";
import { SEQ_SPAN } from "./schema.ts";
import { exactly, exactText, Statements } from "./statements.ts";
import { outcomeOfUsedRef, type Repeatable } from "../used_ref.ts";

/** Rows that are held to save a look-up; more than that and they are looked up afresh. */
const CACHED_SESSIONS = 10_000;

interface RoomRow {
  id: number;
  name: string;
  seq: number;
}

interface SessionRow {
  id: number;
  token_hash: string;
  ref: number;
  dropped_ref: number;
  inbox_seq: number;
}

/** An entry as it comes from SQLite. */
type Inexact<Kept> = Omit<Kept, "text"> & { text: string | Uint8Array };

/** Appends to one open database. After a failure it must be made anew: its rows may be wrong. */
export class Appender {
  readonly #database: DatabaseSync;
  readonly #index: MessageIndex;
  readonly #sql: Statements;
  readonly #accounts: AccountTable;
  readonly #heads: Map<number, number>;
  readonly #rooms = new Map<string, RoomRow>();
  readonly #sessions = new Map<string, SessionRow>();
  readonly #changedRooms = new Set<RoomRow>();
  readonly #changedSessions = new Set<SessionRow>();
  #now = 0;

  /** `heads` is kept up to date: the last `seq` of the rooms that are written to, by their ids. */
  constructor(database: DatabaseSync, index: MessageIndex, heads = new Map<number, number>()) {
    this.#database = database;
    this.#heads = heads;
    this.#sql = new Statements(database);
    this.#accounts = new AccountTable(this.#sql);
    this.#index = index;
  }

  /** Looks sessions up afresh: some may have been deleted, or have lost messages. */
  forgetSessions(): void {
    this.#sessions.clear();
  }

  /** Keeps all of `drafts` or, throwing what SQLite throws, none. `now` is epoch milliseconds. */
  append(drafts: readonly Draft[], now: number): Outcome[] {
    this.#now = now;
    if (this.#sessions.size > CACHED_SESSIONS) this.#sessions.clear();
    this.#database.exec("BEGIN IMMEDIATE");
    const outcomes = drafts.map((draft) => this.#keep(draft));
    for (const room of this.#changedRooms) {
      this.#sql.run("UPDATE room SET seq = ? WHERE id = ?", room.seq, room.id);
    }
    for (const { ref, inbox_seq, id } of this.#changedSessions) {
      this.#sql.run("UPDATE session SET ref = ?, inbox_seq = ? WHERE id = ?", ref, inbox_seq, id);
    }
    this.#index.keepUp();
    this.#database.exec("COMMIT");
    for (const { id, seq } of this.#changedRooms) this.#heads.set(id, seq);
    this.#changedRooms.clear();
    this.#changedSessions.clear();
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
        return this.#session(draft);
      case "away":
        return this.#ran(
          "UPDATE session SET away_since = ?, inbox_seen = ? WHERE token_hash = ?",
          draft.byServer ? null : this.#now,
          draft.inboxSeen,
          draft.session,
        );
      case "quit":
        return this.#quit(draft.session);
      case "register":
        return this.#accounts.register(draft, this.#now);
      case "password":
        return this.#accounts.changePassword(draft, this.#now);
      case "rehash":
        return this.#accounts.rehash(draft);
      case "unregister":
        return this.#unregister(draft);
      case "topic":
        return this.#ran(
          "UPDATE room SET topic = ? WHERE id = ?",
          draft.topic,
          this.#room(draft.room).id,
        );
      case "read":
        return this.#read(draft);
    }
  }

  #message(draft: MessageDraft): Outcome {
    const author = this.#author(draft);
    if ("outcome" in author) return author.outcome;
    const { sender, text, ref } = draft;
    const room = this.#room(draft.room);
    const seq = ++room.seq;
    this.#changedRooms.add(room);
    const id = room.id * SEQ_SPAN + seq;
    this.#sql.run(
      "INSERT INTO message (id, sender, text, at, session, ref) VALUES (?, ?, ?, ?, ?, ?)",
      ...[id, sender, text, this.#now, author.session?.id ?? null, ref ?? null],
    );
    this.#use(author.session, ref);
    this.#index.appended(room.id);
    return { kind: "message", entry: { sender, room: room.name, text, seq, at: this.#now } };
  }

  #direct(draft: DirectDraft): Outcome {
    const author = this.#author(draft);
    if ("outcome" in author) return author.outcome;
    const recipients = this.#recipients(draft);
    const [inbox] = recipients;
    if (inbox === undefined && mustHaveInbox(draft)) return { kind: "unknown name" };
    const { sender, to, text, ref } = draft;
    const entry = { sender, to, text, at: this.#now };
    const others = [...recipients.slice(1), ...this.#senders(draft, recipients)];
    const copies = others.map((other) => {
      return { session: other.token_hash, seq: this.#putDirect(entry, other) };
    });
    // Nobody will ask for it: neither the one it is for nor, by its ref, its sender.
    const seq = inbox === undefined && author.session === undefined
      ? 0
      : this.#putDirect(entry, inbox, { session: author.session, ref });
    this.#use(author.session, ref);
    const session = inbox?.token_hash;
    return { kind: "direct", entry: { ...entry, seq }, session, copies };
  }

  /** Puts a direct message into an inbox, or where only its author finds it; gives its number there. */
  #putDirect(
    { sender, to, text, at }: Omit<DirectEntry, "seq">,
    inbox: SessionRow | undefined,
    author?: { session: SessionRow | undefined; ref: number | undefined },
  ): number {
    const seq = inbox === undefined ? 0 : ++inbox.inbox_seq;
    if (inbox !== undefined) this.#changedSessions.add(inbox);
    this.#sql.run(
      `INSERT INTO direct (inbox, seq, sender, recipient, text, at, session, ref)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      ...[inbox?.id ?? null, seq, sender, to, text, at],
      ...[author?.session?.id ?? null, author?.ref ?? null],
    );
    return seq;
  }

  /** The session to whose account a `ref` goes; or what the `ref` comes to when it was used before. */
  #author(draft: Repeatable): { session?: SessionRow } | { outcome: Outcome } {
    const { sender, session: hash, ref } = draft;
    if (hash === undefined || ref === undefined) return {};
    // It may have been opened while nothing could be kept.
    const session = this.#sessionOrNew(hash, sender);
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
    if (session === undefined || ref === undefined) return;
    session.ref = ref;
    this.#changedSessions.add(session);
  }

  /** Whose inboxes a direct message is for; the sender's own is the first, if it is one of them. */
  #recipients(draft: DirectDraft): SessionRow[] {
    const { inbox, session, to } = draft;
    if (inbox === undefined) return [];
    if (inbox === "by name" || "session" in inbox) {
      const only = this.#inbox(inbox, to);
      return only === undefined ? [] : [only];
    }
    const hashes = new Set([...this.#accounts.tokensOf(inbox.account), ...inbox.sessions]);
    const isOwn = session !== undefined && hashes.delete(session);
    return [...isOwn ? [session] : [], ...hashes].map((hash) => this.#sessionOrNew(hash, to));
  }

  /** The sender's other sessions, whose inboxes keep a copy; but for those that have it already. */
  #senders({ copies, session, sender }: DirectDraft, recipients: SessionRow[]): SessionRow[] {
    if (copies === undefined) return [];
    return this.#accounts.tokensOf(copies)
      .filter((hash) => hash !== session)
      .map((hash) => this.#sessionOrNew(hash, sender))
      .filter((row) => !recipients.includes(row));
  }

  #sessionOrNew(hash: string, name: string): SessionRow {
    return this.#sessionOf(hash) ?? this.#open(hash, name);
  }

  #inbox(inbox: { session: string } | "by name", to: string): SessionRow | undefined {
    if (inbox !== "by name") return this.#sessionOrNew(inbox.session, to);
    const last = this.#sql.get<{ token_hash: string }>(
      `SELECT token_hash FROM session WHERE fold = ?
        ORDER BY away_since IS NULL DESC, away_since DESC, id DESC LIMIT 1`,
      fold(to),
    );
    return last === undefined ? undefined : this.#sessionOf(last.token_hash);
  }

  #session({ session, name, rooms, authentication }: SessionDraft): Outcome {
    if (authentication !== undefined && this.#sessionOf(session) === undefined) {
      this.#trim(authentication.account);
    }
    return this.#ran(
      `INSERT INTO session (token_hash, name, fold, rooms, claim, edition)
        VALUES (?, ?, ?, ?, ?, ?)
        ON CONFLICT (token_hash) DO UPDATE SET
          name = excluded.name, fold = excluded.fold, rooms = excluded.rooms, away_since = NULL,
          claim = excluded.claim, edition = excluded.edition`,
      ...[session, name, fold(name), JSON.stringify(rooms)],
      ...[authentication?.account ?? null, authentication?.passwordVersion ?? null],
    );
  }

  /** Makes room for one more session of an account: who signs in again and again leaves few behind. */
  #trim(account: number): void {
    const sessions = this.#accounts.sessionsOf(account);
    const longAway = sessions.filter(({ awaySince }) =>
      // The server still knows those that are away for less.
      awaySince !== undefined && awaySince < this.#now - 2 * NAME_HOLD
    );
    const tooMany = sessions.length + 1 - MAX_ACCOUNT_SESSIONS;
    for (const { session } of longAway.slice(0, Math.max(0, tooMany))) this.#quit(session);
  }

  /** Gives up an account; of its sessions one may go on, as anyone's of that name. */
  #unregister({ authentication, session: kept }: UnregisterDraft): Outcome {
    if (!this.#accounts.remove(authentication)) return { kind: "outdated" };
    for (const hash of this.#accounts.tokensOf(authentication.account)) {
      if (hash !== kept) this.#quit(hash);
    }
    return this.#ran(
      "UPDATE session SET claim = NULL, edition = NULL WHERE claim = ?",
      authentication.account,
    );
  }

  #open(hash: string, name: string): SessionRow {
    this.#session({ kind: "session", session: hash, name, rooms: [] });
    return this.#sessionOf(hash) as SessionRow;
  }

  #quit(hash: string): Outcome {
    const session = this.#sessionOf(hash);
    if (session === undefined) return { kind: "kept" };
    this.#sessions.delete(hash);
    this.#changedSessions.delete(session);
    // Those who wrote to it may still ask what came of it; nobody asks for what it wrote.
    this.#sql.run("UPDATE direct SET inbox = NULL WHERE inbox = ? AND ref IS NOT NULL", session.id);
    this.#sql.run("DELETE FROM direct WHERE inbox = ?", session.id);
    this.#sql.run(
      "DELETE FROM direct WHERE session = ? AND ref IS NOT NULL AND inbox IS NULL",
      session.id,
    );
    return this.#ran("DELETE FROM session WHERE id = ?", session.id);
  }

  #read({ name, room: roomName, seq, ifNew }: ReadDraft): Outcome {
    const room = this.#room(roomName);
    const conflict = ifNew ? "NOTHING" : "UPDATE SET seq = max(seq, excluded.seq)";
    return this.#ran(
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

  #sessionOf(hash: string): SessionRow | undefined {
    const cached = this.#sessions.get(hash);
    if (cached !== undefined) return cached;
    const row = this.#sql.get<SessionRow>(
      "SELECT id, token_hash, ref, dropped_ref, inbox_seq FROM session WHERE token_hash = ?",
      hash,
    );
    if (row === undefined) return undefined;
    const session = { ...row };
    this.#sessions.set(hash, session);
    return session;
  }

  #ran(sql: string, ...values: SQLInputValue[]): Outcome {
    this.#sql.run(sql, ...values);
    return { kind: "kept" };
  }
}
