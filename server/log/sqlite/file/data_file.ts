/**
 * The file that holds the log: where it is, who may read it, and that no two
 * servers use it.
 */

import { type Platform, stateDirectory } from "../../../../cli/directories.ts";
import { DatabaseSync } from "node:sqlite";

/**
 * Where the log is unless `--data` names a file: `chat.db` in the state directory.
 * `undefined` where the environment names no home.
 */
export function defaultDataFile(platform: Platform): string | undefined {
  const directory = stateDirectory(platform, "chat-server");
  return directory && `${directory}${platform.os === "windows" ? "\\" : "/"}chat.db`;
}

/** Another server has the file. */
export class FileInUse extends Error {
  override name = "FileInUse";
}

/** A file that is this server's alone until it is disposed of. */
export class DataFile implements Disposable {
  readonly path: string;
  readonly #lock: DatabaseSync;

  /**
   * Makes the file, readable by its owner alone, where there is none. Throws
   * {@linkcode FileInUse}, or what the file system throws.
   */
  constructor(path: string) {
    const directory = path.replace(/[^/\\]*$/, "");
    if (directory !== "") Deno.mkdirSync(directory, { recursive: true, mode: 0o700 });
    Deno.openSync(path, { create: true, append: true, mode: 0o600 }).close();
    this.path = Deno.realPathSync(path);
    // Beside the file itself: a link to it is no way round the lock.
    this.#lock = lock(`${this.path}-lock`);
  }

  [Symbol.dispose](): void {
    this.#lock.close();
  }
}

/**
 * Holds a file's lock for as long as the process lives, however it ends. SQLite's
 * own lock on an empty database does that on every platform that Deno runs on;
 * `Deno.FsFile.tryLock` is not in Deno 2.6.
 */
function lock(path: string): DatabaseSync {
  Deno.openSync(path, { create: true, append: true, mode: 0o600 }).close();
  const database = new DatabaseSync(path);
  try {
    database.exec("PRAGMA busy_timeout = 0; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
    return database;
  } catch (error) {
    database.close();
    // The runtime gives no result code here; SQLite's own text for SQLITE_BUSY does.
    const isBusy = error instanceof Error && error.message === "database is locked";
    throw isBusy ? new FileInUse("another chat-server uses it") : error;
  }
}
