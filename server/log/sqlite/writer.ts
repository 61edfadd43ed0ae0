/**
 * Writes to the log's file: appends, the search index, retention, and the watch over what
 * other programs do to the file. One thread has one of these.
 */

import { endedCleanly, unmarkCleanEnd } from "./file/clean_end.ts";
import { LogClock, type Moment } from "../log_clock.ts";
import type { AccountSession, AccountsSnapshot } from "../account_store.ts";
import type { Draft, LogSnapshot, Outcome } from "../message_log.ts";
import { sizeOf } from "../../process/files.ts";
import { Appender } from "./tables/append.ts";
import { checkFile, type Heads } from "./check.ts";
import { checkNoOrphanedWal, checkNothingSaved, LogFile } from "./database.ts";
import { BACKLOG, MessageIndex } from "./tables/search_index.ts";
import { forgetEmptyRooms, Pruner, type Retention } from "./tables/prune.ts";
import { Queries } from "./tables/queries.ts";
import { AccountTable } from "./tables/accounts.ts";
import { RightsTable } from "./tables/rights.ts";
import { timelinesOf } from "./tables/timelines.ts";
import { CLOCK_INTERVAL, readClock, storeClock } from "./tables/clock_row.ts";
import { BackgroundWork, type OnFailure } from "./background_work.ts";
import { Statements } from "./tables/statements.ts";

/** How a file is opened. */
export interface Opening {
  path: string;
  /** `full`: on the disk before it is acknowledged. `normal`: safe from all but a power cut. */
  sync: "full" | "normal";
  retention: Retention;
}

/**
 * Milliseconds without a write after which the index is brought up to date, and the WAL is
 * put into the database's own file: a copy of that alone is whole then.
 */
const QUIET = 200;

/** Milliseconds between two steps of indexing, in which appends have their turn. */
const INDEX_PAUSE = 4;

/** Messages that a search may wait for until they are indexed. */
const MAX_AT_ONCE = 2 * BACKLOG;

/** Milliseconds between looks at what other programs do to the files of a quiet log. */
const WATCH_INTERVAL = 1000;

/** Milliseconds between looks for what is past its time. */
const PRUNE_INTERVAL = 60_000;

/** The objects that cache rows of one open database. */
interface Tables {
  appender: Appender;
  index: MessageIndex;
  queries: Queries;
  accounts: AccountTable;
  rights: RightsTable;
  pruner: Pruner;
}

/** Writes to one log's file, which it opens again after other programs have taken it away. */
export class LogWriter {
  readonly #opening: Opening;
  readonly #background: BackgroundWork;
  /** `undefined` where the file could not be opened afresh. */
  #file: LogFile | undefined;
  /** The last `seq` of each room that the file must have, whenever it is opened again. */
  #heads: Heads = new Map();
  /** `undefined` where cached rows may be wrong. */
  #tables: Tables | undefined;
  readonly #clock: LogClock;
  /** The log's time that was stored last. */
  #storedTime = -Infinity;
  /** Changes when another connection has written to the file. */
  #dataVersion: number | undefined;
  #quietTimer: ReturnType<typeof setTimeout> | undefined;
  #indexTimer: ReturnType<typeof setTimeout> | undefined;
  #pruneTimer: ReturnType<typeof setTimeout> | undefined;
  readonly #watchTimer: ReturnType<typeof setInterval>;
  /** The log's content when it was opened. */
  readonly snapshot: LogSnapshot;

