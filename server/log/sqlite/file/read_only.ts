/** Opening a log that a server may have open, to read it. */

import { DatabaseSync } from "node:sqlite";
import { statusOf } from "./file_status.ts";

/** There is no log to read. */
export class NoFile extends Error {
  override name = "NoFile";
}

/**
 * Opens the log at `path`, which stays as it is, with its WAL; its user closes it. Throws a
 * {@linkcode NoFile} where there is no file, or an empty one, and what SQLite throws.
 */
export function openToRead(path: string): DatabaseSync {
  const size = statusOf(path)?.size;
  if (size === undefined) throw new NoFile("there is no such file");
  if (size === 0 && walSize(path) === 0) throw new NoFile("it is empty");
  // The last one to close a file puts its WAL into it, unless it may only read; and one that
  // may only read leaves a WAL behind where there was none.
  const database = new DatabaseSync(path, { readOnly: walSize(path) > 0 });
  database.exec("PRAGMA busy_timeout = 10000");
  return database;
}

/** Bytes in the WAL of the log at `path`. */
export function walSize(path: string): number {
  return statusOf(`${path}-wal`)?.size ?? 0;
}
