/**
 * Command-line options as one table, which parses the arguments and writes
 * `--help`, so that the two cannot drift apart.
 */

import { parseArgs } from "@std/cli/parse-args";

/** One option: its name in `--help`, its meaning, and the parser of its value. */
export interface Option<Value> {
  /** The name of the value in `--help`; an option without one is a switch. */
  readonly placeholder?: string;
  readonly default: Value;
  readonly help: string;
  /** The value of `text`, or `undefined`: `expected` then says what it must be. */
  readonly parse: (text: string) => Value | undefined;
  readonly expected: string;
  /** Whether its value is a list with commas; given more than once, the values form one list. */
  readonly isList?: boolean;
}

/** Options by their long names, without the dashes. */
export type OptionTable = { readonly [name: string]: Option<unknown> };

/** The values of a table's options. */
export type Values<Table extends OptionTable> = {
  [Name in keyof Table]: Table[Name] extends Option<infer Value> ? Value : never;
};

/** The parsed arguments, or one line that says why they cannot be used. */
export type Parsed<Table extends OptionTable> =
  | { values: Values<Table>; operands: string[] }
  | { problem: string };

/** An option without a value. */
export function toggle(help: string): Option<boolean> {
  return { default: false, help, parse: () => true, expected: "no value" };
}

/** An option that takes any text except the empty one. */
export function text(placeholder: string, initial: string, help: string): Option<string>;
/** An option that takes any text except the empty one, and has no default. */
export function text(
  placeholder: string,
  initial: undefined,
  help: string,
): Option<string | undefined>;
export function text(
  placeholder: string,
  initial: string | undefined,
  help: string,
): Option<string | undefined> {
  return {
    placeholder,
    default: initial,
    help,
    parse: (value) => value === "" ? undefined : value,
    expected: "must not be empty",
  };
}

/** An option that takes a list of texts that match `item`, with commas between them. */
export function list(
  placeholder: string,
  { item, expected, help }: { item: RegExp; expected: string; help: string },
): Option<string | undefined> {
  const parse = (value: string) =>
    value.split(",").every((each) => item.test(each)) ? value : undefined;
  return { placeholder, default: undefined, help, parse, expected, isList: true };
}

/** The items of a {@linkcode list}. */
export function itemsOf(value: string | undefined): string[] {
  return value?.split(",") ?? [];
}

/** An option that takes a whole number from `least` to `most`. */
export function wholeNumber(
  placeholder: string,
  initial: number,
  [least, most]: readonly [number, number],
  help: string,
): Option<number> {
  const parse = (value: string) => {
    const number = /^\d{1,15}$/.test(value) ? Number(value) : NaN;
    return number >= least && number <= most ? number : undefined;
  };
  const expected = `must be a whole number from ${least} to ${most}`;
  return { placeholder, default: initial, help, parse, expected };
}

/** An option that takes one of `words`. */
export function oneOf<const Word extends string>(
  words: readonly Word[],
  initial: NoInfer<Word>,
  help: string,
): Option<Word> {
  const parse = (value: string) => words.find((word) => word === value);
  const expected = `must be one of ${words.join(", ")}`;
  return { placeholder: words.join("|"), default: initial, help, parse, expected };
}

/** The values that one source gives for some of a table's options, or why it is of no use. */
export type Given =
  | { given: Record<string, unknown>; operands: string[] }
  | { problem: string };

/** Parses `args` by `table`; up to `maxOperands` of them may be operands. */
export function parseOptions<Table extends OptionTable>(
  table: Table,
  args: readonly string[],
  maxOperands = 0,
): Parsed<Table> {
  const parsed = parseArguments(table, args, maxOperands);
  if ("problem" in parsed) return parsed;
  return { values: withDefaults(table, parsed.given), operands: parsed.operands };
}

