/**
 * The table of sessions: their names, the highest `ref` that they used, the end of their
 * inboxes. Rows are cached, and changes of them are written once a batch.
 */

import { fold } from "../../../../protocol/mod.ts";
import {
  type AwayDraft,
  MAX_ACCOUNT_SESSIONS,
  NAME_HOLD,
  type SessionDraft,
  type UnregisterDraft,
} from "../../account_store.ts";
import type { AccountTable } from "./accounts.ts";
import type { Statements } from "./statements.ts";

/** Rows that are cached to save a look-up; more than that and they are looked up afresh. */
const CACHED_SESSIONS = 10_000;

/** The part of a session's row that appending needs. */
export interface SessionRow {
  id: number;
  token_hash: string;
  ref: number;
  dropped_ref: number;
  inbox_seq: number;
}

/** Sessions in one open database. Transactions are the caller's; times are the log's. */
export class SessionTable {
  readonly #sql: Statements;
  readonly #accounts: AccountTable;
  readonly #rows = new Map<string, SessionRow>();
  readonly #changed = new Set<SessionRow>();

  constructor(sql: Statements, accounts: AccountTable) {
    this.#sql = sql;
    this.#accounts = accounts;
  }

  /** Looks rows up afresh: some may have been deleted, or have lost messages. */
  clearCache(): void {
    this.#rows.clear();
  }

  /** Writes what {@linkcode use} and {@linkcode nextInboxSeq} have changed. */
  flush(): void {
    for (const { ref, inbox_seq, id } of this.#changed) {
      this.#sql.run("UPDATE session SET ref = ?, inbox_seq = ? WHERE id = ?", ref, inbox_seq, id);
    }
    this.#changed.clear();
    if (this.#rows.size > CACHED_SESSIONS) this.clearCache();
  }

  /** The session of that token hash. */
  get(hash: string): SessionRow | undefined {
    const cached = this.#rows.get(hash);
    if (cached !== undefined) return cached;
    const row = this.#sql.get<SessionRow>(
      "SELECT id, token_hash, ref, dropped_ref, inbox_seq FROM session WHERE token_hash = ?",
      hash,
    );
    if (row === undefined) return undefined;
    const session = { ...row };
    this.#rows.set(hash, session);
    return session;
  }

  /** The session of that token hash; opened where there is none, since it may have come while nothing could be kept. */
  getOrOpen(hash: string, name: string, now: number): SessionRow {
    const known = this.get(hash);
    if (known !== undefined) return known;
    this.record({ kind: "session", session: hash, name, rooms: [] }, now);
    return this.get(hash) as SessionRow;
  }

  /** The session that a direct message to `name` is for: a connected one, or the last that went away. */
  ofName(name: string): SessionRow | undefined {
    const last = this.#sql.get<{ token_hash: string }>(
      `SELECT token_hash FROM session WHERE fold = ?
        ORDER BY away_since IS NULL DESC, away_since DESC, id DESC LIMIT 1`,
      fold(name),
    );
    return last === undefined ? undefined : this.get(last.token_hash);
  }

  /** Notes the highest `ref` that a session has used. */
  use(session: SessionRow, ref: number): void {
    session.ref = ref;
    this.#changed.add(session);
  }

  /** The number of the next direct message in a session's inbox. */
  nextInboxSeq(session: SessionRow): number {
    this.#changed.add(session);
    return ++session.inbox_seq;
  }

  /** Notes a session as it is now, with a connection. */
  record({ session, name, rooms, authentication }: SessionDraft, now: number): void {
    if (authentication !== undefined && this.get(session) === undefined) {
      this.#trim(authentication.account, now);
    }
    this.#sql.run(
      `INSERT INTO session (token_hash, name, fold, rooms, claim, edition)
        VALUES (?, ?, ?, ?, ?, ?)
        ON CONFLICT (token_hash) DO UPDATE SET
          name = excluded.name, fold = excluded.fold, rooms = excluded.rooms, away_since = NULL,
          claim = excluded.claim, edition = excluded.edition`,
      ...[session, name, fold(name), JSON.stringify(rooms)],
      ...[authentication?.account ?? null, authentication?.passwordVersion ?? null],
    );
  }

  /** Notes that a session has no connection any more. */
  noteAway({ session, inboxSeen, byServer }: AwayDraft, now: number): void {
    this.#sql.run(
      "UPDATE session SET away_since = ?, inbox_seen = ? WHERE token_hash = ?",
      ...[byServer ? null : now, inboxSeen, session],
    );
  }

  /** Deletes a session that is over. */
  delete(hash: string): void {
    const session = this.get(hash);
    if (session === undefined) return;
    this.#rows.delete(hash);
    this.#changed.delete(session);
    deleteSession(this.#sql, session.id);
  }

  /** Deletes the sessions of an account that is gone; one may go on, as anyone's of that name. */
  unregister({ authentication: { account }, session: kept }: UnregisterDraft): void {
    for (const hash of this.#accounts.tokensOf(account)) {
      if (hash !== kept) this.delete(hash);
    }
    this.#sql.run("UPDATE session SET claim = NULL, edition = NULL WHERE claim = ?", account);
  }

  /** Makes room for one more session of an account: signing in again and again leaves few behind. */
  #trim(account: number, now: number): void {
    const sessions = this.#accounts.sessionsOf(account);
    const longAway = sessions.filter(({ awaySince }) =>
      // The server still holds a session that is away for less.
      awaySince !== undefined && awaySince < now - 2 * NAME_HOLD
    );
    const tooMany = sessions.length + 1 - MAX_ACCOUNT_SESSIONS;
    for (const { session } of longAway.slice(0, Math.max(0, tooMany))) this.delete(session);
  }
}

/**
 * Deletes the row of a session, with its inbox. Messages to it whose authors may retry
 * them stay, for that alone; its own are asked for by nobody.
 */
export function deleteSession(sql: Statements, id: number): void {
  sql.run("UPDATE direct SET inbox = NULL WHERE inbox = ? AND ref IS NOT NULL", id);
  sql.run("DELETE FROM direct WHERE inbox = ?", id);
  sql.run("DELETE FROM direct WHERE session = ? AND ref IS NOT NULL AND inbox IS NULL", id);
  sql.run(
    "DELETE FROM room_guest WHERE token_hash = (SELECT token_hash FROM session WHERE id = ?)",
    id,
  );
  sql.run("DELETE FROM session WHERE id = ?", id);
}
