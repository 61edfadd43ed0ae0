/**
 * `deno task faults`: makes every fault that the chat promises to survive, with real
 * processes, and reports the findings.
 */

import { parseArgs } from "@std/cli/parse-args";
import { type Fault, FAULTS } from "./catalogue.ts";
import { undoAll } from "./leftovers.ts";
import { report, table } from "./report.ts";
import { isClean, type Result, runFault } from "./run.ts";

const REPORT = new URL("../../docs/FAULTS.md", import.meta.url);

const HELP = `Makes faults and counts what they cost: docs/FAULTS.md says how to read it.

Usage: deno task faults [OPTIONS]

  --fault NAME   only this one; may be given more than once:
                 ${
  FAULTS.map(({ name }) => name).join(", ").replace(/(.{50,60},) /g, "$1\n                 ")
}
  --rounds N     this many rounds of each
  --short        a few rounds of each, as in the tests
  --seed N       make the same choices as the run that printed this seed
  --help         show this

A run of everything in full takes about a quarter of an hour and writes
docs/FAULTS.md; any other run prints its table alone.

Exit status: 0 nothing was lost, doubled or reordered; 1 something was; 2 wrong
usage; 130 interrupted.`;

/** The options of the command line. */
interface Options {
  faults: readonly Fault[];
  seed: number;
  rounds: number | undefined;
  isShort: boolean;
}

if (import.meta.main) Deno.exit(await main(Deno.args));

async function main(args: string[]): Promise<number> {
  const options = parse(args);
  if (typeof options === "number") return options;
  undoOnSignals();
  const { faults, seed } = options;
  console.log(`seed ${seed}`);
  const results: Result[] = [];
  for (const fault of faults) {
    const result = await runFault(fault, options);
    results.push(result);
    console.log(oneLine(result));
  }
  const isWhole = faults === FAULTS && !options.isShort && options.rounds === undefined;
  if (isWhole) {
    const command = ["deno task faults", ...args].join(" ");
    Deno.mkdirSync(new URL(".", REPORT), { recursive: true });
    Deno.writeTextFileSync(REPORT, report({ command, seed, results }));
  }
  console.log(isWhole ? `\nWrote ${REPORT.pathname}` : `\n${table(results)}`);
  return results.every(isClean) ? 0 : 1;
}

/** The parsed arguments, or the exit code if they were answered. */
function parse(args: string[]): Options | number {
  const unknown: string[] = [];
  const flags = parseArgs(args, {
    boolean: ["short", "help"],
    string: ["seed", "rounds", "fault"],
    collect: ["fault"],
    unknown: (argument) => void unknown.push(argument),
  });
  if (flags["help"] === true) {
    console.log(HELP);
    return 0;
  }
  const names = flags["fault"] as string[];
  const faults = names.length === 0 ? FAULTS : FAULTS.filter(({ name }) => names.includes(name));
  const seed = number(flags["seed"]) ?? crypto.getRandomValues(new Uint32Array(1))[0] as number;
  const rounds = number(flags["rounds"]);
  const isWrong = unknown.length > 0 || Number.isNaN(seed) || Number.isNaN(rounds) ||
    rounds === 0 || !names.every((name) => faults.some((fault) => fault.name === name));
  if (!isWrong) return { faults, seed, rounds, isShort: flags["short"] === true };
  console.error(`Cannot run "${args.join(" ")}"; see deno task faults --help`);
  return 2;
}

function number(text: unknown): number | undefined {
  if (text === undefined) return undefined;
  return typeof text === "string" && /^\d{1,10}$/.test(text) ? Number(text) : NaN;
}

function oneLine(result: Result): string {
  const { fault, skipped, failure, rounds, acknowledged, findings, seconds } = result;
  if (skipped !== undefined) return `${fault.name}: not run: ${skipped}`;
  const counts = `${rounds} rounds, ${acknowledged} acknowledged, ${findings.length} findings`;
  return `${fault.name}: ${counts}, ${seconds.toFixed(1)} s${failure ? `\n${failure}` : ""}`;
}

/** Makes an interrupted run leave nothing behind: no process, no file system, no directory. */
function undoOnSignals(): void {
  const stop = () => {
    undoAll();
    Deno.exit(130);
  };
  Deno.addSignalListener("SIGINT", stop);
  if (Deno.build.os !== "windows") Deno.addSignalListener("SIGTERM", stop);
}
