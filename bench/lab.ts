/**
 * The setting of measurements: how long and how often, the subjects, and a server with
 * a crowd for the time of one measurement.
 */

import { Child } from "./child.ts";
import { Crowd, type Shape } from "./crowd.ts";
import type { Findings } from "./load.ts";
import { watchOthers } from "./proc.ts";
import { isDisturbed, type Noisy } from "./soundness.ts";
import type { Missing, Subject } from "./subjects.ts";
import { openWire } from "./wire.ts";

/** The thoroughness of measurements. */
export interface Scale {
  /**
   * Seconds of warm-up and of measurement. A server whose code is compiled while it runs
   * reaches its speed after some three seconds, since both share one processor.
   */
  warmUp: number;
  seconds: number;
  /** Rounds of each comparison. */
  rounds: number;
  /** Whether rows that need a long time take a fraction of it, and say so. */
  isQuick: boolean;
}

/** Minutes of the long row, if it was asked for; it is left out otherwise. */
export type Soak = number | undefined;

/** The context of every row. */
export interface Lab {
  scale: Scale;
  soak: Soak;
  peers: readonly Subject[];
  missing: readonly Missing[];
  /** A temporary directory, removed at the end. */
  directory: string;
  signal: AbortSignal;
  /** Shows a line of progress. */
  say(line: string): void;
}

/** The arguments of a load: a crowd that has joined, and the server's process. */
export interface Scene {
  crowd: Crowd;
  pid: number;
  port: number;
}

/** Starts `subject`, lets a crowd join, does `work`, and ends both. */
export async function onStage<Result>(
  { signal }: Lab,
  subject: Subject,
  shape: Shape & { sample?: number },
  work: (scene: Scene) => Promise<Result>,
): Promise<Result> {
  signal.throwIfAborted();
  await using server = await Child.start((port) => subject.command(port));
  using wire = openWire(signal);
  const crowd = new Crowd(wire, subject.dialect, shape, shape.sample);
  await crowd.join(server.port);
  return await work({ crowd, pid: server.pid, port: server.port });
}

/** The findings of each subject, round by round. */
export type Rounds = ReadonlyMap<string, readonly Findings[]>;

/**
 * Measures all subjects in several rounds. Each round reverses the order of the last, so
 * that a drift over time affects all alike.
 */
export async function compare(
  lab: Lab,
  subjects: readonly Subject[],
  measure: (subject: Subject) => Promise<Findings>,
): Promise<Rounds> {
  const rounds = new Map<string, Findings[]>(subjects.map(({ key }) => [key, []]));
  for (let round = 0; round < lab.scale.rounds; round++) {
    const order = round % 2 === 0 ? subjects : subjects.toReversed();
    for (const subject of order) {
      const findings = await inQuiet(lab, () => measure(subject));
      rounds.get(subject.key)?.push(findings);
      lab.say(`  ${subject.name}: ${oneLine(findings)}`);
    }
  }
  return rounds;
}

/**
 * Repeats a measurement a few times if another program used the machine meanwhile. The
 * last attempt counts in any case; the report marks it.
 */
export async function inQuiet<Measured extends Noisy>(
  lab: Lab,
  measure: () => Promise<Measured>,
): Promise<Measured> {
  for (let attempt = 1;; attempt++) {
    const measured = await measure();
    if (!isDisturbed(measured) || attempt === ATTEMPTS || lab.scale.isQuick) return measured;
    lab.say(`  something else used ${percent(measured.noise)} of a processor; once more`);
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
}

/** Findings without a load, which would have watched the other programs. */
export interface Watched<Found> extends Noisy {
  found: Found;
}

/**
 * Measures on a quiet machine, without a load. All processes that `measure` starts must
 * have ended with it: only then is their use known as the bench's own.
 */
export function watched<Found>(
  lab: Lab,
  measure: () => Promise<Found>,
): Promise<Watched<Found>> {
  return inQuiet(lab, async () => {
    const others = watchOthers();
    const found = await measure();
    return { found, noise: others() };
  });
}

const ATTEMPTS = 4;

/** Milliseconds to wait for a quiet machine. */
const PAUSE = 3000;

/** The peers of `lab` with one of these keys. */
export function peersOf(lab: Lab, ...keys: string[]): Subject[] {
  return lab.peers.filter(({ key }) => keys.includes(key));
}

function oneLine({ throughput, latency, serverCpu, loadBusy, missing, lost }: Findings): string {
  const trouble = missing === 0 && lost === 0 ? "" : `, ${missing} missing, ${lost} lost`;
  return `${Math.round(throughput / 1000)} k deliveries/s, p50 ${latency.p50.toFixed(2)} ms, ` +
    `p99 ${latency.p99.toFixed(2)} ms, server busy ${percent(serverCpu)}, ` +
    `load busy ${percent(loadBusy)}${trouble}`;
}

/** A part of one, for people. */
export function percent(part: number | undefined): string {
  return part === undefined || Number.isNaN(part) ? "?" : `${Math.round(part * 100)} %`;
}
