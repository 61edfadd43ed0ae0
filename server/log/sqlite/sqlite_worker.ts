/// <reference lib="deno.worker" />
/**
 * The worker in which SQLite blocks, so that nothing else has to. One of these
 * writes; two others read.
 */

import { DatabaseSync } from "node:sqlite";
import { endedCleanly, unmarkCleanEnd } from "./file/clean_end.ts";
import { ExpiryClock } from "../expiry_clock.ts";
import type { Account } from "../account_store.ts";
import type { Draft, LogSnapshot, Outcome, Range, Search } from "../message_log.ts";
import { Appender } from "./append.ts";
import { checkFile } from "./check.ts";
import { BUSY_TIMEOUT, Detached, LogFile, readOnce } from "./database.ts";
import { MessageIndex } from "./search_index.ts";
import { forgetEmptyRooms, Pruner, type Retention } from "./prune.ts";
import { Queries } from "./queries.ts";
import { AccountTable } from "./accounts.ts";
import { UnusableFile } from "./schema.ts";
import { Statements } from "./statements.ts";

/** How a file is opened. */
export interface Opening {
  path: string;
  /** `full`: on the disk before it is acknowledged. `normal`: safe from all but a power cut. */
  sync: "full" | "normal";
  retention: Retention;
}

/**
 * Milliseconds without a write after which the index is brought up to date, and all that
 * the WAL has is put into the database's own file: a copy of that alone is whole then.
 */
const QUIET = 200;

/** Milliseconds between looks at what other programs do to the files of a quiet log. */
const WATCH_INTERVAL = 1000;

/** Milliseconds between looks for what is past its time. */
const PRUNE_INTERVAL = 60_000;

let opening: Opening;
/** What the writer has open, unless it failed to open it afresh. */
let file: LogFile | undefined;
/** What a reader has open. */
let reader: DatabaseSync | undefined;
let readerPath = "";
/** Whether what knows rows by heart may be wrong. */
let isStale = true;
let appender: Appender;
let index: MessageIndex;
let expiryClock: ExpiryClock;
let queries: Queries;
let accounts: AccountTable;
let pruner: Pruner;
/** Changes when another connection has written to the file. */
let dataVersion: number | undefined;
let quietTimer: ReturnType<typeof setTimeout> | undefined;
let pruneTimer: ReturnType<typeof setTimeout> | undefined;
let watchTimer: ReturnType<typeof setInterval> | undefined;

/** What the main thread may call. Results and errors go back by the same number. */
const METHODS = {
  /** Opens the file for writing and says what is in it. */
  open(how: Opening): LogSnapshot {
    opening = how;
    if (!endedCleanly(how.path)) checkFile(how.path);
    const opened = openForWriting();
    unmarkCleanEnd(how.path);
    forgetEmptyRooms(opened.database);
    freshen(opened);
    const lastAway = queries.lastAway() ?? Date.now();
    expiryClock = new ExpiryClock(Math.min(lastAway, Date.now()), performance.now());
    const snapshot = {
      rooms: queries.rooms(),
      sessions: queries.connected(),
      accounts: accounts.all(),
    };
    dataVersion = readDataVersion();
    // Whoever was connected is not any more.
    opened.database.prepare("UPDATE session SET away_since = ? WHERE away_since IS NULL").run(
      Date.now(),
    );
    afterWrite();
    pruneTimer = setTimeout(pruneSome, 0);
    watchTimer = setInterval(watchInPeace, WATCH_INTERVAL);
    return snapshot;
  },

  /** Opens a file that a writer has open, for reading. */
  openReader(path: string): void {
    readerPath = path;
    readable();
  },

  /** Lets go of the file, so that the writer is the only one that has it open. */
  release(): void {
    reader?.close();
    reader = undefined;
  },

  /** Opens the files afresh, once all readers have been released. */
  reopen(): void {
    file?.detach();
    file = undefined;
    openForWriting();
  },

  append: (drafts: readonly Draft[]): Outcome[] =>
    written(() => appender.append(drafts, Date.now())),

  /** Brings the index up to date. */
  index(): void {
    if (index.isComplete) return;
    written(({ database }) => {
      database.exec("BEGIN IMMEDIATE");
      index.complete();
      database.exec("COMMIT");
    });
  },

  session: (hash: string) => asked(() => queries.session(hash)),
  account: (name: string) => asked(() => accounts.stored(name)),
  accountSessions: (account: number) => asked(() => accounts.sessionsOf(account)),

  /** All accounts, where someone else may have changed them since the last time. */
  changedAccounts(): Account[] | undefined {
    return asked(() => {
      const before = dataVersion;
      dataVersion = readDataVersion();
      return before === dataVersion ? undefined : accounts.all();
    });
  },

  read: (range: Range) => readable().read(range),
  inbox: (session: string, after: number, limit: number) => readable().inbox(session, after, limit),
  search: (search: Search) => readable().search(search),
  unread: (name: string, rooms: string[]) => readable().unread(name, rooms),

  /** Ends all work of the writer. What was acknowledged and can't be found at the path is told. */
  close(): string | undefined {
    clearTimeout(quietTimer);
    clearTimeout(pruneTimer);
    clearInterval(watchTimer);
    return file === undefined ? cannotReopen(opening.path) : file.close();
  },
};

