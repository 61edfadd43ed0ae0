/**
 * The log of `--memory`: all in RAM, in this thread, and forgotten at the end.
 * Kept to the same rules as the log in a file, and to the same tests.
 */

import { setImmediate } from "node:timers";
import {
  type DirectPayload,
  fold,
  type MessagePayload,
  type UnreadRoom,
} from "../../../protocol/mod.ts";
import { mentions } from "../../../protocol/mentions.ts";
import { ExpiryClock } from "../expiry_clock.ts";
import { MemoryAccounts } from "./accounts.ts";
import type {
  Account,
  AccountSession,
  StoredAccount,
  StoredSession,
  UnregisterDraft,
} from "../account_store.ts";
import {
  type Author,
  type DirectDraft,
  type DirectEntry,
  type Draft,
  type Entry,
  type Found,
  MENTIONS_LOOKED_FOR,
  type MessageDraft,
  mustHaveInbox,
  type Outcome,
  type Page,
  type Range,
  type ReadDraft,
  type Search,
  type ServerLog,
} from "../message_log.ts";
import { type KeptSession, MemorySessions } from "./sessions.ts";
import { EntryBuffer, type Kept } from "./entry_buffer.ts";
import { fillPage } from "../fill_page.ts";
import { matches, parseQuery, TOO_EXPENSIVE } from "../search_query.ts";
import { outcomeOfUsedRef, type Repeatable } from "../used_ref.ts";

/** How much is kept. Times are in milliseconds, 0 is for ever. */
export interface MemoryRetention {
  retainFor: number;
  /** Messages of a room; 0 for all. */
  retainMessages: number;
  sessionsFor: number;
}

/** Messages that one search may look at. */
const MAX_SEARCHED = 200_000;

/** Messages that are looked at before everybody else has a turn. */
const TURN = 500;

/** Milliseconds after which what is past its time is looked for everywhere; where somebody looks it is gone at once. */
const SWEEP_INTERVAL = 60_000;

interface KeptRoom {
  name: string;
  messages: EntryBuffer<Entry>;
  readMarks: Map<string, number>;
}

/** A log in memory. `clock` gives epoch milliseconds. */
export class MemoryLog implements ServerLog {
  readonly isInMemory = true;
  readonly #retention: MemoryRetention;
  readonly #clock: () => number;
  readonly #rooms = new Map<string, KeptRoom>();
  readonly #sessions = new MemorySessions();
  readonly #uptime: () => number;
  readonly #expiryClock: ExpiryClock;
  readonly #accounts = new MemoryAccounts();
  /** Direct messages that no inbox takes: for retries alone. */
  readonly #undelivered = new EntryBuffer<DirectEntry>();
  #now = 0;
  /** The time by which things are forgotten. */
  #expiryNow = 0;
  #sweptAt = -Infinity;

  /** `uptime` is that of a clock which nobody can set. */
  constructor(
    retention: MemoryRetention,
    clock: () => number = Date.now,
    uptime: () => number = () => performance.now(),
  ) {
    this.#retention = retention;
    this.#clock = clock;
    this.#uptime = uptime;
    this.#expiryClock = new ExpiryClock(clock(), uptime());
  }

  append(drafts: readonly Draft[]): Promise<Outcome[]> {
    return Promise.resolve(this.appendNow(drafts));
  }

