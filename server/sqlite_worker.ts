/// <reference lib="deno.worker" />
/**
 * The worker in which SQLite blocks, so that nothing else has to. One of these
 * writes; two others read.
 */

import { DatabaseSync } from "node:sqlite";
import { ExpiryClock } from "./expiry_clock.ts";
import type { Claim, Draft, Memory, Outcome, Range, Search } from "./message_log.ts";
import { exists } from "./reading.ts";
import { Appender } from "./sqlite_append.ts";
import { MessageIndex } from "./sqlite_index.ts";
import { forgetEmptyRooms, Pruner, type Retention } from "./sqlite_prune.ts";
import { Queries } from "./sqlite_queries.ts";
import { ClaimTable } from "./sqlite_claims.ts";
import { checkSchema, migrate, UnusableFile } from "./sqlite_schema.ts";
import { Statements } from "./statements.ts";

/** How a file is opened. */
export interface Opening {
  path: string;
  /** `full`: on the disk before it is acknowledged. `normal`: safe from all but a power cut. */
  sync: "full" | "normal";
  retention: Retention;
}

/** Milliseconds without an append after which the index is brought up to date. */
const INDEX_IDLE = 200;

/** Milliseconds to wait for another connection's lock. */
const BUSY_TIMEOUT = 2000;

/** Milliseconds between looks for what is past its time. */
const PRUNE_INTERVAL = 60_000;

let opening: Opening;
/** The file as it was last seen. */
let file: Deno.FileInfo | undefined;
let database: DatabaseSync | undefined;
let appender: Appender;
let index: MessageIndex;
let expiryClock: ExpiryClock;
let queries: Queries;
let claims: ClaimTable;
let pruner: Pruner;
/** Changes when another connection has written to the file. */
let dataVersion: number | undefined;
let indexTimer: ReturnType<typeof setTimeout> | undefined;
let pruneTimer: ReturnType<typeof setTimeout> | undefined;

/** What the main thread may call. Results and errors go back by the same number. */
const METHODS = {
  /** Opens the file for writing and says what is in it. */
  open(how: Opening): Memory {
    opening = how;
    try {
      openForWriting();
    } catch (error) {
      reopenLater();
      throw error;
    }
    file = Deno.statSync(how.path);
    forgetEmptyRooms(writable());
    const lastAway = queries.lastAway() ?? Date.now();
    expiryClock = new ExpiryClock(Math.min(lastAway, Date.now()), performance.now());
    const memory = {
      rooms: queries.rooms(),
      sessions: queries.connected(),
      claims: claims.all(),
    };
    dataVersion = readDataVersion();
    // Whoever was connected is not any more.
    writable().prepare("UPDATE session SET away_since = ? WHERE away_since IS NULL").run(
      Date.now(),
    );
    pruneTimer = setTimeout(pruneSome, 0);
    return memory;
  },

  /** Opens a file that a writer has open, for reading. */
  openReader(path: string): void {
    database = new DatabaseSync(path, { readOnly: true });
    // The writer may be putting its file in order after a failure.
    database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT}`);
    queries = new Queries(database);
  },

  append(drafts: readonly Draft[]): Outcome[] {
    const outcomes = written(() => appender.append(drafts, Date.now()));
    clearTimeout(indexTimer);
    if (!index.isComplete) indexTimer = setTimeout(indexInPeace, INDEX_IDLE);
    return outcomes;
  },

  /** Brings the index up to date. */
  index(): void {
    if (index.isComplete) return;
    written(() => {
      writable().exec("BEGIN IMMEDIATE");
      index.complete();
      writable().exec("COMMIT");
    });
  },

  session: (hash: string) =>
    database === undefined ? written(() => queries.session(hash)) : queries.session(hash),
  claim: (name: string) => written(() => claims.stored(name)),
  claimSessions: (claim: number) => written(() => claims.sessionsOf(claim)),

  /** All claims, where someone else may have changed them since the last time. */
  changedClaims(): Claim[] | undefined {
    return written(() => {
      const before = dataVersion;
      dataVersion = readDataVersion();
      return before === dataVersion ? undefined : claims.all();
    });
  },

  read: (range: Range) => queries.read(range),
  inbox: (session: string, after: number, limit: number) => queries.inbox(session, after, limit),
  search: (search: Search) => queries.search(search),
  unread: (name: string, rooms: string[]) => queries.unread(name, rooms),

  close(): void {
    clearTimeout(indexTimer);
    clearTimeout(pruneTimer);
    database?.close();
    database = undefined;
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

/** What came of a call. `unusable`: the file is not for this program. */
export type Reply =
  | { id: number; result: unknown }
  | { id: number; reason: string; unusable: boolean };

self.onmessage = ({ data: { id, method, args } }: MessageEvent<Call>) => {
  self.postMessage(answer(id, method, args));
};

function answer(id: number, method: Method, args: unknown[]): Reply {
  try {
    const call = METHODS[method] as (...args: unknown[]) => unknown;
    return { id, result: call(...args) };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { id, reason: reasonOf(error), unusable: error instanceof UnusableFile };
  }
}

function openForWriting(): void {
  database = new DatabaseSync(opening.path);
  // First of all: a file that is not for this program must not even become a WAL.
  checkSchema(database);
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${opening.sync};
    PRAGMA busy_timeout = ${BUSY_TIMEOUT}; PRAGMA journal_size_limit = 67108864;`);
  migrate(database);
  index = new MessageIndex(database);
  appender = new Appender(database, index);
  queries = new Queries(database);
  claims = new ClaimTable(new Statements(database));
  pruner = new Pruner(database, opening.retention);
  // A new connection counts by itself.
  dataVersion = undefined;
}

function readDataVersion(): number {
  return writable().prepare("PRAGMA data_version").get()?.["data_version"] as number;
}

function writable(): DatabaseSync {
  if (database === undefined) openForWriting();
  return database as DatabaseSync;
}

/** Runs a write. After a failure the file is opened afresh, so that the next one starts clean. */
function written<Result>(write: () => Result): Result {
  try {
    checkFile();
    writable();
    return write();
  } catch (error) {
    reopenLater();
    throw error;
  }
}

/** A file that was deleted, replaced or emptied still takes writes, and would lose them. */
function checkFile(): void {
  let now: Deno.FileInfo;
  try {
    now = Deno.statSync(opening.path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Error(`${opening.path} is gone`);
  }
  if (now.ino !== file?.ino) throw new Error(`${opening.path} was replaced by another file`);
  // SQLite never makes it smaller.
  if (now.size < file.size) throw new Error(`${opening.path} was cut short`);
  file = now;
  // Without its WAL, a crash would lose what is in there alone; closing the file saves it.
  if (database !== undefined && !exists(`${opening.path}-wal`)) reopenLater();
}

function reopenLater(): void {
  try {
    database?.close();
  } finally {
    database = undefined;
  }
}

/** An error here would end the worker, and with it the log. */
function indexInPeace(): void {
  try {
    METHODS.index();
  } catch {
    // The next append meets the same failure and reports it; a search indexes for itself.
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
