/**
 * `deno task fuzz`: sends a million hostile inputs to real servers and clients, and
 * checks that they still keep their promises.
 */

import { parseArgs } from "@std/cli/parse-args";
import { undoAll } from "../faults/leftovers.ts";
import { readCases, scriptsOfCases } from "./cases.ts";
import { CLIENT_MODES, runClient } from "./client_run.ts";
import { scriptOf } from "./levels.ts";
import { describe } from "./report.ts";
import { type Arena, ARENAS, runArena, type Scripts, scriptsOf } from "./run.ts";
import { shrunk } from "./shrink.ts";
import { runWeb } from "./web_run.ts";

/** The default number of inputs of a run, and the shares for clients and for browsers' side of a server. */
const INPUTS = 1_000_000;
const CLIENT_SHARE = 0.02;
const WEB_SHARE = 0.05;

/** Inputs per client. */
const CLIENT_INPUTS = 2_000;

const HELP =
  `Sends mutated conversations, HTTP heads and WebSocket frames to real servers, and mutated
events to real clients.

Usage: deno task fuzz [OPTIONS]

  --seed N        make the same inputs as the run that printed this seed
  --inputs N      the number of mutated lines [default: ${INPUTS}]
  --replay WHAT   play again, on each kind of server, SEED/PEER as a finding names it,
                  a whole run by its SEED, or the cases in a FILE such as
                  tests/fuzz/cases.jsonl
  --shrink        after a finding: print a minimal script that shows it, as a line for that file
  --help          show this

The inputs depend on the seed alone; how they interleave on the server does not.

Exit status: 0 nothing was found; 1 something was; 2 wrong usage; 130 interrupted.`;

/** The options of the command line. */
interface Options {
  seed: number;
  inputs: number;
  isToShrink: boolean;
  /** Scripts to play in place of new ones. */
  given: (() => Scripts) | undefined;
}

if (import.meta.main) Deno.exit(await main(Deno.args));

async function main(args: string[]): Promise<number> {
  const options = parse(args);
  if (typeof options === "number") return options;
  undoOnSignals();
  const { seed, inputs, given } = options;
  if (given === undefined) console.log(`seed ${seed}`);
  let isClean = true;
  for (const arena of ARENAS) {
    const scripts = given?.() ?? scriptsOf(seed);
    const enough = given === undefined ? Math.ceil(inputs * arena.share) : Infinity;
    isClean = await play(arena, scripts, enough, options.isToShrink) && isClean;
  }
  if (given === undefined) {
    isClean = await misinform(seed, inputs * CLIENT_SHARE) && isClean;
    isClean = await browse(seed, Math.ceil(inputs * WEB_SHARE)) && isClean;
  }
  if (!isClean && given === undefined) {
    console.log(`\nAgain: deno task fuzz --seed ${seed} --inputs ${inputs}`);
  }
  return isClean ? 0 : 1;
}

/** Plays in one arena; returns whether nothing was found. */
async function play(
  arena: Arena,
  scripts: Scripts,
  enough: number,
  isToShrink: boolean,
): Promise<boolean> {
  const played: NonNullable<ReturnType<Scripts>>[] = [];
  const noted = () => {
    const next = scripts();
    if (isToShrink && next !== undefined) played.push(next);
    return next;
  };
  const outcome = await runArena(arena, noted, enough);
  console.log(describe(outcome));
  if (outcome.findings.length === 0) return true;
  if (isToShrink) console.log(`  the least that breaks it:\n${await shrunk(arena, played)}`);
  return false;
}

/** Lets hostile servers talk to clients; returns whether nothing was found. */
async function misinform(seed: number, inputs: number): Promise<boolean> {
  const findings: string[] = [];
  const runs = Math.max(1, Math.round(inputs / CLIENT_INPUTS));
  for (let run = 0; run < runs; run++) {
    const mode = CLIENT_MODES[run % CLIENT_MODES.length] as (typeof CLIENT_MODES)[number];
    findings.push(...await runClient(seed + run, mode, CLIENT_INPUTS));
  }
  console.log(`chat-client: ${runs * CLIENT_INPUTS} mutated events, ${findings.length} findings`);
  for (const finding of findings.slice(0, 20)) console.log(`  FOUND ${finding}`);
  return findings.length === 0;
}

/** Sends heads and frames to a server; returns whether nothing was found. */
async function browse(seed: number, inputs: number): Promise<boolean> {
  const findings = await runWeb(seed, inputs);
  console.log(`HTTP and WebSocket: ${inputs} mutated inputs, ${findings.length} findings`);
  for (const finding of findings) console.log(`  FOUND ${finding}`);
  return findings.length === 0;
}

/** The parsed arguments, or the exit code if they were answered. */
function parse(args: string[]): Options | number {
  const unknown: string[] = [];
  const flags = parseArgs(args, {
    boolean: ["help", "shrink"],
    string: ["seed", "inputs", "replay"],
    unknown: (argument) => void unknown.push(argument),
  });
  if (flags["help"] === true) {
    console.log(HELP);
    return 0;
  }
  const replay = flags["replay"] as string | undefined;
  const isSeed = /^\d+$/.test(replay ?? "");
  const seed = number(isSeed ? replay : flags["seed"]) ?? randomSeed();
  const inputs = number(flags["inputs"]) ?? INPUTS;
  const isWrong = unknown.length > 0 || Number.isNaN(seed) || !(inputs > 0) || replay === "";
  if (isWrong) {
    console.error(`Cannot run "${args.join(" ")}"; see deno task fuzz --help`);
    return 2;
  }
  const given = replay === undefined || isSeed ? undefined : givenBy(replay);
  if (typeof given === "string") {
    console.error(given);
    return 2;
  }
  return { seed, inputs, isToShrink: flags["shrink"] === true, given };
}

/** The scripts that `--replay` names, or why there are none. */
function givenBy(replay: string): (() => Scripts) | string {
  const [, seed, peer] = /^(\d+)\/(\d+)$/.exec(replay) ?? [];
  if (seed !== undefined) {
    const { script } = scriptOf(Number(seed), Number(peer));
    return () => scriptsOfCases([{ broke: replay, script }]);
  }
  try {
    const cases = readCases(replay);
    return () => scriptsOfCases(cases);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return `Cannot replay ${replay}: it is neither a seed nor a file of cases (${error.message})`;
  }
}

function randomSeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0] as number;
}

function number(text: unknown): number | undefined {
  if (text === undefined) return undefined;
  return typeof text === "string" && /^\d{1,10}$/.test(text) ? Number(text) : NaN;
}

/** Makes an interrupted run leave nothing behind: no process, no directory. */
function undoOnSignals(): void {
  const stop = () => {
    undoAll();
    Deno.exit(130);
  };
  Deno.addSignalListener("SIGINT", stop);
  if (Deno.build.os !== "windows") Deno.addSignalListener("SIGTERM", stop);
}
