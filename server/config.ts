/**
 * Where options come from: the command line, the environment, a file, the defaults; the first
 * that has an option decides. Pure: the environment and the file's text are passed in.
 */

import { closestString } from "@std/text/closest-string";
import { parse } from "@std/jsonc/parse";
import {
  expectedOf,
  type Option,
  type OptionTable,
  parseArguments,
  valueOf,
  type Values,
  withDefaults,
} from "../cli/options.ts";
import { escapeForTerminal } from "../protocol/mod.ts";
import type { Reading } from "./process/files.ts";

/** Options that only a command line can have. */
const COMMAND_LINE_ONLY: ReadonlySet<string> = new Set(["config", "help", "version"]);

/** The sources of options beside the arguments. */
export interface Sources {
  /** The value of an environment variable. */
  env: (variable: string) => string | undefined;
  readFile: (path: string) => Reading;
  /** The options that a file and the environment may have; a command's own table may have fewer. */
  shared: OptionTable;
}

/** Some options, and where they were found. */
interface Layer {
  values: Readonly<Record<string, unknown>>;
  origin: (name: string) => string;
}

/** Options with a value each, and where that comes from. */
export class Config<Table extends OptionTable = OptionTable> {
  readonly values: Values<Table>;
  /** The path of the file that was read. */
  readonly file: string | undefined;
  readonly operands: readonly string[];
  readonly #table: Table;
  readonly #shared: OptionTable;
  readonly #above: readonly Layer[];
  readonly #layers: readonly Layer[];

  /** Throws a {@linkcode ConfigProblem} where the file's text cannot be used. */
  constructor(
    { table, shared, above, operands, file }: {
      table: Table;
      shared: OptionTable;
      /** The layers that go before the file. */
      above: readonly Layer[];
      operands: readonly string[];
      file: { path: string; reading: Reading } | undefined;
    },
  ) {
    this.#table = table;
    this.#shared = shared;
    this.#above = above;
    this.operands = operands;
    this.file = file?.path;
    this.#layers = file === undefined
      ? above
      : [...above, { values: readText(file.path, file.reading, shared), origin: () => file.path }];
    const values = this.#layers.toReversed().map((layer) => Object.entries(layer.values)).flat()
      .filter(([name]) => Object.hasOwn(table, name));
    this.values = withDefaults(table, Object.fromEntries(values));
  }

  /** Where the value of an option comes from, for people. */
  originOf(name: string): string {
    return this.#layers.find(({ values }) => Object.hasOwn(values, name))?.origin(name) ??
      "default";
  }

  /** The same with what is in the file by now. Throws a {@linkcode ConfigProblem}. */
  reread(reading: Reading): Config<Table> {
    const { file } = this;
    return new Config({
      ...{ table: this.#table, shared: this.#shared, above: this.#above, operands: this.operands },
      file: file === undefined ? undefined : { path: file, reading },
    });
  }
}

/** Why options cannot be used, in one line for a person. */
export class ConfigProblem extends Error {
  override name = "ConfigProblem";
}

/**
 * Finds the options of `table`. Throws a {@linkcode ConfigProblem} that names the option, the
 * variable, or the file and its key, and what is allowed.
 */
export function configure<Table extends OptionTable>(
  table: Table,
  args: readonly string[],
  { env, readFile, shared }: Sources,
  maxOperands = 0,
): Config<Table> {
  const parsed = parseArguments(table, args, maxOperands);
  if ("problem" in parsed) throw new ConfigProblem(parsed.problem);
  const { given, operands } = parsed;
  const above = [{ values: given, origin: (name: string) => `--${name}` }];
  // These are to be had whatever else is wrong.
  if (given["help"] || given["version"]) {
    return new Config({ table, shared, above, operands, file: undefined });
  }
  const configFile = env(variableOf("config"));
  const path = Object.hasOwn(table, "config")
    ? given["config"] ?? (configFile || undefined)
    : undefined;
  const fromEnvironment = { values: readEnvironment(table, shared, env), origin: variableOf };
  const file = path === undefined ? undefined : `${path}`;
  return new Config({
    ...{ table, shared, operands, above: [...above, fromEnvironment] },
    file: file === undefined ? undefined : { path: file, reading: readFile(file) },
  });
}

/** The environment variable of an option. */
export function variableOf(name: string): string {
  return `CHAT_SERVER_${name.replaceAll("-", "_").toUpperCase()}`;
}

/** The options of a file or the environment, which are shown as the file writes them. */
export function settable(table: OptionTable): [name: string, option: Option<unknown>][] {
  return Object.entries(table).filter(([name]) => !COMMAND_LINE_ONLY.has(name));
}

/** An empty variable counts as none, as those of the XDG Base Directory Specification do. */
function readEnvironment(table: OptionTable, shared: OptionTable, env: Sources["env"]) {
  const values: Record<string, unknown> = {};
  for (const [name, option] of settable(table)) {
    const text = Object.hasOwn(shared, name) ? env(variableOf(name)) : undefined;
    if (text === undefined || text === "") continue;
    const value = option.placeholder === undefined ? SWITCH.get(text) : option.parse(text);
    const expected = option.placeholder === undefined ? "must be true or false" : option.expected;
    if (value === undefined) throw new ConfigProblem(`${variableOf(name)} ${expected}`);
    values[name] = value;
  }
  return values;
}

/** The words for a switch in the environment. */
const SWITCH: ReadonlyMap<string, boolean> = new Map([
  ...["true", "1", "yes", "on"].map((word) => [word, true] as const),
  ...["false", "0", "no", "off"].map((word) => [word, false] as const),
]);

function readText(path: string, reading: Reading, shared: OptionTable) {
  if ("problem" in reading) {
    throw new ConfigProblem(`Cannot read the config file ${path}: ${reading.problem}`);
  }
  const problem = (reason: string) => new ConfigProblem(`The config file ${path}: ${reason}`);
  const written = parseObject(reading.text, problem);
  for (const [name, value] of Object.entries(written)) {
    const option = settable(shared).find(([known]) => known === name)?.[1];
    if (option === undefined) throw problem(unknownKey(name, shared));
    const read = valueOf(option, value);
    if (read === undefined) throw problem(`"${name}" ${expectedOf(option)}`);
    written[name] = read;
  }
  return written;
}

function parseObject(text: string, problem: (reason: string) => Error): Record<string, unknown> {
  // A byte order mark, which some editors write.
  const json = text.replace(/^\ufeff/, "");
  let value: unknown;
  try {
    value = parse(json);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw problem(`${error.message.replace(/ \(?at.* position (\d+)\)?/, lineIn(json))}`);
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  throw problem('it must be one object, as { "port": 12345 }');
}

/** Replaces a position in `text` by its line, for people. */
function lineIn(text: string) {
  return (_: string, position: string) =>
    ` in line ${text.slice(0, Number(position)).split("\n").length}`;
}

function unknownKey(name: string, shared: OptionTable): string {
  const shown = escapeForTerminal(name);
  if (COMMAND_LINE_ONLY.has(name)) return `"${name}" is for the command line alone`;
  const names = settable(shared).map(([name]) => name);
  // Names written in another style are the likeliest mistake.
  const like = closestString(name.replaceAll("_", "-"), names);
  return `there is no option "${shown}"; did you mean "${like}"? The keys are the long options ` +
    "of chat-server --help, without the dashes";
}
