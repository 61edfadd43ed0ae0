/**
 * Prepared statements of one open database, each made once, when it is first run.
 */

import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";

/**
 * The expression for a column of text that may hold a NUL, to be read with
 * {@linkcode exactText}: the runtime reads a text up to its first NUL, and bytes to their end.
 */
export function exactly(column: string): string {
  return `CASE instr(${column}, char(0)) WHEN 0 THEN ${column} ELSE CAST(${column} AS BLOB) END`;
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** The text that came for {@linkcode exactly} a column. */
export function exactText(value: string | Uint8Array): string {
  return typeof value === "string" ? value : decoder.decode(value);
}

/** Runs SQL; `Row` is the type that the caller knows a row to have. */
export class Statements {
  readonly #database: DatabaseSync;
  readonly #prepared = new Map<string, StatementSync>();

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** Runs a statement for what it changes. */
  run(sql: string, ...values: SQLInputValue[]): void {
    this.#prepare(sql).run(...values);
  }

  /** The first row, if there is one. */
  get<Row>(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.#prepare(sql).get(...values) as Row | undefined;
  }

  /** All rows. */
  all<Row>(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#prepare(sql).all(...values) as Row[];
  }

  /** The rows, one by one: the rest are never read if the loop ends before. */
  iterate<Row>(sql: string, ...values: SQLInputValue[]): Iterable<Row> {
    return this.#prepare(sql).iterate(...values) as Iterable<Row>;
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#prepared.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#prepared.set(sql, statement);
    }
    return statement;
  }
}