  /**
   * Opens the file, or makes it. Fails for one that is damaged, or not for this program.
   * `onFailure` is called where work in the background fails: once, while it goes on failing
   * for the same reason.
   */
  constructor(opening: Opening, onFailure: OnFailure) {
    this.#opening = opening;
    this.#background = new BackgroundWork(onFailure);
    checkNothingSaved(opening.path);
    checkNoOrphanedWal(opening.path);
    if (!endedCleanly(opening.path)) checkFile(opening.path);
    const file = this.#open();
    unmarkCleanEnd(opening.path);
    forgetEmptyRooms(file.database);
    const { queries, accounts, rights } = this.#freshen(file);
    this.#clock = new LogClock(readClock(file.database, Date.now()), performance.now());
    this.snapshot = {
      rooms: queries.rooms(),
      sessions: queries.connected(),
      accounts: accounts.all(),
      bans: rights.serverBans(),
      timelines: timelinesOf(file.database),
    };
    this.#dataVersion = this.#readDataVersion();
    // The connections of the last server are gone.
    file.database.prepare("UPDATE session SET away_since = ? WHERE away_since IS NULL")
      .run(this.#tick().time);
    this.#afterWrite();
    this.#pruneTimer = setTimeout(() => this.#prune(), 0);
    this.#watchTimer = setInterval(() => this.#watch(), WATCH_INTERVAL);
  }

  /** Opens the files afresh, once all readers have been released. */
  reopen(): void {
    this.#file?.detach();
    this.#file = undefined;
    this.#open();
  }

  /** Changes what is kept, and begins to delete what is not. */
  retain(retention: Retention): void {
    // The pruner has this very object.
    Object.assign(this.#opening.retention, retention);
    clearTimeout(this.#pruneTimer);
    this.#pruneTimer = setTimeout(() => this.#prune(), 0);
  }

  /** The bytes of the database's own file, and of its WAL. */
  sizes(): Record<"data" | "wal", number> {
    const { path } = this.#opening;
    return { data: sizeOf(path), wal: sizeOf(`${path}-wal`) };
  }

  /** Keeps all of `drafts` or, throwing what SQLite throws, none. */
  append(drafts: readonly Draft[]): Outcome[] {
    return this.#write(({ appender }) => appender.append(drafts, this.#tick()));
  }

  /** Brings the index up to date, if few messages wait for that; says whether it is. */
  completeIndex(): boolean {
    const isNear = () => this.#backlog > 0 && this.#backlog <= MAX_AT_ONCE;
    while (isNear()) this.#indexStep();
    return this.#backlog === 0;
  }

  /** Asks the writer's connection, which sees all that was written before. */
  ask<Result>(ask: (tables: Tables) => Result): Result {
    return this.#use(ask);
  }

  /** The sessions of an account; they went away at dates, not at moments of the log's time. */
  accountSessions(account: number): AccountSession[] {
    const sessions = this.#use(({ accounts }) => accounts.sessionsOf(account));
    return sessions.map(({ session, awaySince }) =>
      awaySince === undefined ? { session } : { session, awaySince: this.#clock.toDate(awaySince) }
    );
  }

  /** All accounts and the server's bans, where another connection may have changed them since the last time. */
  changedAccounts(): AccountsSnapshot | undefined {
    return this.#use(({ accounts, rights }) => {
      const before = this.#dataVersion;
      this.#dataVersion = this.#readDataVersion();
      if (before === this.#dataVersion) return undefined;
      return { accounts: accounts.all(), bans: rights.serverBans() };
    });
  }

  /** Ends all work. Gives a report where acknowledged messages are not in the file at the path. */
  close(): string | undefined {
    if (this.#file !== undefined) {
      this.#background.run("watching", () => this.#write(() => this.#storeClock()));
    }
    for (const timer of [this.#quietTimer, this.#indexTimer, this.#pruneTimer]) clearTimeout(timer);
    clearInterval(this.#watchTimer);
    return this.#file === undefined ? cannotReopen(this.#opening.path) : this.#file.close();
  }

  #open(): LogFile {
    const { path, sync } = this.#opening;
    this.#file = new LogFile(path, sync, this.#heads);
    this.#heads = this.#file.heads;
    this.#tables = undefined;
    // A new connection counts by itself.
    this.#dataVersion = undefined;
    return this.#file;
  }

  /** Makes anew what caches rows of the database, with nothing left of a write that failed. */
  #freshen(file: LogFile): Tables {
    this.#tables = undefined;
    file.rollBack();
    const { database, heads } = file;
    const statements = new Statements(database);
    const index = new MessageIndex(database);
    return this.#tables = {
      index,
      appender: new Appender(database, index, heads),
      queries: new Queries(database),
      accounts: new AccountTable(statements),
      rights: new RightsTable(statements),
      pruner: new Pruner(database, this.#opening.retention),
    };
  }

  #tick(): Moment {
    return this.#clock.tick(Date.now(), performance.now());
  }

  #storeClock(): void {
    const { database } = this.#file ?? this.#open();
    const { state } = this.#clock;
    storeClock(database, state);
    this.#storedTime = state.time;
  }

  #readDataVersion(): number {
    const { database } = this.#file ?? this.#open();
    return database.prepare("PRAGMA data_version").get()?.["data_version"] as number;
  }

  /** Runs a write. After a failure nothing of it is left, so that the next one starts clean. */
  #write<Result>(write: (tables: Tables, file: LogFile) => Result): Result {
    const result = this.#use((tables, file) =>
      write(file.hasChanged() ? this.#freshen(file) : tables, file)
    );
    this.#afterWrite();
    return result;
  }

