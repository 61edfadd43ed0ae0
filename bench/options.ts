/**
 * The command line of `deno task bench`.
 */

import { parseArgs } from "@std/cli/parse-args";
import type { Row } from "./section.ts";

/** The options of the command line. */
export interface Options {
  isQuick: boolean;
  /** Names of rows; empty for all. */
  only: readonly string[];
  /** Minutes of the long row. */
  soak: number | undefined;
  /** The directory of the report; `undefined`: it is only shown. */
  output: string | undefined;
}

/** Parses the arguments; a text is for the user: help, or an error. */
export function readOptions(
  args: string[],
  rows: readonly Row[],
): Options | { help: string } | { problem: string } {
  const unknown: string[] = [];
  const flags = parseArgs(args, {
    boolean: ["quick", "soak", "help"],
    string: ["only", "output"],
    collect: ["only"],
    unknown: (argument) => {
      unknown.push(argument);
      return false;
    },
  });
  if (flags["help"] === true) return { help: helpText(rows) };
  if (unknown[0] !== undefined) return { problem: `Unknown argument "${unknown[0]}"` };
  if (flags["output"] === "") return { problem: "--output wants a directory" };
  const only = ((flags["only"] ?? []) as string[]).flatMap((names) => names.split(","));
  const stranger = only.find((name) => !rows.some((row) => row.name === name));
  if (stranger !== undefined) {
    return { problem: `There is no row "${stranger}"; --help lists them` };
  }
  const isQuick = flags["quick"] === true;
  const isPartial = isQuick || only.length > 0;
  return {
    isQuick,
    only,
    soak: flags["soak"] === true ? (isQuick ? 0.5 : 30) : undefined,
    output: (flags["output"] as string | undefined) ?? (isPartial ? undefined : "docs"),
  };
}

function helpText(rows: readonly Row[]): string {
  const width = Math.max(...rows.map(({ name }) => name.length));
  return `Measures the server and its peers side by side.

Usage: deno task bench [OPTIONS]

  --quick        rough figures in under two minutes; writes nothing
  --only NAME    this row alone; writes nothing; may be given several times
  --soak         half an hour at half load too
  --output DIR   the directory for BENCHMARKS.md and its plots (default: docs, for a full run)
  --help         show this

Rows:
${rows.map(({ name, about }) => `  ${name.padEnd(width)}  ${about}`).join("\n")}

A full run takes about fifteen minutes. For meaningful figures, do nothing else
on the machine meanwhile. Peers that are not installed are left out;
on Debian: apt-get install nats-server redis-server python3 gcc libc6-dev

Exit status: 0 measured, 1 a row failed, 2 wrong usage, 130 interrupted.`;
}
