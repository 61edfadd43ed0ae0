/**
 * The log, as the server asks it. Order and durability come from it: it takes drafts,
 * numbers them, keeps them, and gives them back as entries. An
 * implementation may be a file on this machine or, later, a cluster's stream.
 */

import type { DirectPayload, MessagePayload, UnreadRoom } from "../../protocol/mod.ts";
import type {
  AccountDraft,
  AccountOutcome,
  AccountsSnapshot,
  AccountStore,
  StoredSession,
} from "./account_store.ts";
import type { BanAddressesDraft, RightsChange, RightsDraft } from "./rights.ts";

/** The author of a message and, for a session that can retry, its `ref`. */
export interface Author {
  /** The name at the time. */
  sender: string;
  /** The session's token hash; none in the lecture profile, which can't retry. */
  session?: string | undefined;
  ref?: number | undefined;
}

/** A message for a room. */
export interface MessageDraft extends Author {
  kind: "message";
  room: string;
  /** Whether the request left the room out, as the only one of the session's. */
  isRoomImplied?: boolean;
  text: string;
}

/** The inboxes that keep a direct message to a registered name: all sessions of the account. */
export interface AccountInboxes {
  account: number;
  /** Its connected sessions, by their token hashes. */
  sessions: string[];
  /** Whether a lecture client of that name is here, which has no inbox. */
  isHere: boolean;
}

/** A message for one name. */
export interface DirectDraft extends Author {
  kind: "direct";
  /** The name as the sender is shown it. */
  to: string;
  /**
   * The inbox that keeps it: of a session by its token hash; `"by name"`, of the session
   * that had the name last; or none, for a lecture client that is connected. A registered
   * name has many.
   */
  inbox: { session: string } | "by name" | AccountInboxes | undefined;
  /** The sender's account: the inboxes of its other sessions keep a copy. */
  copies?: number | undefined;
  text: string;
  /** The room that it invites to. */
  room?: string | undefined;
}

/** Asks whether a `ref` was used for this, where it can't be used any more; keeps nothing. */
export interface RetryDraft extends Author {
  kind: "retry";
  /** Left out where the request left it out. */
  room?: string | undefined;
  text: string;
}

/** A room's topic. */
export interface TopicDraft {
  kind: "topic";
  room: string;
  topic: string;
}

/** How far a name has read in a room. */
export interface ReadDraft {
  kind: "read";
  name: string;
  room: string;
  seq: number;
  /** Set only where there is no mark yet: where a newcomer begins. */
  ifNew: boolean;
}

/** Something that is not in the log yet. */
export type Draft =
  | AccountDraft
  | MessageDraft
  | DirectDraft
  | RetryDraft
  | TopicDraft
  | ReadDraft
  | RightsDraft
  | BanAddressesDraft;

/** A message that is in the log. */
export type Entry = Omit<MessagePayload, "ref">;

/** A direct message that is in the log; `seq` counts from 1 in each inbox (0: in none). */
export type DirectEntry = Omit<DirectPayload, "ref">;

/** A direct message in one of several inboxes. */
export interface InboxCopy {
  session: string;
  seq: number;
}

/** The result of a draft. */
export type Outcome =
  | AccountOutcome
  /** It is in the log. */
  | { kind: "message"; entry: Entry }
  /** It is in the log: in the inbox of `session`, and under other numbers in those of `copies`. */
  | { kind: "direct"; entry: DirectEntry; session: string | undefined; copies?: InboxCopy[] }
  /** Its `ref` was used before, for this very content. */
  | { kind: "repeated"; entry: Entry | DirectEntry }
  /** Its `ref` was used before, for other content. */
  | { kind: "used ref"; highest: number }
  /** Its `ref` is not above the highest, and no message ever had it. */
  | { kind: "stale ref"; highest: number }
  /** Its `ref` is not above the highest, and messages of its time were dropped. */
  | { kind: "expired ref"; highest: number }
  /** Nobody ever had the name that it is for. */
  | { kind: "unknown name" }
  /** It is in the log and has nothing to show. */
  | { kind: "kept" }
  /** It is not in the log. */
  | { kind: "failed"; reason: string };