  /** Appends within the call: there is no file to wait for. */
  appendNow(drafts: readonly Draft[]): Outcome[] {
    this.#tellTime();
    this.#sweep();
    return drafts.map((draft) => this.#keep(draft));
  }

  session(tokenHash: string): Promise<StoredSession | undefined> {
    return Promise.resolve(this.#sessions.get(tokenHash));
  }

  account(name: string): Promise<StoredAccount | undefined> {
    return Promise.resolve(this.#accounts.stored(name));
  }

  accountSessions(account: number): Promise<AccountSession[]> {
    return Promise.resolve(
      this.#sessions.ofAccount(account).map(({ session, awaySince }) => {
        return awaySince === undefined ? { session } : { session, awaySince };
      }),
    );
  }

  changedAccounts(): Promise<Account[] | undefined> {
    // There is no other process.
    return Promise.resolve(undefined);
  }

  read(
    { room: name, after, before = Infinity, limit, session }: Range,
  ): Promise<Page<MessagePayload>> {
    const messages = this.#find(name)?.messages;
    if (messages === undefined) return Promise.resolve({ items: [], more: false });
    const toItem = ({ entry, session: author, ref }: Kept<Entry>) =>
      ref !== undefined && author !== undefined && author === session ? { ...entry, ref } : entry;
    if (after !== undefined) {
      return Promise.resolve(fillPage(messages.between(after, before, limit + 1), limit, toItem));
    }
    const end = Math.min(before, messages.last + 1);
    const nearest = messages.between(end - limit - 2, end).reverse();
    const page = fillPage(nearest, limit, toItem);
    return Promise.resolve({ ...page, items: page.items.reverse() });
  }

  inbox(session: string, after: number, limit: number): Promise<Page<DirectPayload>> {
    const inbox = this.#sessions.get(session)?.inbox;
    if (inbox === undefined) return Promise.resolve({ items: [], more: false });
    this.#refresh(inbox);
    const kept = inbox.between(after, Infinity, limit + 1);
    return Promise.resolve(fillPage(kept, limit, ({ entry }) => entry));
  }

  async search({ query, rooms, from, limit }: Search): Promise<Found> {
    const parsed = parseQuery(query);
    if ("problem" in parsed) return parsed;
    const sender = from === undefined ? undefined : fold(from);
    const found: Entry[] = [];
    let looked = 0;
    for (const name of rooms) {
      const messages = this.#find(name)?.messages;
      if (messages === undefined) continue;
      const most = found.length + limit;
      for (let seq = messages.last; found.length <= most; seq--) {
        // Some may be forgotten while others have their turn.
        const entry = messages.at(seq)?.entry;
        if (entry === undefined) break;
        if (++looked > MAX_SEARCHED) return { problem: TOO_EXPENSIVE };
        if (looked % TURN === 0) await nextTurn();
        if (sender !== undefined && fold(entry.sender) !== sender) continue;
        if (matches(parsed.terms, entry.text)) found.push(entry);
      }
    }
    found.sort((one, other) => other.at - one.at || other.seq - one.seq);
    return fillPage(found, limit, (entry) => entry);
  }

  async unread(name: string, rooms: string[]): Promise<UnreadRoom[]> {
    const unread: UnreadRoom[] = [];
    for (const roomName of rooms) {
      const room = this.#find(roomName);
      if (room === undefined) continue;
      unread.push(unreadIn(room, name));
      await nextTurn();
    }
    return unread;
  }

  close(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #keep(draft: Draft): Outcome {
    switch (draft.kind) {
      case "message":
        return this.#message(draft);
      case "direct":
        return this.#direct(draft);
      case "retry":
        return this.#repeated(draft) ?? { kind: "kept" };
      case "session":
        this.#sessions.open(draft, this.#now);
        break;
      case "away":
        this.#sessions.noteAway(draft.session, draft.inboxSeen, this.#now);
        this.#forgetLongAway();
        break;
      case "quit":
        this.#quit(draft.session);
        break;
      case "register":
        return this.#accounts.register(draft);
      case "password":
        return this.#accounts.changePassword(draft);
      case "rehash":
        return this.#accounts.rehash(draft);
      case "unregister":
        return this.#unregister(draft);
      case "read":
        this.#read(draft);
        break;
      case "topic":
        // The hub has it, and lives as long as this does.
    }
    return { kind: "kept" };
  }

  #message(draft: MessageDraft): Outcome {
    const repeated = this.#repeated(draft);
    if (repeated !== undefined) return repeated;
    const room = this.#room(draft.room);
    const { sender, text, session, ref } = draft;
    const seq = room.messages.last + 1;
    const entry = { sender, room: room.name, text, seq, at: this.#now };
    room.messages.push({ entry, session, ref });
    this.#use(draft, entry);
    this.#forget(room.messages, this.#retention.retainMessages);
    return { kind: "message", entry };
  }

  #direct(draft: DirectDraft): Outcome {
    const repeated = this.#repeated(draft);
    if (repeated !== undefined) return repeated;
    const recipients = this.#recipients(draft);
    const [inbox] = recipients;
    if (inbox === undefined && mustHaveInbox(draft)) return { kind: "unknown name" };
    const copies = [...recipients.slice(1), ...this.#senders(draft, recipients)].map((other) => {
      return { session: other.session, seq: this.#put(other, draft, {}).seq };
    });
    const entry = this.#put(inbox, draft, draft);
    this.#use(draft, entry);
    return { kind: "direct", entry, session: inbox?.session, copies };
  }

