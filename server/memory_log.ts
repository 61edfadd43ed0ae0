/**
 * The log of `--memory`: all in RAM, in this thread, and forgotten at the end.
 * Kept to the same rules as the log in a file, and to the same tests.
 */

import { setImmediate } from "node:timers";
import { type DirectPayload, fold, type MessagePayload, type UnreadRoom } from "../protocol/mod.ts";
import { mentions } from "../protocol/mentions.ts";
import { ExpiryClock } from "./expiry_clock.ts";
import { MemoryClaims } from "./memory_claims.ts";
import {
  type Author,
  type Claim,
  type ClaimSession,
  type DirectDraft,
  type DirectEntry,
  type Draft,
  type Entry,
  type Found,
  MENTIONS_LOOKED_FOR,
  type MessageDraft,
  type MessageLog,
  mustHaveInbox,
  type Outcome,
  type Page,
  type Range,
  type ReadDraft,
  type Search,
  type StoredClaim,
  type StoredSession,
  type UnclaimDraft,
} from "./message_log.ts";
import { type KeptSession, MemorySessions } from "./memory_sessions.ts";
import { fillPage } from "./page.ts";
import { matches, parseQuery, TOO_DEAR } from "./search_query.ts";

/** How much is kept. Times are in milliseconds, 0 is for ever. */
export interface MemoryRetention {
  retainFor: number;
  /** Messages of a room; 0 for all. */
  retainMessages: number;
  sessionsFor: number;
}

/** Messages that one search may look at. */
const MOST_SEARCHED = 200_000;

/** Messages that are looked at before everybody else has a turn. */
const TURN = 500;

interface Kept {
  entry: Entry;
  session: string | undefined;
  ref: number | undefined;
}

interface KeptRoom {
  name: string;
  /** Those that are kept; the first has the `seq` `dropped + 1`. */
  messages: Kept[];
  dropped: number;
  readMarks: Map<string, number>;
}

/** A log in memory. `clock` gives epoch milliseconds. */
export class MemoryLog implements MessageLog {
  readonly isInMemory = true;
  readonly #retention: MemoryRetention;
  readonly #clock: () => number;
  readonly #rooms = new Map<string, KeptRoom>();
  readonly #sessions = new MemorySessions();
  readonly #uptime: () => number;
  readonly #expiryClock: ExpiryClock;
  readonly #claims = new MemoryClaims();
  #now = 0;
  /** The time by which things are forgotten. */
  #expiryNow = 0;

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
    this.#now = this.#clock();
    this.#expiryNow = this.#expiryClock.now(this.#now, this.#uptime());
    return Promise.resolve(drafts.map((draft) => this.#keep(draft)));
  }

  session(tokenHash: string): Promise<StoredSession | undefined> {
    return Promise.resolve(this.#sessions.get(tokenHash));
  }

  claim(name: string): Promise<StoredClaim | undefined> {
    return Promise.resolve(this.#claims.stored(name));
  }

  claimSessions(claim: number): Promise<ClaimSession[]> {
    return Promise.resolve(
      this.#sessions.ofClaim(claim).map(({ session, awaySince }) => {
        return awaySince === undefined ? { session } : { session, awaySince };
      }),
    );
  }

  changedClaims(): Promise<Claim[] | undefined> {
    // There is no other process.
    return Promise.resolve(undefined);
  }

  read(
    { room: name, after, before = Infinity, limit, session }: Range,
  ): Promise<Page<MessagePayload>> {
    const room = this.#rooms.get(fold(name));
    if (room === undefined) return Promise.resolve({ items: [], more: false });
    const { messages, dropped } = room;
    const end = Math.max(0, Math.min(messages.length, before - 1 - dropped));
    const start = Math.max(0, (after ?? 0) - dropped);
    const toItem = ({ entry, session: author, ref }: Kept) =>
      ref !== undefined && author !== undefined && author === session ? { ...entry, ref } : entry;
    if (after !== undefined) {
      return Promise.resolve(
        fillPage(messages.slice(start, Math.min(end, start + limit + 1)), limit, toItem),
      );
    }
    const nearest = messages.slice(Math.max(0, end - limit - 1), end).reverse();
    const page = fillPage(nearest, limit, toItem);
    return Promise.resolve({ ...page, items: page.items.reverse() });
  }

  inbox(session: string, after: number, limit: number): Promise<Page<DirectPayload>> {
    const entries = this.#sessions.get(session)?.inbox.slice(after) ?? [];
    return Promise.resolve(fillPage(entries, limit, (entry) => entry));
  }

  async search({ query, rooms, from, limit }: Search): Promise<Found> {
    const parsed = parseQuery(query);
    if ("problem" in parsed) return parsed;
    const sender = from === undefined ? undefined : fold(from);
    const found: Entry[] = [];
    let looked = 0;
    for (const name of rooms) {
      const { messages = [] } = this.#rooms.get(fold(name)) ?? {};
      const most = found.length + limit;
      for (let index = messages.length - 1; index >= 0 && found.length <= most; index--) {
        if (++looked > MOST_SEARCHED) return { problem: TOO_DEAR };
        if (looked % TURN === 0) await nextTurn();
        const { entry } = messages[index] as Kept;
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
      const room = this.#rooms.get(fold(roomName));
      if (room === undefined) continue;
      unread.push(unreadIn(room, name));
      await nextTurn();
    }
    return unread;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
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
        this.#sessions.noteAway(draft.session, draft.inboxSeq, this.#now);
        this.#sessions.forgetAwayBefore(this.#expiryNow - this.#retention.sessionsFor);
        break;
      case "quit":
        this.#sessions.forget(draft.session);
        break;
      case "claim":
        return this.#claims.claim(draft);
      case "password":
        return this.#claims.changePassword(draft);
      case "rehash":
        return this.#claims.rehash(draft);
      case "unclaim":
        return this.#unclaim(draft);
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
    const seq = room.dropped + room.messages.length + 1;
    const entry = { sender, room: room.name, text, seq, at: this.#now };
    room.messages.push({ entry, session, ref });
    this.#use(draft, entry);
    this.#prune(room);
    return { kind: "message", entry };
  }

  #direct(draft: DirectDraft): Outcome {
    const repeated = this.#repeated(draft);
    if (repeated !== undefined) return repeated;
    const recipients = this.#recipients(draft);
    const [inbox] = recipients;
    if (inbox === undefined && mustHaveInbox(draft)) return { kind: "unknown name" };
    const { sender, to, text } = draft;
    const put = (into: KeptSession | undefined) => {
      const seq = into === undefined ? 0 : ++into.inboxSeq;
      const entry = { sender, to, text, seq, at: this.#now };
      into?.inbox.push(entry);
      return entry;
    };
    const copies = [...recipients.slice(1), ...this.#senders(draft, recipients)].map((other) => {
      return { session: other.session, seq: put(other).seq };
    });
    const entry = put(inbox);
    this.#use(draft, entry);
    return { kind: "direct", entry, session: inbox?.session, copies };
  }

  #repeated({ session: hash, ref, sender }: Author): Outcome | undefined {
    if (hash === undefined || ref === undefined) return undefined;
    const session = this.#sessions.get(hash) ??
      this.#sessions.open({ session: hash, name: sender, rooms: [] }, this.#now);
    if (ref > session.ref) return undefined;
    const entry = session.used?.get(ref);
    return entry === undefined
      ? { kind: "stale ref", highest: session.ref }
      : { kind: "repeated", entry };
  }

  #use({ session: hash = "", ref }: Author, entry: Entry | DirectEntry): void {
    const session = this.#sessions.get(hash);
    if (session === undefined || ref === undefined) return;
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
    const sessions = this.#sessions.ofClaim(inbox.claim);
    const [own, others] = [
      sessions.filter((each) => each.session === session),
      sessions.filter((each) => each.session !== session),
    ];
    return [...own, ...others];
  }

