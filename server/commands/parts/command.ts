/** The form of a subcommand of `chat-server`: one row of the table in commands.ts. */

import { PLATFORM } from "../../../cli/directories.ts";
import { type OptionTable, text, toggle, type Values } from "../../../cli/options.ts";
import type { Config } from "../../config.ts";
import { escapeForTerminal, parseName } from "../../../protocol/mod.ts";
import { changeLog, type SharedTables } from "../../log/sqlite/change_log.ts";
import { defaultDataFile } from "../../log/sqlite/file/data_file.ts";
import { exists } from "../../process/files.ts";

/** A subcommand. */
export interface Command<Table extends OptionTable = OptionTable> {
  /** The operands as the usage shows them: `NAME`, `NAME|ADDRESS`, `[FILE]` for one that may be left out, `a|b` for words. */
  readonly operands: readonly string[];
  /** The request for an operand that must not be left out. */
  readonly missing?: string;
  /** One line, for the table in `--help` and for completions. */
  readonly help: string;
  /** The text of `COMMAND --help`, between its usage and its options. */
  readonly description: string;
  readonly options: Table & { readonly help: typeof HELP };
  /** Does it; gives the text for stdout, if any. Throws a {@linkcode CommandFailure}. */
  run(
    operands: readonly string[],
    options: Values<Table>,
    config: Config,
  ): Promise<string | undefined>;
}

/** Why a subcommand failed, in one line for a person; with the program's exit code. */
export class CommandFailure extends Error {
  override name = "CommandFailure";
  constructor(readonly code: 1 | 2, message: string) {
    super(message);
  }
}

/** The option `--help`, which every subcommand has. */
export const HELP = toggle("Show this help and exit");

/** The option `--data` of subcommands that work on the log's file. */
export const DATA = text(
  "FILE",
  undefined,
  "The log's file [default: chat.db in the state directory]",
);

/** The option `--config` of subcommands that look for the log where the server's config file says. */
export const CONFIG = text("FILE", undefined, "The server's config file [default: none]");

/** Completes a row of the table: a command with `--data` has `--config` too. */
export function command<Table extends OptionTable>(row: Command<Table>): Command {
  if (!("data" in row.options) || "config" in row.options) return row;
  const { help, ...others } = row.options;
  return { ...row, options: { ...others, config: CONFIG, help } };
}

/** The path that `--data` gives, or that a server without it uses. */
export function dataPath(given: string | undefined): string {
  const path = given ?? defaultDataFile(PLATFORM);
  if (path !== undefined) return path;
  throw new CommandFailure(
    1,
    "Cannot tell where the log is: no home directory; use --data FILE",
  );
}

/** The name that an operand gives. Throws a {@linkcode CommandFailure} where it breaks the rules. */
export function nameFrom(operand: string): string {
  const parsed = parseName(operand);
  if (!("problem" in parsed)) return parsed.name;
  const reason = `Cannot use the name "${escapeForTerminal(operand)}": it ${parsed.problem}`;
  throw new CommandFailure(2, reason);
}

/** Makes one change to the log at `path`: all of it, or nothing. Throws a {@linkcode CommandFailure}. */
export function change<Result>(path: string, make: (tables: SharedTables) => Result): Result {
  try {
    return changeLog(path, make);
  } catch (error) {
    if (error instanceof CommandFailure || !(error instanceof Error)) throw error;
    throw new CommandFailure(1, `Cannot use the log ${path}: ${error.message}`);
  }
}

/** The same for a log that must be there already: nothing is changed in one at a mistyped path. */
export function changeKnown<Result>(path: string, make: (tables: SharedTables) => Result): Result {
  if (exists(path)) return change(path, make);
  throw new CommandFailure(1, `There is no log ${path}; is --data right?`);
}
