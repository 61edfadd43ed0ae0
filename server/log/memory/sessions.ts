/**
 * The sessions that a log in memory keeps: found by token, by name and by account, and
 * forgotten when they have been away for too long.
 */

import { fold } from "../../../protocol/mod.ts";
import { EntryBuffer } from "./entry_buffer.ts";
import {
  MAX_ACCOUNT_SESSIONS,
  NAME_HOLD,
  type SessionDraft,
  type StoredSession,
} from "../account_store.ts";
import type { DirectEntry, Entry } from "../message_log.ts";

/** A session, with its inbox and its refs. */
export interface KeptSession extends StoredSession {
  awaySince: number | undefined;
  /** The highest `ref` of its messages that were forgotten. */
  droppedRef: number;
  /** The entry that each `ref` was used for. */
  used?: Map<number, Entry | DirectEntry>;
  inbox: EntryBuffer<DirectEntry>;
}

/** Sessions by the hash of their tokens. All times are the log's. */
export class MemorySessions {
  readonly #sessions = new Map<string, KeptSession>();
  /** The sessions of each name, by its fold, in the order in which they went away. Nearly all names have one. */
  readonly #byName = new Map<string, readonly KeptSession[]>();
  /** Since when the sessions without a connection are away; the oldest first. */
  readonly #awaySince = new Map<string, number>();
  /** The sessions of each account, and some that were. */
  readonly #byAccount = new Map<number, Set<string>>();

  /** All that are kept. */
  get all(): Iterable<KeptSession> {
    return this.#sessions.values();
  }

  /** The session of that token hash. */
  get(hash: string): KeptSession | undefined {
    return this.#sessions.get(hash);
  }

  /** The session of that name which a direct message is for: one that is here, or went away last. */
  ofName(name: string): KeptSession | undefined {
    const named = this.#byName.get(fold(name)) ?? [];
    return named.find(({ awaySince }) => awaySince === undefined) ?? named.at(-1);
  }

  /** The sessions of an account: the ones that are away come first, the longest first. */
  ofAccount(account: number): KeptSession[] {
    const hashes = this.#byAccount.get(account) ?? new Set();
    const sessions: KeptSession[] = [];
    for (const hash of hashes) {
      const session = this.#sessions.get(hash);
      if (session?.authentication?.account === account) sessions.push(session);
      else hashes.delete(hash);
    }
    const awaySince = (session: KeptSession) => session.awaySince ?? Number.MAX_VALUE;
    return sessions.sort((one, other) => awaySince(one) - awaySince(other));
  }

  /** Opens a session, or takes it up again with what was kept of it. */
  open(
    { session, name, rooms, authentication }: Omit<SessionDraft, "kind">,
    now: number,
  ): KeptSession {
    if (authentication !== undefined && !this.#sessions.has(session)) {
      this.#trim(authentication.account, now);
    }
    const { authentication: _former, ...kept } = this.#sessions.get(session) ?? newlyKept();
    const opened: KeptSession = { ...kept, session, name, rooms, awaySince: undefined };
    if (authentication !== undefined) {
      opened.authentication = authentication;
      this.#byAccount.set(
        authentication.account,
        (this.#byAccount.get(authentication.account) ?? new Set()).add(session),
      );
    }
    this.forget(session);
    this.#put(opened);
    return opened;
  }

  /** Notes that a session has no connection any more, and what it had seen of its inbox. */
  noteAway(hash: string, inboxSeen: number, now: number): void {
    const session = this.#sessions.get(hash);
    if (session === undefined) return;
    Object.assign(session, { awaySince: now, inboxSeen });
    // The oldest are first: a session that goes away goes to the end.
    this.forget(hash);
    this.#put(session);
    this.#awaySince.set(hash, now);
  }

  /** The token hashes of the sessions that went away before that time; each may be forgotten as it comes. */
  *awayBefore(time: number): Iterable<string> {
    for (const [hash, awaySince] of this.#awaySince) {
      if (awaySince >= time) return;
      yield hash;
    }
  }

  /** Forgets a session. */
  forget(hash: string): void {
    this.#awaySince.delete(hash);
    const session = this.#sessions.get(hash);
    if (session === undefined) return;
    this.#sessions.delete(hash);
    const key = fold(session.name);
    const others = (this.#byName.get(key) ?? []).filter((named) => named !== session);
    if (others.length > 0) this.#byName.set(key, others);
    else this.#byName.delete(key);
  }

  /** Forgets the sessions of an account that is given up; the one of `kept` goes on, as anyone's of that name. */
  unregister(account: number, kept: string | undefined): void {
    for (const session of this.ofAccount(account)) {
      if (session.session === kept) delete session.authentication;
      else this.forget(session.session);
    }
    this.#byAccount.delete(account);
  }

  #put(session: KeptSession): void {
    this.#sessions.set(session.session, session);
    const key = fold(session.name);
    this.#byName.set(key, [...this.#byName.get(key) ?? [], session]);
  }

  /** Makes room for one more session of an account: signing in again and again leaves few behind. */
  #trim(account: number, now: number): void {
    const sessions = this.ofAccount(account);
    const longAway = sessions.filter(({ awaySince = Infinity }) =>
      // The server still holds a session that is away for less.
      awaySince < now - 2 * NAME_HOLD
    );
    const tooMany = sessions.length + 1 - MAX_ACCOUNT_SESSIONS;
    for (const { session } of longAway.slice(0, Math.max(0, tooMany))) this.forget(session);
  }
}

/** The record of a session that was just opened. */
function newlyKept(): Omit<KeptSession, keyof SessionDraft | "awaySince"> & {
  authentication?: never;
} {
  return { ref: 0, droppedRef: 0, inbox: new EntryBuffer(), inboxSeq: 0, inboxSeen: 0 };
}
