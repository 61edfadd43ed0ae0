/**
 * The database that a server writes to, among other programs that can do anything to its
 * file. Acknowledged messages that only the WAL has are put into the database's own file
 * before any connection that still has the WAL is closed.
 */

import { DatabaseSync } from "node:sqlite";
import { markCleanEnd } from "./file/clean_end.ts";
import { FileWatch, type Finding } from "./file/file_watch.ts";
import { statusOf } from "./file/file_status.ts";
import { walSize } from "./file/read_only.ts";
import { exists } from "../../process/files.ts";
import { checkFile, checkHeads, type Heads, headsOf, isSetBack } from "./check.ts";
import { checkSchema, migrate, UnusableFile } from "./tables/schema.ts";
import { ensureTimeline } from "./tables/timelines.ts";

/**
 * Milliseconds to wait for another connection's lock: longer than most programs hold one,
 * and less than clients wait for an answer to `connect`.
 */
export const BUSY_TIMEOUT = 8_000;

/** Frames of the WAL, a page of 4 KiB each, that are not in the database yet: 64 MiB of them. */
const MAX_FRAMES_LEFT = 16_384;

/** The files are to be opened afresh by all connections at once; nothing that was kept is lost by that. */
export class Detached extends Error {
  override name = "Detached";
}

/** One open database. */
export class LogFile {
  readonly database: DatabaseSync;
  /** The last `seq` of the rooms that were written to, by their ids; kept by the writer. */
  readonly heads: Map<number, number>;
  readonly #path: string;
  readonly #watch: FileWatch;
  /** Why nothing can be written any more, once that is so for good. */
  #lost: string | undefined;
  /** Why the database and its WAL may no longer belong together. */
  #mixed: string | undefined;
  #isDetached = false;
  /** The path of the copy of a database that was deleted while it was used. */
  #rescue: string | undefined;