/** The name of a method that the main thread may call. */
export type Method = keyof typeof METHODS;

/** A call from the main thread. */
export interface Call {
  id: number;
  method: Method;
  args: unknown[];
}

/** What came of a call. */
export type Reply = { id: number; result: unknown } | { id: number; reason: string; kind: Failure };

/** Why a call failed. `detached`: it can be made again, once all have opened the files afresh. */
export type Failure = "failed" | "unusable" | "detached";

self.onmessage = ({ data: { id, method, args } }: MessageEvent<Call>) => {
  self.postMessage(answer(id, method, args));
};

function answer(id: number, method: Method, args: unknown[]): Reply {
  try {
    const call = METHODS[method] as (...args: unknown[]) => unknown;
    return { id, result: call(...args) };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { id, reason: reasonOf(error), kind: kindOf(error) };
  }
}

function kindOf(error: Error): Failure {
  if (error instanceof Detached) return "detached";
  return error instanceof UnusableFile ? "unusable" : "failed";
}

function openForWriting(): LogFile {
  file = new LogFile(opening.path, opening.sync);
  isStale = true;
  // A new connection counts by itself.
  dataVersion = undefined;
  return file;
}

/** Makes anew what knows rows of the database by heart, with nothing left of a write that failed. */
function freshen(open: LogFile): void {
  isStale = true;
  open.rollBack();
  const { database } = open;
  index = new MessageIndex(database);
  appender = new Appender(database, index, open.heads);
  queries = new Queries(database);
  accounts = new AccountTable(new Statements(database));
  pruner = new Pruner(database, opening.retention);
  isStale = false;
}

function cannotReopen(path: string): string {
  return `${path} could not be opened afresh; it has all that was acknowledged. ` +
    `Before the next start, move away what is at ${path}-wal and ${path}-shm`;
}

function readDataVersion(): number {
  return writable().database.prepare("PRAGMA data_version").get()?.["data_version"] as number;
}

function writable(): LogFile {
  return file ?? openForWriting();
}

function readable(): Queries {
  if (reader !== undefined) return queries;
  reader = new DatabaseSync(readerPath, { readOnly: true });
  // The writer may be putting its file in order after a failure.
  reader.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT}`);
  readOnce(reader);
  return queries = new Queries(reader);
}

/** Runs a write. After a failure nothing of it is left, so that the next one starts clean. */
function written<Result>(write: (file: LogFile) => Result): Result {
  const result = asked((file) => {
    if (file.hasChanged()) freshen(file);
    return write(file);
  });
  afterWrite();
  return result;
}

/** Asks the writer's connection, which sees all that was written before. */
function asked<Result>(ask: (file: LogFile) => Result): Result {
  const open = writable();
  open.check();
  if (isStale) freshen(open);
  try {
    return ask(open);
  } catch (error) {
    freshen(open);
    throw error;
  }
}

function afterWrite(): void {
  file?.note();
  clearTimeout(quietTimer);
  quietTimer = setTimeout(settleInPeace, QUIET);
}

/** An error here would end the worker, and with it the log. */
function settleInPeace(): void {
  try {
    METHODS.index();
    clearTimeout(quietTimer);
    if (file?.checkpointInPeace() === false) quietTimer = setTimeout(settleInPeace, WATCH_INTERVAL);
  } catch {
    // The next append meets the same failure and reports it; a search indexes for itself.
  }
}

/** What can be saved is saved as soon as it is seen that somebody takes the files away. */
function watchInPeace(): void {
  try {
    file?.check();
  } catch {
    // The next append meets the same failure and reports it, or the end does.
  }
}

function pruneSome(): void {
  let again = false;
  try {
    const now = expiryClock.now(Date.now(), performance.now());
    again = written(() => pruner.step(now));
    appender.forgetSessions();
  } catch {
    // The next append meets the same failure and reports it; pruning can wait.
  }
  pruneTimer = setTimeout(pruneSome, again ? 0 : PRUNE_INTERVAL);
}

/**
 * What SQLite's own words (sqlite3_errstr) mean to an operator. Not its result
 * codes: the runtime passes those on for some statements only.
 */
const REASONS: Record<string, string> = {
  "database is locked": "another program holds its lock",
  "attempt to write a readonly database": "it can't be written to",
  "disk I/O error": "the disk failed",
  "database disk image is malformed": "it is damaged",
  "database or disk is full": "the disk is full",
  "unable to open database file": "it can't be opened",
  "file is not a database": "it is no database, or damaged",
};

function reasonOf(error: Error): string {
  // The index has words of its own for it.
  if (error.message.startsWith("invalid fts5 file format")) return "it is damaged";
  return REASONS[error.message] ?? error.message;
}
