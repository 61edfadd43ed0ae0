/**
 * The log of `--memory`: all in RAM, in this thread, and forgotten at the end.
 * Kept to the same rules as the log in a file, and to the same tests.
 */

import {
  type DirectPayload,
  fold,
  type MessagePayload,
  type UnreadRoom,
} from "../../../protocol/mod.ts";
import { initialState, LogClock, type Moment } from "../log_clock.ts";
import { MemoryAccounts } from "./accounts.ts";
import type {
  AccountSession,
  AccountsSnapshot,
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
  type MessageDraft,
  mustHaveInbox,
  type Outcome,
  type Page,
  type Range,
  type ReadDraft,
  type Search,
  type ServerLog,
} from "../message_log.ts";
import type { RightsDraft } from "../rights.ts";
import { type KeptSession, MemorySessions } from "./sessions.ts";
import { EntryBuffer } from "./entry_buffer.ts";
import { fillPage } from "../fill_page.ts";
import { type MemoryRoom, nextTurn, readRoom, searchRooms, unreadIn } from "./queries.ts";
import { outcomeOfUsedRef, type Repeatable } from "../used_ref.ts";

/** How much is kept. Times are in milliseconds, 0 is for ever. */
export interface MemoryRetention {
  retainFor: number;
  /** Messages of a room; 0 for all. */
  retainMessages: number;
  sessionsFor: number;
}

/** Milliseconds between looks for expired entries everywhere; a room that is read forgets them at once. */
const SWEEP_INTERVAL = 60_000;

/** A log in memory. `clock` gives epoch milliseconds. */
export class MemoryLog implements ServerLog {
  readonly isInMemory = true;
  #retention: MemoryRetention;
  readonly #rooms = new Map<string, MemoryRoom>();
  readonly #sessions = new MemorySessions();
  readonly #tick: () => Moment;
  readonly #clock: LogClock;
  readonly #accounts = new MemoryAccounts();
  /** Direct messages that no inbox takes: for retries alone. */
  readonly #undelivered = new EntryBuffer<DirectEntry>();
  #now: Moment;
  #sweptAt = -Infinity;

  /** `uptime` is that of a clock which nobody can set. */
  constructor(
    retention: MemoryRetention,
    clock: () => number = Date.now,
    uptime: () => number = () => performance.now(),
  ) {
    this.#retention = retention;
    this.#clock = new LogClock(initialState(clock()), uptime());
    this.#tick = () => this.#clock.tick(clock(), uptime());
    this.#now = this.#tick();
  }

  /** Changes what is kept, from the next look for what is past its time on. */
  retain(retention: MemoryRetention): void {
    this.#retention = retention;
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
        if (awaySince === undefined) return { session };
        return { session, awaySince: this.#clock.toDate(awaySince) };
      }),
    );
  }

  changedAccounts(): Promise<AccountsSnapshot | undefined> {
    // There is no other process.
    return Promise.resolve(undefined);
  }

  read(range: Range): Promise<Page<MessagePayload>> {
    const room = this.#find(range.room);
    return Promise.resolve(room === undefined ? { items: [], more: false } : readRoom(room, range));
  }

  inbox(session: string, after: number, limit: number): Promise<Page<DirectPayload>> {
    const inbox = this.#sessions.get(session)?.inbox;
    if (inbox === undefined) return Promise.resolve({ items: [], more: false });
    this.#refresh(inbox);
    const kept = inbox.between(after, Infinity, limit + 1);
    return Promise.resolve(fillPage(kept, limit, ({ entry }) => entry));
  }

  search(search: Search): Promise<Found> {
    return searchRooms((name) => this.#find(name), search);
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
        this.#sessions.open(draft, this.#now.time);
        break;
      case "away":
        this.#sessions.noteAway(draft.session, draft.inboxSeen, this.#now.time);
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
      case "rights":
        return this.#rights(draft);
      case "read":
        this.#read(draft);
        break;
      case "ban addresses":
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
    const entry = { sender, room: room.name, text, seq, at: this.#now.at };
    room.messages.push({ entry, session, ref, time: this.#now.time });
    this.#use(draft, entry);
    this.#forget(room.messages, this.#retention.retainMessages);
    return { kind: "message", entry };
  }

  /** Appends the entry of a change to rights. The hub has the rights, and lives as long as this does. */
  #rights({ room: name, entry: act }: RightsDraft): Outcome {
    if (act === undefined) return { kind: "kept" };
    const room = this.#room(name);
    const { at, time } = this.#now;
    const seq = room.messages.last + 1;
    const entry = { ...act, room: room.name, seq, at, kind: "act" } as const;
    room.messages.push({ entry, session: undefined, ref: undefined, time });
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
    { sender, to, text, room }: DirectDraft,
    { session, ref }: Partial<Author>,
  ): DirectEntry {
    const seq = into === undefined ? 0 : ++into.inboxSeq;
    const said = { sender, to, text, seq, at: this.#now.at };
    const entry = room === undefined ? said : { ...said, room };
    const canBeAskedFor = session !== undefined && ref !== undefined;
    if (into !== undefined || canBeAskedFor) {
      (into?.inbox ?? this.#undelivered).push({ entry, session, ref, time: this.#now.time });
    }
    return entry;
  }

  #forgetLongAway(): void {
    const time = this.#now.time - this.#retention.sessionsFor;
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
      this.#sessions.open({ session: hash, name: sender, rooms: [] }, this.#now.time);
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

  /** The sender's other sessions, whose inboxes keep a copy, without the recipients among them. */
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

  #room(name: string): MemoryRoom {
    const key = fold(name);
    let room = this.#rooms.get(key);
    if (room === undefined) {
      room = { name, messages: new EntryBuffer(), readMarks: new Map() };
      this.#rooms.set(key, room);
    }
    return room;
  }

  /** The room of that name, if there is one, without what is past its time. */
  #find(name: string): MemoryRoom | undefined {
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
    this.#now = this.#tick();
  }

  /** Forgets what is past its time wherever it is. */
  #sweep(): void {
    if (this.#retention.retainFor === 0 || this.#now.time < this.#sweptAt + SWEEP_INTERVAL) return;
    this.#sweptAt = this.#now.time;
    for (const { messages } of this.#rooms.values()) this.#forget(messages);
    for (const { inbox } of this.#sessions.all) this.#forget(inbox);
    this.#forget(this.#undelivered);
  }

  /** Forgets what is past its time, all but the newest `most` (0 for all), and which `ref` it had. */
  #forget(entries: EntryBuffer<Entry> | EntryBuffer<DirectEntry>, most = 0): void {
    const { retainFor } = this.#retention;
    const oldest = retainFor === 0 ? -Infinity : this.#now.time - retainFor;
    for (const { session = "", ref = 0 } of entries.forget(most || Infinity, oldest)) {
      const author = this.#sessions.get(session);
      if (author?.used?.delete(ref)) author.droppedRef = Math.max(author.droppedRef, ref);
    }
  }
}
