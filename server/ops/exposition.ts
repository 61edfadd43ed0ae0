/**
 * Prometheus' text format, 0.0.4, for families whose samples are read when it is asked for. Pure.
 * A library such as prom-client would count a second time what the server counts anyway, at each
 * message; what is left to do at a scrape is this text.
 */

import type { Histogram } from "../process/histogram.ts";

/** A sample: a value and its label, if it has one. */
export type Sample = readonly [value: number, label?: readonly [name: string, value: string]];

/** A family: its name without the prefix, its type, its help, and its samples. */
export type Family =
  | readonly [
    name: string,
    help: string,
    type: "counter" | "gauge",
    samples: readonly Sample[],
  ]
  | readonly [name: string, help: string, type: "histogram", histogram: Histogram];

/** The content type of the text. */
export const CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** The text of `families`, each under its name with `prefix`. */
export function exposition(prefix: string, families: readonly Family[]): string {
  return families.map(([name, help, ...samples]) => {
    const full = prefix + name;
    const lines = samples[0] === "histogram"
      ? histogramLines(full, samples[1])
      : samples[1].map(([value, label]) => line(full, value, label));
    return [`# HELP ${full} ${help}`, `# TYPE ${full} ${samples[0]}`, ...lines, ""].join("\n");
  }).join("");
}

function histogramLines(name: string, { bounds, counts, sum }: Histogram): string[] {
  let total = 0;
  const buckets = counts.map((count, index) => {
    total += count;
    return line(`${name}_bucket`, total, ["le", String(bounds[index] ?? "+Inf")]);
  });
  return [...buckets, line(`${name}_sum`, sum), line(`${name}_count`, total)];
}

function line(name: string, value: number, label?: Sample[1]): string {
  const labels = label === undefined ? "" : `{${label[0]}="${escape(label[1])}"}`;
  return `${name}${labels} ${value}`;
}

function escape(value: string): string {
  return value.replace(/[\\"\n]/g, (character) => character === "\n" ? "\\n" : `\\${character}`);
}
