/** Runs faults one after another, each in a directory of its own. */

import type { Fault } from "./catalogue.ts";
import { undoAtExit } from "./leftovers.ts";
import type { Verdict } from "./oracle.ts";
import { Skipped, Stage } from "./stage.ts";

/** How faults are run. */
export interface RunOptions {
  seed: number;
  /** Whether to use the short form. */
  isShort: boolean;
  /** Rounds of each fault; its default if left out. */
  rounds?: number | undefined;
}

/** The result of one fault. */
export interface Result extends Verdict {
  fault: Fault;
  /** The completed rounds. */
  rounds: number;
  seconds: number;
  remarks: readonly string[];
  /** Why it was not run here. */
  skipped?: string;
  /** Why it was given up, and how to replay it. */
  failure?: string;
}

/** Runs one fault. Its directory is removed afterwards, unless it failed. */
export async function runFault(fault: Fault, options: RunOptions): Promise<Result> {
  const { seed, isShort } = options;
  const rounds = options.rounds ?? fault.rounds[isShort ? "short" : "full"];
  const directory = Deno.makeTempDirSync({ prefix: `chat-fault-${fault.name}-` });
  const isGone = undoAtExit(() => Deno.removeSync(directory, { recursive: true }));
  const stage = new Stage(fault.name, { seed, rounds, isShort, directory });
  const started = performance.now();
  let ending: Pick<Result, "skipped" | "failure"> = {};
  try {
    await fault.run(stage);
  } catch (error) {
    ending = error instanceof Skipped
      ? { skipped: error.message }
      : { failure: `${explain(error)}\n${replay(fault, options, stage)}` };
  } finally {
    await stage[Symbol.asyncDispose]();
    isGone();
  }
  if (ending.failure === undefined) Deno.removeSync(directory, { recursive: true });
  const seconds = (performance.now() - started) / 1000;
  const { verdict, done, remarks } = stage;
  return { fault, ...verdict, rounds: done, seconds, remarks, ...ending };
}

/** Whether every promise held; a fault that was not run counts as clean. */
export function isClean({ findings, failure }: Result): boolean {
  return findings.length === 0 && failure === undefined;
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) throw error;
  // The stack shows where the run waited, and the message for what.
  return error.stack ?? error.message;
}

function replay(fault: Fault, { seed, isShort }: RunOptions, stage: Stage): string {
  const short = isShort ? " --short" : "";
  const round = stage.done + 1;
  return `in round ${round}; what it left is in ${stage.directory}; to see it again:\n` +
    `deno task faults --seed ${seed} --fault ${fault.name} --rounds ${round}${short}`;
}
