/** The result of a run as text. */

import { MEMORY_BOUND, type Outcome } from "./run.ts";

/** One arena, in a few lines. */
export function describe(outcome: Outcome): string {
  const { arena, inputs, connections, seconds, acknowledged, cost, findings } = outcome;
  const pace = Math.round(inputs / seconds);
  const lines = [
    `${arena.name}: ${inputs} inputs over ${connections} connections in ${seconds.toFixed(1)} s ` +
    `(${pace}/s), ${findings.length} findings`,
    `  made at the level of ${counts(outcome.levels)}`,
    `  answered with ${counts(outcome.heard)}`,
    `  two healthy clients said ${acknowledged} things and saw all of each other's`,
    ...cost === undefined ? [] : [
      `  server: ${Math.round(cost.peak)} MiB at most (bound ${MEMORY_BOUND}), ` +
      `${cost.cpu.toFixed(1)} s of processor time`,
    ],
    ...findings.slice(0, 20).map((finding) => `  FOUND ${finding}`),
  ];
  return lines.join("\n");
}

/** The counts in descending order. */
function counts(map: ReadonlyMap<string, number>): string {
  const most = [...map].toSorted(([, one], [, other]) => other - one).slice(0, 12);
  const rest = map.size > most.length ? `, and ${map.size - most.length} others` : "";
  return most.map(([what, count]) => `${what} ${count}`).join(", ") + rest;
}
