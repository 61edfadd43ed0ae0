/** The form of a subcommand of `chat-server`: one row of the table in commands.ts. */

import { PLATFORM } from "../../cli/directories.ts";
import { type OptionTable, text, toggle, type Values } from "../../cli/options.ts";
import type { Config } from "../config.ts";
import { defaultDataFile } from "../log/sqlite/file/data_file.ts";

/** A subcommand. */
export interface Command<Table extends OptionTable = OptionTable> {
  /** The operands as the usage shows them: `NAME`, `[FILE]` for one that may be left out, `a|b` for words. */
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
