/**
 * Finds out what other programs do to the log's three files while a server uses them: the
 * database, its WAL, and the wal-index. SQLite goes on with files that were deleted,
 * replaced or overwritten, and loses what it writes to them.
 */

import {
  holdsFrames,
  isCheckpointed,
  isEqual,
  isSuccessor,
  pagesOf,
  readWalIndex,
  voidWalIndex,
  type WalIndex,
} from "./wal_index.ts";
import { isSame, isUnchanged, partsOf, type Status, statusOf } from "./file_status.ts";
import { PageSample, SAMPLE_SIZE } from "./page_sample.ts";

/** A change by another program. */
export type Finding =
  /** The path no longer leads to the database in use. */
  | { kind: "elsewhere"; reason: string }
  /** Its file was written to, and not by SQLite, which says nothing of its bytes. */
  | { kind: "overwritten"; reason: string }
  /** The WAL's bytes were changed, and it held what is nowhere else. */
  | { kind: "wal lost"; reason: string }
  /** The wal-index was overwritten by an older one; the WAL has all that is needed to make it anew. */
  | { kind: "index lost" }
  /** The WAL or the wal-index at its path is not the one in use, or holds nothing: it is to be opened afresh. */
  | { kind: "detached" };

/** Looks at the files while they keep changing. */
const TRIES = 10;

interface Snapshot {
  database: Status | undefined;
  wal: Status | undefined;
  index: Status | undefined;
  words: WalIndex | undefined;
}

/**
 * Watches the files of one open database. It keeps two of them open for itself, and is to
 * be disposed of after the last connection of this process was closed: closing a file
 * gives up all POSIX locks that the process has on it.
 */
export class FileWatch implements Disposable {
  readonly #path: string;
  readonly #database: Deno.FsFile;
  readonly #index: Deno.FsFile;
  readonly #sample: PageSample;
  #before: Snapshot;
  #change: number | undefined;

  /** To be made when a connection has read from the database: all three files are there then. */
  constructor(path: string) {
    this.#path = path;
    this.#database = Deno.openSync(path);
    this.#index = Deno.openSync(`${path}-shm`, { read: true, write: true });
    this.#before = this.#look();
    this.#sample = new PageSample(this.#database);
    this.#takeSample();
    this.noteChange();
  }

