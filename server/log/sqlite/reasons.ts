/**
 * SQLite's errors in words for an operator.
 */

/**
 * The keys are SQLite's own words (sqlite3_errstr), not its result codes: the runtime
 * passes those on for some statements only.
 */
const REASONS: ReadonlyMap<string, string> = new Map([
  ["database is locked", "another program holds its lock"],
  ["attempt to write a readonly database", "it can't be written to"],
  ["disk I/O error", "the disk failed"],
  ["database disk image is malformed", "it is damaged"],
  ["database or disk is full", "the disk is full"],
  ["unable to open database file", "it can't be opened"],
  ["file is not a database", "it is no database, or damaged"],
]);

/** Why SQLite refused something, in words for an operator. */
export function reasonOf(error: Error): string {
  // FTS5 has words of its own for a damaged index.
  if (/^(?:invalid fts5 file format|vtable constructor failed)/.test(error.message)) {
    return "it is damaged";
  }
  return REASONS.get(error.message) ?? error.message;
}

/** The same where nobody asked for what failed: a defect says where it is. */
export function reportOf(error: Error): string {
  const isDefect = [TypeError, RangeError, ReferenceError].some((kind) => error instanceof kind);
  return isDefect ? error.stack ?? error.message : reasonOf(error);
}
