/**
 * Whether findings are sound: the signs beside figures whose measurement was disturbed,
 * and the figures that cannot count as meeting a goal. Pure.
 */

import { median } from "./histogram.ts";
import type { Findings } from "./load.ts";

/** The fraction of one processor that others may use before a measurement counts as disturbed. */
const MAX_NOISE = 0.1;

/** The fraction of its time above which the load counts as saturated. */
const MAX_BUSY = 0.9;

/** The fraction of a fixed rate that a server must carry for its latency to count. */
const CARRIED = 0.95;

/** Any measurement, with the processor use of other programs during it. */
export interface Noisy {
  /** CPU seconds of everything else on the machine, per second. */
  noise: number;
}

/** Whether other programs used too much of the machine for a figure to count. */
export function isDisturbed({ noise }: Noisy): boolean {
  return noise > MAX_NOISE;
}

/** The sign for a disturbed measurement. */
export function noiseMark(measured: readonly Noisy[]): string {
  return measured.some(isDisturbed) ? " §" : "";
}

/** The signs that the report explains; empty for a sound measurement. */
export function marksOf(findings: readonly Findings[]): string {
  const isAnyShort = findings.some(({ missing, lost }) => missing !== 0 || lost !== 0);
  return (isAnyShort ? " ‡" : "") + noiseMark(findings);
}

/** The sign for a load that was the bottleneck. */
export function loadMark(findings: readonly Findings[]): string {
  return median(findings.map(({ loadBusy }) => loadBusy)) > MAX_BUSY ? " †" : "";
}

/** Whether there were deliveries, none was missing, and no connection was closed. */
export function isWhole(findings: readonly Findings[]): boolean {
  const isEach = ({ throughput, missing, lost }: Findings) =>
    throughput > 0 && missing === 0 && lost === 0;
  return findings.length > 0 && findings.every(isEach);
}

/** Whether a server kept up with a rate, in deliveries per second. */
export function keptUp({ throughput }: Findings, rate: number): boolean {
  return throughput >= CARRIED * rate;
}

/** Whether a figure keeps to its limit; `undefined` if there is no figure. */
export function isAtMost(figure: number, limit: number): boolean | undefined {
  return Number.isNaN(figure) ? undefined : figure <= limit;
}
