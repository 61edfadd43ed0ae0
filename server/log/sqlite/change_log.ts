/** Changing a log that a server may have open; that one learns of it within two seconds. */

import { DatabaseSync } from "node:sqlite";
import { checkNoOrphanedWal } from "./database.ts";
import { DataFile, FileInUse } from "./file/data_file.ts";
import { AccountTable } from "./tables/accounts.ts";
import { RightsTable } from "./tables/rights.ts";
import { checkSchema, isUpToDate, migrate } from "./tables/schema.ts";
import { Statements } from "./tables/statements.ts";

/** The tables that may be changed beside a server. */
export interface SharedTables {
  accounts: AccountTable;
  rights: RightsTable;
}

/** A server of an older release uses the log, and would know nothing of the change. */
export class OlderServer extends Error {
  override name = "OlderServer";
}

/**
 * Makes one change to the log at `path`: all of it, or nothing. It is on the disk when this
 * returns. Throws an {@linkcode OlderServer}, and what SQLite and the file system throw.
 */
export function changeLog<Result>(path: string, change: (tables: SharedTables) => Result): Result {
  using stack = new DisposableStack();
  const file = openFile(path);
  if (file !== undefined) stack.use(file);
  checkNoOrphanedWal(file?.path ?? path);
  const database = new DatabaseSync(file?.path ?? path);
  stack.defer(() => database.close());
  checkSchema(database);
  database.exec("PRAGMA busy_timeout = 10000");
  if (file !== undefined) {
    database.exec("PRAGMA journal_mode = WAL");
    migrate(database);
  } else if (!isUpToDate(database)) {
    throw new OlderServer("the server that uses it is older than this one; stop it first");
  }
  database.exec("BEGIN IMMEDIATE");
  const statements = new Statements(database);
  const accounts = new AccountTable(statements);
  const result = change({ accounts, rights: new RightsTable(statements) });
  database.exec("COMMIT");
  return result;
}

/** The file, locked for this process; `undefined` where a server has it, which is no obstacle. */
function openFile(path: string): DataFile | undefined {
  try {
    return new DataFile(path);
  } catch (error) {
    if (error instanceof FileInUse) return undefined;
    throw error;
  }
}
