/**
 * Whether findings can be believed: what stands beside a figure when something was
 * wrong with how it was measured, and what may not pass for a goal that was met. Pure.
 */

import { median } from "./histogram.ts";
import type { Findings } from "./load.ts";

/** The part of one processor that others may use before a measurement counts as disturbed. */
const MAX_NOISE = 0.1;

/** The part of its time from which on the load counts as having had none left. */
const MAX_BUSY = 0.9;

/** The part of a fixed rate that a server must carry for its latency to mean anything. */
const CARRIED = 0.95;

/** Anything that was measured, with what others used of the processors meanwhile. */
export interface Noisy {
  /** CPU seconds of everything else on the machine for each second. */
  noise: number;
}

/** Whether something else used the machine too much for a figure to mean anything. */
export function isDisturbed({ noise }: Noisy): boolean {
  return noise > MAX_NOISE;
}

/** The sign for what was disturbed. */
export function noiseMark(measured: readonly Noisy[]): string {
  return measured.some(isDisturbed) ? " §" : "";
}

/** The signs for what was wrong, as the report explains them; nothing when nothing was. */
export function marksOf(findings: readonly Findings[]): string {
  const isAnyShort = findings.some(({ missing, lost }) => missing !== 0 || lost !== 0);
  return (isAnyShort ? " ‡" : "") + noiseMark(findings);
}

/** The sign for a load that was the bottleneck. */
export function loadMark(findings: readonly Findings[]): string {
  return median(findings.map(({ loadBusy }) => loadBusy)) > MAX_BUSY ? " †" : "";
}

/** Whether something was heard, all that was said, and nobody cut off. */
export function isWhole(findings: readonly Findings[]): boolean {
  const isEach = ({ throughput, missing, lost }: Findings) =>
    throughput > 0 && missing === 0 && lost === 0;
  return findings.length > 0 && findings.every(isEach);
}

/** Whether a server kept up with a rate, in deliveries a second. */
export function keptUp({ throughput }: Findings, rate: number): boolean {
  return throughput >= CARRIED * rate;
}

/** Whether a figure keeps to its limit; `undefined` when there is none to be had. */
export function isAtMost(figure: number, limit: number): boolean | undefined {
  return Number.isNaN(figure) ? undefined : figure <= limit;
}
