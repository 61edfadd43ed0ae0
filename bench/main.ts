/**
 * `deno task bench`: measures the server against its goals and its peers, and
 * writes the report.
 */

import { takePlace } from "./child.ts";
import { measureClient } from "./client_row.ts";
import { measureConnects, measureIdle, measureStart } from "./connections_rows.ts";
import { measureDurable, measureSoak, measureStuckReader } from "./burden_rows.ts";
import type { Lab } from "./lab.ts";
import { measureLatency } from "./latency_row.ts";
import { describeMachine, warnings } from "./machine.ts";
import { type Options, readOptions } from "./options.ts";
import { measureLoads, measureMembers } from "./plots_rows.ts";
import { measureQuestions } from "./questions_row.ts";
import { makeDirectory, markdownTable, word, writeReport } from "./report.ts";
import {
  measureFairness,
  measureManyRooms,
  measureOneRoom,
  measurePipelined,
} from "./rooms_rows.ts";
import { scalingText } from "./scaling.ts";
import type { Row, Section } from "./section.ts";
import { findPeers } from "./subjects.ts";

const ROWS: readonly Row[] = [
  {
    name: "room",
    about: "one room of 100, all sending, against all peers",
    measure: measureOneRoom,
  },
  { name: "rooms", about: "400 rooms of 10, all sending", measure: measureManyRooms },
  { name: "fairness", about: "the same at 70 % of that", measure: measureFairness },
  { name: "latency", about: "200 messages/s into a room of 100", measure: measureLatency },
  { name: "idle", about: "memory of 10,000 connections", measure: measureIdle },
  { name: "connects", about: "connections a second", measure: measureConnects },
  { name: "start", about: "time to listen", measure: measureStart },
  { name: "client", about: "chat-client: time to prompt, memory", measure: measureClient },
  { name: "stuck", about: "one client that never reads", measure: measureStuckReader },
  { name: "durable", about: "messages a second, on the disk", measure: measureDurable },
  {
    name: "questions",
    about: "history and search in a million messages",
    measure: measureQuestions,
  },
  { name: "soak", about: "half an hour at half load, with --soak", measure: measureSoak },
  {
    name: "pipelined",
    about: "one room, with several messages of each on their way",
    measure: measurePipelined,
  },
  { name: "members", about: "plot: deliveries/s by members of a room", measure: measureMembers },
  { name: "loads", about: "plot: latency by messages/s", measure: measureLoads },
];

/** The beginning of a failed row's finding. */
const FAILED = "failed: ";

if (import.meta.main) Deno.exit(await main(Deno.args));

async function main(args: string[]): Promise<number> {
  const options = readOptions(args, ROWS);
  if ("help" in options) {
    console.log(options.help);
    return 0;
  }
  if ("problem" in options) return refuse(options.problem);
  const problem = options.output === undefined ? undefined : await makeDirectory(options.output);
  if (problem !== undefined) return refuse(problem);
  const signal = interruption();
  const directory = await Deno.makeTempDir({ prefix: "chat-bench-" });
  try {
    return await measureAll(labFor(options, directory, signal), options, args);
  } catch (error) {
    if (!signal.aborted) throw error;
    console.error("Interrupted; nothing was written");
    return 130;
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

function refuse(problem: string): 2 {
  console.error(problem);
  return 2;
}

function labFor({ isQuick, soak }: Options, directory: string, signal: AbortSignal): Lab {
  const scale = isQuick
    ? { warmUp: 0.3, seconds: 0.7, rounds: 1, isQuick }
    : { warmUp: 3.5, seconds: 2, rounds: 3, isQuick };
  const say = (line: string) => console.log(line);
  return { scale, soak, ...findPeers(directory), directory, signal, say };
}

async function measureAll(lab: Lab, { only, output }: Options, args: string[]): Promise<number> {
  const began = performance.now();
  const warned = warnings();
  const machine = describeMachine(lab);
  for (const line of [...machine, ...warned.map((warning) => `Mind: ${warning}`)]) lab.say(line);
  await takePlace();
  const sections: Section[] = [];
  const write = async () => {
    if (output === undefined) return;
    const minutes = (performance.now() - began) / 60_000;
    const command = ["deno task bench", ...args].join(" ");
    const date = new Date().toISOString().slice(0, 10);
    const scaling = scalingText(Object.assign({}, ...sections.map(({ basis }) => basis)));
    const circumstances = { date, command, minutes, machine, warnings: warned, scaling };
    await writeReport(output, circumstances, sections);
  };
  for (const row of ROWS.filter(({ name }) => only.length === 0 || only.includes(name))) {
    lab.say(`${row.name}: ${row.about}`);
    sections.push(await measureOne(lab, row));
    await write();
  }
  show(lab, sections);
  if (output !== undefined) lab.say(`Written to ${output}/BENCHMARKS.md`);
  return sections.some(hasFailed) ? 1 : 0;
}

function hasFailed({ verdicts }: Section): boolean {
  return verdicts.some(({ found }) => found.startsWith(FAILED));
}

/** Measures a row; its failure does not affect the others' figures. */
async function measureOne(lab: Lab, row: Row): Promise<Section> {
  try {
    return await row.measure(lab);
  } catch (error) {
    if (lab.signal.aborted || !(error instanceof Error)) throw error;
    lab.say(`  ${FAILED}${error.message}`);
    const found = FAILED + error.message;
    const verdicts = [{ work: row.about, found, goal: "", isMet: undefined }];
    return { title: row.name, text: "", verdicts };
  }
}

function show(lab: Lab, sections: readonly Section[]): void {
  for (const { title, verdicts, table } of sections) {
    lab.say(`\n${title}`);
    for (const line of table === undefined ? [] : markdownTable(table)) lab.say(`  ${line}`);
    for (const verdict of verdicts) {
      lab.say(`  ${verdict.work}: ${verdict.found}; goal ${verdict.goal}: ${word(verdict)}`);
    }
  }
}

/** Aborted when the user stops the program, so that it can clean up. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  const signals: Deno.Signal[] = Deno.build.os === "windows"
    ? ["SIGINT"]
    : ["SIGINT", "SIGTERM", "SIGHUP"];
  for (const signal of signals) {
    Deno.addSignalListener(signal, () => {
      // A second signal does not wait for the clean-up.
      if (controller.signal.aborted) Deno.exit(130);
      controller.abort();
    });
  }
  return controller.signal;
}
