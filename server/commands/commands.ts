/** The subcommands of `chat-server`: one table for parsing, `--help` and completions. */

import { shellCompletions, SHELLS } from "../../cli/completions.ts";
import { describeOptions } from "../../cli/options.ts";
import { type Config, ConfigProblem, configure } from "../config.ts";
import { OPTIONS, SOURCES } from "../options.ts";
import { log } from "./acts.ts";
import { backup } from "./backup.ts";
import { ban, bans, unban } from "./bans.ts";
import { type Command, command, HELP } from "./parts/command.ts";
import { exportLines } from "./export.ts";
import { importLines } from "./import.ts";
import { config } from "./config.ts";
import { doctor } from "./doctor.ts";
import { health } from "./health.ts";
import { operator } from "./operator.ts";
import { passwd } from "./passwd.ts";
import { restore } from "./restore.ts";
import { verify } from "./verify.ts";

const completions = command({
  operands: [SHELLS.join("|")],
  missing: "Say for which shell",
  help: "Print the completions for a shell",
  description: "Print a script that has the shell complete commands, options and files.",
  options: { help: HELP },
  run: ([shell = ""]) => Promise.resolve(completionsFor(shell)),
});

/** The subcommands, by the first argument. */
export const COMMANDS: ReadonlyMap<string, Command> = new Map(Object.entries({
  passwd,
  operator,
  ban,
  unban,
  bans,
  log,
  backup,
  verify,
  restore,
  export: exportLines,
  import: importLines,
  config,
  health,
  doctor,
  completions,
}));

/** A command line: a call, or the one line that says what is wrong with it. */
export type CommandLine =
  | { config: Config }
  | { problem: string };

/** Parses the arguments behind the subcommand `name`. */
export function parseCommand(name: string, command: Command, args: string[]): CommandLine {
  const { operands, missing } = command;
  const parsed = readOptions(command, args);
  if (parsed instanceof ConfigProblem) return { problem: `${parsed.message}; try ${name} --help` };
  if (parsed.values["help"]) return { config: parsed };
  const needed = operands.filter((operand) => !operand.startsWith("["));
  if (parsed.operands.length < needed.length) {
    return { problem: `${missing ?? "Something is missing"}: ${usageOf(name, command)}` };
  }
  const wrong = parsed.operands.find((word, index) => !isOneOf(word, operands[index] ?? ""));
  if (wrong === undefined) return { config: parsed };
  return { problem: `Unexpected argument "${wrong}"; try ${name} --help` };
}

function readOptions({ options, operands }: Command, args: string[]): Config | ConfigProblem {
  try {
    return configure(options, args, SOURCES, operands.length);
  } catch (error) {
    if (error instanceof ConfigProblem) return error;
    throw error;
  }
}

/** The text of `chat-server NAME --help`. */
export function commandHelp(name: string, command: Command): string {
  return `Usage: ${usageOf(name, command)} [OPTIONS]

${command.description.trim()}

${describeOptions(command.options)}`;
}

/** The table for `chat-server --help`. */
export function describeCommands(): string {
  const rows = [...COMMANDS].map(([name, { operands, help }]) =>
    [[name, ...operands].join(" "), help] as const
  );
  const width = Math.max(...rows.map(([usage]) => usage.length));
  return rows.map(([usage, help]) => `  ${usage.padEnd(width)}  ${help}`).join("\n");
}

/** The words that an operand must be one of; none where it is free, as capitals say. */
function wordsOf(operand: string): string[] {
  return /^[a-z]+\|/.test(operand) ? operand.split("|") : [];
}

function usageOf(name: string, { operands }: Command): string {
  return ["chat-server", name, ...operands].join(" ");
}

function isOneOf(word: string, operand: string): boolean {
  const words = wordsOf(operand);
  return words.length === 0 || words.includes(word);
}

function completionsFor(shell: string): string {
  const commands = [...COMMANDS].map(([name, { help, options, operands }]) =>
    [name, { help, options, words: operands.flatMap(wordsOf) }] as const
  );
  const program = { name: "chat-server", options: OPTIONS, commands: Object.fromEntries(commands) };
  return shellCompletions(shell, program).trimEnd();
}