/** A room as the log knows it. */
export interface StoredRoom {
  name: string;
  topic: string;
  seq: number;
  /** Its rights, if it has any. */
  rights?: RightsChange[];
}

/**
 * A stretch of a log's life, from its beginning or from a restore to the next restore (as in
 * PostgreSQL): the restored log goes on from an earlier moment, and gives numbers again.
 */
export interface Timeline {
  /** Random. */
  id: string;
  /** The last `seq` of each room, by its fold, when it began. */
  rooms: ReadonlyMap<string, number>;
  /** The same of each inbox, by its session's token hash. */
  inboxes: ReadonlyMap<string, number>;
}

/** The part of a log that a server holds in memory, as it is when the server starts. */
export interface LogSnapshot extends AccountsSnapshot {
  rooms: StoredRoom[];
  /** The sessions that had a connection when the server stopped, or crashed. */
  sessions: StoredSession[];
  /** Its timelines, oldest first. */
  timelines: Timeline[];
}

/** The snapshot of a log that has nothing yet. */
export const EMPTY_SNAPSHOT: LogSnapshot = {
  rooms: [],
  sessions: [],
  accounts: [],
  bans: [],
  timelines: [],
};

/** A stretch of a room's entries; its own come with `ref` for the session that asks. */
export interface Range {
  room: string;
  /** Above this `seq`, oldest first; or below `before`, the nearest to it. */
  after?: number;
  before?: number;
  /** At most so many. */
  limit: number;
  session?: string | undefined;
}

/** A stretch of the log, oldest first, and whether there is more in that direction. */
export interface Page<Item> {
  items: Item[];
  more: boolean;
}

/** A query, and where to look. */
export interface Search {
  query: string;
  /** Only these rooms. */
  rooms: string[];
  /** Only what this name said. */
  from?: string | undefined;
  limit: number;
}

/** A search's result; `isIncomplete` where some messages are not in the index yet. */
export interface FoundPage extends Page<Entry> {
  isIncomplete?: boolean;
}

/** A search's result, or what is wrong with its query. */
export type Found = FoundPage | { problem: string };

/** The log's messages. All promises keep the order of the calls. */
export interface MessageLog extends AsyncDisposable {
  /** Whether everything that is kept takes memory. */
  readonly isInMemory: boolean;
  /**
   * Puts drafts into the log, in their order, all or none of a batch; resolves when
   * they will survive what the log promises to survive. Never rejects: a draft that
   * could not be kept has the outcome `failed`. Accounts and sessions are changed by the
   * same call: what a message comes to depends on them, and is judged in one transaction.
   */
  append(drafts: readonly Draft[]): Promise<Outcome[]>;
  /** A stretch of a room. Rejects with a {@linkcode LogFailure}, as the rest do. */
  read(range: Range): Promise<Page<MessagePayload>>;
  /** The direct messages of an inbox above `after`, oldest first. */
  inbox(session: string, after: number, limit: number): Promise<Page<DirectPayload>>;
  /** Messages that match, newest first. */
  search(search: Search): Promise<Found>;
  /** The unread messages of `name`, in each of `rooms` that has a log. */
  unread(name: string, rooms: string[]): Promise<UnreadRoom[]>;
  /** Ends it; gives a report for the operator where it does not have all that was acknowledged. */
  close(): Promise<string | undefined>;
}

/** The log of a server: one store, in one transaction, of messages and of accounts. */
export interface ServerLog extends MessageLog, AccountStore {}

/** Whether a direct message is refused where no inbox takes it. */
export function mustHaveInbox({ inbox }: DirectDraft): boolean {
  if (typeof inbox === "object" && "account" in inbox) return !inbox.isHere;
  return inbox !== undefined;
}

/** Unread messages of a room that are looked into for mentions; older ones are only counted. */
export const MENTIONS_LOOKED_FOR = 1000;

/** The log could not be asked: a disk or a file failed. Its message is for people. */
export class LogFailure extends Error {
  override name = "LogFailure";
}