/** All values of `table`: those of `given`, and the defaults of the others. */
export function withDefaults<Table extends OptionTable>(
  table: Table,
  given: Readonly<Record<string, unknown>>,
): Values<Table> {
  const values = Object.entries(table).map(([name, option]) => {
    return [name, Object.hasOwn(given, name) ? given[name] : option.default];
  });
  return Object.fromEntries(values) as Values<Table>;
}

/** Parses `args` as {@linkcode parseOptions} does; gives the options that are among them. */
export function parseArguments(
  table: OptionTable,
  args: readonly string[],
  maxOperands = 0,
): Given {
  const names = Object.keys(table);
  const switches = names.filter((name) => table[name]?.placeholder === undefined);
  const valued = names.filter((name) => table[name]?.placeholder !== undefined);
  const unknown: string[] = [];
  const operands: string[] = [];
  const parsed = parseArgs([...args], {
    string: valued,
    boolean: switches,
    collect: valued.filter((name) => table[name]?.isList),
    // A switch that is not there is to differ from one that is set to false.
    default: Object.fromEntries(switches.map((name) => [name, ABSENT])),
    // Kept out of `_`, which would turn "007" into a number.
    unknown: (argument, key) => {
      (key === undefined ? operands : unknown).push(argument);
      return false;
    },
  });
  if (unknown[0] !== undefined) return { problem: `Unknown option "${unknown[0]}"` };
  const given: [name: string, value: unknown][] = [];
  for (const [name, option] of Object.entries(table)) {
    const written = parsed[name];
    const isAbsent = written === undefined || written === ABSENT;
    if (isAbsent || Array.isArray(written) && written.length === 0) continue;
    const value = typeof written === "boolean" ? written : option.parse(String(written));
    if (value === undefined) return { problem: `--${name} ${option.expected}` };
    given.push([name, value]);
  }
  operands.push(...parsed._.map(String)); // The arguments after "--".
  const extra = operands[maxOperands];
  if (extra !== undefined) return { problem: `Unexpected argument "${extra}"` };
  return { given: Object.fromEntries(given), operands };
}

/**
 * How many of `args`, from the first, are options and their values; the rest are operands, for a
 * program whose operands are a text that may look like anything (POSIX, guideline 9).
 */
export function leadingOptions(table: OptionTable, args: readonly string[]): number {
  let index = 0;
  for (let arg = args[0]; arg !== undefined && /^-./.test(arg) && arg !== "--"; arg = args[index]) {
    const takesNext = /^--[^=]+$/.test(arg) && Object.hasOwn(table, arg.slice(2)) &&
      table[arg.slice(2)]?.placeholder !== undefined;
    index += takesNext ? 2 : 1;
  }
  return Math.min(index, args.length);
}

const ABSENT = Symbol("absent");

/** The value that `written` stands for, in a file of JSON or in a variable; `undefined` for none of the option's. */
export function valueOf(option: Option<unknown>, written: unknown): unknown {
  if (option.placeholder === undefined) return typeof written === "boolean" ? written : undefined;
  const isText = typeof option.default !== "number";
  const fits = isText ? typeof written === "string" : typeof written === "number";
  return fits ? option.parse(String(written)) : undefined;
}

/** The rule for a value in a file of JSON. */
export function expectedOf(option: Option<unknown>): string {
  const { placeholder, expected, default: initial } = option;
  if (placeholder === undefined) return "must be true or false";
  if (typeof initial === "number") return expected;
  return placeholder.includes("|") ? `${expected}, in quotes` : "must be a text in quotes";
}

/** The lines of `--help` for `table`, aligned. */
export function describeOptions(table: OptionTable): string {
  const rows = Object.entries(table).map(([name, option]) => {
    const { placeholder, help } = option;
    const written = placeholder === undefined ? `--${name}` : `--${name} ${placeholder}`;
    const initial = placeholder === undefined || option.default === undefined
      ? ""
      : ` [default: ${option.default}]`;
    return [written, help + initial] as const;
  });
  const width = Math.max(...rows.map(([written]) => written.length));
  return rows.map(([written, help]) => `  ${written.padEnd(width)}  ${help}`).join("\n");
}