  /** Whether the database in use still has a name: it has none after it was deleted. */
  get hasName(): boolean {
    return (this.#database.statSync().nlink ?? 1) > 0;
  }

  /** Whether another connection has committed something since {@linkcode noteChange}. */
  get isChanged(): boolean {
    const words = readWalIndex(this.#index);
    return words !== undefined && words.change !== this.#change;
  }

  /** Takes what was committed until now for known. */
  noteChange(): void {
    this.#change = readWalIndex(this.#index)?.change;
  }

  /** The last frame of the WAL that counted, by the last note. */
  get lastFrame(): number {
    return this.#before.words?.lastFrame ?? 0;
  }

  /** Frames of the WAL that were not in the database, by the last note. */
  get framesLeft(): number {
    return this.lastFrame - (this.#before.words?.backfilled ?? 0);
  }

  /**
   * Whether the database is as long as it was by the last note, and has the pages that were
   * written last: it is no older copy then.
   */
  get isIntact(): boolean {
    return this.#database.statSync().size === this.#before.database?.size && this.#sample.isIntact;
  }

  /** To be called before a checkpoint that empties the WAL: notes what it is about to write. */
  noteFrames(): void {
    const { words } = this.#before;
    if (words !== undefined) this.#choosePages(words.lastFrame, words);
  }

  /** Takes the files as they are for what this process made of them, but not others in their place. */
  note(): void {
    this.#keep(this.#look());
  }

  /** Copies the bytes of the database in use to a file that is not there yet. */
  copyTo(path: string): void {
    using copy = Deno.openSync(path, { createNew: true, write: true, mode: 0o600 });
    const bytes = new Uint8Array(2 ** 20);
    this.#database.seekSync(0, Deno.SeekMode.Start);
    for (let read; (read = this.#database.readSync(bytes)) !== null;) {
      for (let at = 0; at < read;) at += copy.writeSync(bytes.subarray(at, read));
    }
    copy.syncSync();
  }

  /** Makes SQLite set up the wal-index anew, in a file that is as long as it has it mapped. */
  voidIndex(): void {
    const { size = 0 } = this.#before.index ?? {};
    if (this.#index.statSync().size < size) this.#index.truncateSync(size);
    voidWalIndex(this.#index);
  }

  /** The harmful change to the files since the last note, if there is one. */
  find(): Finding | undefined {
    const before = this.#before;
    const now = this.#look();
    const finding = this.#databaseMoved(now) ??
      indexLost(now, before) ??
      this.#walLost(now, before) ??
      detached(now, before) ??
      this.#overwritten(now, before);
    // The result of another program's checkpoint is known from now on.
    if (finding === undefined && hasCheckpoint(now, before)) this.#keep(now);
    return finding;
  }

  [Symbol.dispose](): void {
    this.#index.close();
    this.#database.close();
  }

  #keep(now: Snapshot): void {
    const before = this.#before;
    // Without a checkpoint SQLite changed nothing in the database: what did is still to be found.
    const isChanged = hasCheckpoint(now, before);
    const database = isSame(now.database, before.database)
      ? now.database
      : partsOf(this.#database.statSync());
    this.#before = {
      database: isChanged ? database : before.database,
      wal: isSame(now.wal, before.wal) ? now.wal : before.wal,
      index: isSame(now.index, before.index) ? now.index : before.index,
      words: now.words,
    };
    if (isChanged) this.#takeSample();
  }

  #takeSample(): void {
    const { words } = this.#before;
    if (words === undefined) return;
    this.#choosePages(words.backfilled, words);
    this.#sample.take(words.pageSize);
  }

  #choosePages(lastFrame: number, words: WalIndex): void {
    const path = `${this.#path}-wal`;
    if (lastFrame === 0 || !isSame(statusOf(path), this.#before.wal)) return;
    this.#sample.choose(pagesOf(path, lastFrame, words, SAMPLE_SIZE));
  }

  /** The files at one moment: a checkpoint of another program changes the index, too. */
  #look(): Snapshot {
    for (let tries = 1;; tries++) {
      const first = readWalIndex(this.#index);
      const database = statusOf(this.#path);
      const wal = statusOf(`${this.#path}-wal`);
      const index = statusOf(`${this.#path}-shm`);
      const words = readWalIndex(this.#index);
      if (tries === TRIES || isEqual(first, words)) return { database, wal, index, words };
    }
  }

  #databaseMoved({ database }: Snapshot): Finding | undefined {
    if (database === undefined) return { kind: "elsewhere", reason: `${this.#path} is gone` };
    if (isSame(database, this.#before.database)) return undefined;
    return { kind: "elsewhere", reason: `${this.#path} was replaced by another file` };
  }

  #walLost(now: Snapshot, before: Snapshot): Finding | undefined {
    const { wal, words } = now;
    // A WAL that was moved or deleted is still whole for the connections that have it open.
    if (wal === undefined || words === undefined || !isSame(wal, before.wal)) return undefined;
    if (isUnchanged(wal, before.wal) || holdsFrames(`${this.#path}-wal`, words)) return undefined;
    // Another program may have gone on meanwhile.
    if (!isEqual(readWalIndex(this.#index), words)) return undefined;
    if (words.backfilled === words.lastFrame) return { kind: "detached" };
    return { kind: "wal lost", reason: `${this.#path}-wal was overwritten by another program` };
  }

  #overwritten({ database, words }: Snapshot, before: Snapshot): Finding | undefined {
    if (database === undefined || isUnchanged(database, before.database)) return undefined;
    if (words === undefined || before.words === undefined) return undefined;
    if (isCheckpointed(words, before.words)) return undefined;
    const isShorter = database.size < (before.database?.size ?? 0);
    const how = isShorter ? "was cut short" : "was overwritten by another program";
    return { kind: "overwritten", reason: `${this.#path} ${how}` };
  }
}

function hasCheckpoint({ words }: Snapshot, before: Snapshot): boolean {
  return words !== undefined && before.words !== undefined && isCheckpointed(words, before.words);
}

function indexLost({ index, words }: Snapshot, before: Snapshot): Finding | undefined {
  // SQLite has it mapped: reading behind its end would end the process.
  const isShorter = (index?.size ?? 0) < (before.index?.size ?? 0);
  if (isSame(index, before.index) && isShorter) return { kind: "index lost" };
  if (words === undefined || before.words === undefined) return undefined;
  return isSuccessor(words, before.words) ? undefined : { kind: "index lost" };
}

function detached({ wal, index }: Snapshot, before: Snapshot): Finding | undefined {
  const isAttached = isSame(wal, before.wal) && isSame(index, before.index);
  return isAttached ? undefined : { kind: "detached" };
}