  /**
   * Opens the file for writing, or makes it. Fails for one that is not for this program, or
   * that lacks the messages of `heads`.
   */
  constructor(path: string, sync: "full" | "normal", heads: Heads) {
    this.#path = path;
    this.database = new DatabaseSync(path);
    try {
      // First of all: a file that is not for this program must not even become a WAL.
      checkSchema(this.database);
      checkHeads(this.database, heads);
      // Only a file without tables takes this; older ones stay as large as they ever were.
      this.database.exec("PRAGMA auto_vacuum = INCREMENTAL");
      this.database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${sync};
        PRAGMA busy_timeout = ${BUSY_TIMEOUT}; PRAGMA journal_size_limit = 67108864;
        PRAGMA temp_store = MEMORY;`);
      migrate(this.database);
      ensureTimeline(this.database);
      this.heads = headsOf(this.database);
      this.#watch = new FileWatch(path);
    } catch (error) {
      this.database.close();
      throw error;
    }
  }

  /**
   * Whether another connection has changed the database since the last time, or the last write.
   * Fails when it took away messages.
   */
  hasChanged(): boolean {
    if (!this.#watch.isChanged) return false;
    this.#watch.noteChange();
    if (isSetBack(this.database, this.heads)) {
      this.#lose(`messages were taken out of ${this.#path} by another program`);
    }
    return true;
  }

  /**
   * To be called before the database is used: fails where what would be written could be
   * lost, with a {@linkcode Detached} where that can be mended.
   */
  check(): void {
    if (this.#lost !== undefined) throw new Error(this.#lost);
    if (this.#isDetached) throw new Detached();
    const finding = this.#watch.find();
    if (finding !== undefined) return this.#meet(finding);
    if (this.#mixed !== undefined) this.#makeSure(this.#mixed);
  }

  /** To be called after each write: what has happened to the files until now was its doing. */
  note(): void {
    this.#watch.note();
    this.#watch.noteChange();
  }

  /** Puts into the database's own file what only the WAL has; false while somebody is using that. */
  checkpointInPeace(): boolean {
    this.check();
    this.database.exec("PRAGMA busy_timeout = 0");
    try {
      return this.#checkpoint();
    } finally {
      this.database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT}`);
      this.#watch.note();
    }
  }

  /** Fails while the WAL can't be emptied and grows, which only a long read of another program's makes it do. */
  checkWal(): void {
    if (this.#watch.framesLeft < MAX_FRAMES_LEFT) return;
    throw new Error(
      `${this.#path}-wal grows, because another program has the database open for one long read ` +
        "or backup: the disk fills until that program ends",
    );
  }

  /** Gives up what a failed write has begun. */
  rollBack(): void {
    if (this.database.isTransaction) this.database.exec("ROLLBACK");
    this.#watch.note();
  }

  /** Closes files of which others have taken one away, to be opened afresh. */
  detach(): void {
    this.#save();
    this.#close();
  }

  /**
   * Closes the database, after all others of this process have. Gives a report, with what
   * to do, where acknowledged messages are not in the file at the path.
   */
  close(): string | undefined {
    const problem = this.#prepareToClose();
    this.#close();
    if (problem === undefined) markCleanEnd(this.#path);
    return problem;
  }

  #close(): void {
    this.database.close();
    this.#watch[Symbol.dispose]();
  }

  #meet(finding: Finding): void {
    switch (finding.kind) {
      case "elsewhere":
        this.#saveElsewhere();
        throw new Error(finding.reason);
      case "overwritten":
        if (this.#watch.isIntact) return this.#makeSure(finding.reason);
        this.#mixed = finding.reason;
        throw new Error(finding.reason);
      case "wal lost":
        this.#mixed = finding.reason;
        throw new Error(finding.reason);
      case "index lost":
        return this.#rebuildIndex();
      case "detached":
        this.#save();
        this.#isDetached = true;
        throw new Detached();
    }
  }

  /**
   * Goes on with files that were touched and yet are as they were, as after `touch` or after a
   * copy was put back. All connections open them afresh, since they may have read others.
   */
  #makeSure(reason: string): never {
    this.#mixed = reason;
    if (!this.#isWhole()) this.#lose(reason);
    this.#isDetached = true;
    throw new Detached();
  }

  #lose(reason: string): never {
    this.#lost = reason;
    throw new Error(reason);
  }

  /** Whether a file that was overwritten has all the same what it is to have. */
  #isWhole(): boolean {
    try {
      checkFile(this.#path, this.heads);
      return true;
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      return false;
    }
  }

  #rebuildIndex(): void {
    const { lastFrame } = this.#watch;
    this.#watch.voidIndex();
    readOnce(this.database);
    this.#watch.note();
    if (this.#watch.lastFrame < lastFrame) {
      this.#lose(`${this.#path}-wal and -shm were overwritten by another program`);
    }
    this.#save();
  }

  /** Puts everything into the database's own file, wherever that is now, and empties the WAL. */
  #save(): void {
    if (!this.#checkpoint()) throw new Error("another program holds its lock");
    this.#watch.note();
  }

  #checkpoint(): boolean {
    this.#watch.noteFrames();
    return this.database.prepare("PRAGMA wal_checkpoint(TRUNCATE)").get()?.["busy"] === 0;
  }

  /** The file has another name, or none: then what it had is copied, while it can still be read. */
  #saveElsewhere(): void {
    if (this.#rescue !== undefined) return;
    this.#save();
    if (this.#watch.hasName) return;
    const copy = freePath(savedPath(this.#path));
    this.#watch.copyTo(copy);
    this.#rescue = copy;
  }

  #prepareToClose(): string | undefined {
    try {
      this.check();
      this.hasChanged();
      return undefined;
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      if (error instanceof Detached) return undefined;
      return `${error.message} while the server used it; ${this.#advice()}`;
    }
  }

  /** Where the acknowledged messages are, and what to do now. */
  #advice(): string {
    if (this.#rescue !== undefined) {
      return `all that was acknowledged is in ${this.#rescue}: ` +
        `move that to ${this.#path} before the next start, or delete it`;
    }
    if (this.#lost === undefined && this.#mixed === undefined) {
      return "all that was acknowledged is in the file that was moved away: " +
        `move that back to ${this.#path} before the next start`;
    }
    if (this.#mixed !== undefined && this.#isWhole()) {
      return "it is whole, and has the last messages of all rooms, but what is kept beside them " +
        "may be older. Before the next start, put back a copy, unless that is as it should be";
    }
    const saved = this.#mixed !== undefined ? this.#setWalAside() : undefined;
    const rest = saved === undefined ? "" : `, and what it did not have yet is in ${saved}`;
    return `what was acknowledged may be missing in it${rest}. Before the next start, ` +
      "put back a copy, or see what sqlite3's .recover finds";
  }

  /** The WAL of a file that was overwritten would make the new one a mixture of both. */
  #setWalAside(): string | undefined {
    const wal = `${this.#path}-wal`;
    if (this.#watch.framesLeft === 0 || !exists(wal)) return undefined;
    const saved = Deno.statSync(wal).size === 0 ? undefined : freePath(`${wal}-saved`);
    if (saved !== undefined) Deno.copyFileSync(wal, saved);
    Deno.truncateSync(wal);
    this.#watch.voidIndex();
    return saved;
  }
}

/** Makes SQLite open the WAL and its index, which it does when something is read. */
export function readOnce(database: DatabaseSync): void {
  database.prepare("SELECT count(*) FROM sqlite_schema").get();
}

/**
 * Fails where the log at `path` was saved beside it, because it was deleted while a server
 * used it: what is at the path now lacks what was acknowledged.
 */
export function checkNothingSaved(path: string): void {
  const saved = savedPath(path);
  if (!exists(saved)) return;
  throw new UnusableFile(
    `all that was acknowledged before it was deleted is in ${saved}: ` +
      `move ${saved} to ${path}, or somewhere else to do without it`,
  );
}

/**
 * Fails where the log at `path` is gone or empty and its WAL is not: SQLite deletes a WAL without
 * a database, and with it what only the WAL has.
 */
export function checkNoOrphanedWal(path: string): void {
  if ((statusOf(path)?.size ?? 0) > 0 || walSize(path) === 0) return;
  throw new UnusableFile(
    `it is empty or was deleted, and ${path}-wal has messages that were acknowledged: put back a ` +
      `copy with chat-server restore, which keeps that file, or move it away to begin anew`,
  );
}

function savedPath(path: string): string {
  return `${path}-saved`;
}

/** A path at which there is nothing. */
export function freePath(path: string): string {
  let free = path;
  for (let count = 2; exists(free); count++) free = `${path}-${count}`;
  return free;
}