  /** The sender's other sessions, whose inboxes keep a copy; but for those that have it already. */
  #senders({ copies, session }: DirectDraft, recipients: KeptSession[]): KeptSession[] {
    if (copies === undefined) return [];
    return this.#sessions.ofClaim(copies)
      .filter((each) => each.session !== session && !recipients.includes(each));
  }

  /** Gives up a claim; of its sessions one may go on, as anyone's of that name. */
  #unclaim({ proof, session: kept }: UnclaimDraft): Outcome {
    if (!this.#claims.remove(proof)) return { kind: "outdated" };
    this.#sessions.unclaim(proof.claim, kept);
    return { kind: "kept" };
  }

  #read({ name, room: roomName, seq, ifNew }: ReadDraft): void {
    const room = this.#room(roomName);
    const mark = room.readMarks.get(fold(name));
    if (ifNew && mark !== undefined) return;
    const last = room.dropped + room.messages.length;
    room.readMarks.set(fold(name), Math.max(mark ?? 0, Math.min(seq, last)));
  }

  #room(name: string): KeptRoom {
    const key = fold(name);
    let room = this.#rooms.get(key);
    if (room === undefined) {
      room = { name, messages: [], dropped: 0, readMarks: new Map() };
      this.#rooms.set(key, room);
    }
    return room;
  }

  /** Drops what is past its time, in strides, so that a busy room is not copied for every message. */
  #prune(room: KeptRoom): void {
    const { retainFor, retainMessages } = this.#retention;
    const { messages } = room;
    const tooMany = retainMessages === 0 ? 0 : messages.length - retainMessages;
    const oldestAt = retainFor === 0 ? -Infinity : this.#expiryNow - retainFor;
    let count = Math.max(0, tooMany);
    while (count < messages.length && (messages[count] as Kept).entry.at < oldestAt) count++;
    if (count === 0 || count < Math.min(1000, messages.length / 8)) return;
    room.messages = messages.slice(count);
    room.dropped += count;
  }
}

function unreadIn(
  { name: room, messages, dropped, readMarks }: KeptRoom,
  name: string,
): UnreadRoom {
  const reader = fold(name);
  const seq = readMarks.get(reader) ?? 0;
  const unread = dropped + messages.length - seq;
  const newest = messages.slice(Math.max(0, seq - dropped)).slice(-MENTIONS_LOOKED_FOR);
  const others = newest.filter(({ entry }) => fold(entry.sender) !== reader);
  const naming = others.filter(({ entry }) => mentions(entry.text, name));
  return { room, seq, unread: unread - (newest.length - others.length), mentions: naming.length };
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
