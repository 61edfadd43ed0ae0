/**
 * Reads the log's file beside the writer, in a thread of its own.
 */

import { DatabaseSync } from "node:sqlite";
import { BUSY_TIMEOUT, readOnce } from "./database.ts";
import { Queries } from "./tables/queries.ts";

/** Reads one log's file, which it opens when it is first asked after each release. */
export class LogReader {
  readonly #path: string;
  #database: DatabaseSync | undefined;
  #queries: Queries | undefined;

  /** Opens the file, which a writer must have open. */
  constructor(path: string) {
    this.#path = path;
    this.queries;
  }

  /** Queries to the file as it is now. */
  get queries(): Queries {
    return this.#queries ??= new Queries(this.#open());
  }

  /** Lets go of the file, so that the writer is the only one that has it open. */
  release(): void {
    this.#database?.close();
    this.#database = undefined;
    this.#queries = undefined;
  }

  #open(): DatabaseSync {
    this.#database = new DatabaseSync(this.#path, { readOnly: true });
    // No file: a container's root may be read-only.
    this.#database.exec("PRAGMA temp_store = MEMORY");
    // The writer may hold the lock while it recovers the WAL after a failure.
    this.#database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT}`);
    readOnce(this.#database);
    return this.#database;
  }
}