  #use<Result>(use: (tables: Tables, file: LogFile) => Result): Result {
    const file = this.#file ?? this.#open();
    file.check();
    const tables = this.#tables ?? this.#freshen(file);
    try {
      return use(tables, file);
    } catch (error) {
      this.#freshen(file);
      throw error;
    }
  }

  #afterWrite(): void {
    this.#file?.note();
    this.#settleIn(QUIET);
    const isFarBehind = (this.#tables?.index.backlog ?? 0) > MAX_AT_ONCE;
    if (isFarBehind) this.#indexTimer ??= setTimeout(() => this.#fillIndex(), INDEX_PAUSE);
  }

  #settleIn(delay: number): void {
    clearTimeout(this.#quietTimer);
    this.#quietTimer = setTimeout(() => this.#settle(), delay);
  }

  #settle(): void {
    this.#background.run("indexing", () => {
      if (this.#backlog > 0) this.#indexStep();
      if (this.#backlog > 0) return this.#settleIn(INDEX_PAUSE);
      clearTimeout(this.#quietTimer);
      if (this.#file?.checkpointInPeace() === false) this.#settleIn(WATCH_INTERVAL);
    });
  }

  /** Takes one step, after which another one is due, until the index is near its end. */
  #fillIndex(): void {
    this.#indexTimer = undefined;
    this.#background.run("indexing", () => this.#indexStep());
  }

  /** Messages that are not indexed. */
  get #backlog(): number {
    return this.#use(({ index }) => index.backlog);
  }

  #indexStep(): void {
    this.#write(({ index }, { database }) => {
      // The index can be made again after a power cut, so it need not wait for the disk.
      database.exec("PRAGMA synchronous = NORMAL; BEGIN IMMEDIATE");
      index.step();
      database.exec(`COMMIT; PRAGMA synchronous = ${this.#opening.sync}`);
    });
  }

  /** Saves what can be saved as soon as another program is seen to take the files away. */
  #watch(): void {
    this.#background.run("watching", () => this.#file?.check());
    this.#background.run("checkpoints", () => this.#file?.checkWal());
  }

  #prune(): void {
    let again = false;
    this.#background.run("pruning", () => {
      const { time } = this.#tick();
      if (time > this.#storedTime + CLOCK_INTERVAL) this.#write(() => this.#storeClock());
      again = this.#write(({ pruner }) => pruner.step(time));
      this.#tables?.appender.forgetSessions();
    });
    this.#pruneTimer = setTimeout(() => this.#prune(), again ? 0 : PRUNE_INTERVAL);
  }
}

function cannotReopen(path: string): string {
  return `${path} could not be opened afresh; it has all that was acknowledged. ` +
    `Before the next start, move away what is at ${path}-wal and ${path}-shm`;
}