  /** Puts a direct message into an inbox, if there is one; `author` is who may ask for it again. */
  #put(
    into: KeptSession | undefined,
    { sender, to, text }: DirectDraft,
    { session, ref }: Partial<Author>,
  ): DirectEntry {
    const seq = into === undefined ? 0 : ++into.inboxSeq;
    const entry = { sender, to, text, seq, at: this.#now };
    const canBeAskedFor = session !== undefined && ref !== undefined;
    if (into !== undefined || canBeAskedFor) {
      (into?.inbox ?? this.#undelivered).push({ entry, session, ref });
    }
    return entry;
  }

  #forgetLongAway(): void {
    const time = this.#expiryNow - this.#retention.sessionsFor;
    for (const hash of this.#sessions.awayBefore(time)) this.#quit(hash);
  }

  /** Forgets a session, but not what came of what others wrote to it. */
  #quit(hash: string): void {
    for (const kept of this.#sessions.get(hash)?.inbox.between(0, Infinity) ?? []) {
      if (kept.session !== undefined && kept.ref !== undefined) this.#undelivered.push(kept);
    }
    this.#sessions.forget(hash);
  }

  #repeated(draft: Repeatable): Outcome | undefined {
    const { session: hash, ref, sender } = draft;
    if (hash === undefined || ref === undefined) return undefined;
    const session = this.#sessions.get(hash) ??
      this.#sessions.open({ session: hash, name: sender, rooms: [] }, this.#now);
    if (ref > session.ref) return undefined;
    return outcomeOfUsedRef(draft, session.used?.get(ref), session);
  }

  #use({ session: hash = "", ref }: Author, entry: Entry | DirectEntry): void {
    if (ref === undefined) return;
    const session = this.#sessions.get(hash);
    if (session === undefined) return;
    session.ref = ref;
    (session.used ??= new Map()).set(ref, entry);
  }

  /** Whose inboxes a direct message is for; the sender's own is the first, if it is one of them. */
  #recipients({ inbox, session, to }: DirectDraft): KeptSession[] {
    if (inbox === undefined) return [];
    if (inbox === "by name" || "session" in inbox) {
      const only = inbox === "by name"
        ? this.#sessions.ofName(to)
        : this.#sessions.get(inbox.session);
      return only === undefined ? [] : [only];
    }
    const sessions = this.#sessions.ofAccount(inbox.account);
    const [own, others] = [
      sessions.filter((each) => each.session === session),
      sessions.filter((each) => each.session !== session),
    ];
    return [...own, ...others];
  }

  /** The sender's other sessions, whose inboxes keep a copy; but for those that have it already. */
  #senders({ copies, session }: DirectDraft, recipients: KeptSession[]): KeptSession[] {
    if (copies === undefined) return [];
    return this.#sessions.ofAccount(copies)
      .filter((each) => each.session !== session && !recipients.includes(each));
  }

  /** Gives up an account; of its sessions one may go on, as anyone's of that name. */
  #unregister({ authentication, session: kept }: UnregisterDraft): Outcome {
    if (!this.#accounts.remove(authentication)) return { kind: "outdated" };
    this.#sessions.unregister(authentication.account, kept);
    return { kind: "kept" };
  }

  #read({ name, room: roomName, seq, ifNew }: ReadDraft): void {
    const room = this.#room(roomName);
    const mark = room.readMarks.get(fold(name));
    if (ifNew && mark !== undefined) return;
    room.readMarks.set(fold(name), Math.max(mark ?? 0, Math.min(seq, room.messages.last)));
  }

  #room(name: string): KeptRoom {
    const key = fold(name);
    let room = this.#rooms.get(key);
    if (room === undefined) {
      room = { name, messages: new EntryBuffer(), readMarks: new Map() };
      this.#rooms.set(key, room);
    }
    return room;
  }

  /** The room of that name, if there is one, without what is past its time. */
  #find(name: string): KeptRoom | undefined {
    const room = this.#rooms.get(fold(name));
    if (room !== undefined) this.#refresh(room.messages);
    return room;
  }

  /** Forgets what has passed its time since anybody appended anything. */
  #refresh(entries: EntryBuffer<Entry> | EntryBuffer<DirectEntry>): void {
    this.#tellTime();
    this.#forget(entries);
  }

  #tellTime(): void {
    this.#now = this.#clock();
    this.#expiryNow = this.#expiryClock.now(this.#now, this.#uptime());
  }

  /** Forgets what is past its time wherever it is. */
  #sweep(): void {
    if (this.#retention.retainFor === 0 || this.#expiryNow < this.#sweptAt + SWEEP_INTERVAL) return;
    this.#sweptAt = this.#expiryNow;
    for (const { messages } of this.#rooms.values()) this.#forget(messages);
    for (const { inbox } of this.#sessions.all) this.#forget(inbox);
    this.#forget(this.#undelivered);
  }

  /** Forgets what is past its time, all but the newest `most` (0 for all), and which `ref` it had. */
  #forget(entries: EntryBuffer<Entry> | EntryBuffer<DirectEntry>, most = 0): void {
    const { retainFor } = this.#retention;
    const oldestAt = retainFor === 0 ? -Infinity : this.#expiryNow - retainFor;
    for (const { session = "", ref = 0 } of entries.forget(most || Infinity, oldestAt)) {
      const author = this.#sessions.get(session);
      if (author?.used?.delete(ref)) author.droppedRef = Math.max(author.droppedRef, ref);
    }
  }
}

function unreadIn({ name: room, messages, readMarks }: KeptRoom, name: string): UnreadRoom {
  const reader = fold(name);
  const seq = readMarks.get(reader) ?? 0;
  const unread = messages.last - seq;
  const newest = messages.between(Math.max(seq, messages.last - MENTIONS_LOOKED_FOR), Infinity);
  const others = newest.filter(({ entry }) => fold(entry.sender) !== reader);
  const naming = others.filter(({ entry }) => mentions(entry.text, name));
  return { room, seq, unread: unread - (newest.length - others.length), mentions: naming.length };
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
