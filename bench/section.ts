/**
 * The result of a row of the benchmark: figures, and whether they met their goals.
 */

import { median } from "./histogram.ts";
import { type Lab, percent, type Rounds } from "./lab.ts";
import type { Findings } from "./load.ts";
import type { Basis } from "./scaling.ts";
import { isWhole, loadMark, marksOf } from "./soundness.ts";
import type { Subject } from "./subjects.ts";

/** One goal and its finding. */
export interface Verdict {
  work: string;
  found: string;
  goal: string;
  /** `undefined` if it was not measured. */
  isMet: boolean | undefined;
}

/** A table under a section's verdicts. */
export interface Table {
  head: readonly string[];
  rows: readonly (readonly string[])[];
}

/** A point of a plot. */
export interface Point {
  x: number;
  y: number;
  /** The signs for disturbances; empty if there were none. */
  mark: string;
}

/** A line of a plot, with its points in the order of x. */
export interface Series {
  name: string;
  /** The index of its color, the same in every plot. */
  color: number;
  points: readonly Point[];
}

/** A plot with logarithmic axes. */
export interface Plot {
  /** The file's name without its extension. */
  file: string;
  title: string;
  x: string;
  y: string;
  series: readonly Series[];
}

/** The findings of one row. */
export interface Section {
  title: string;
  /** The method, and remarks about the figures. */
  text: string;
  verdicts: readonly Verdict[];
  table?: Table;
  plot?: Plot;
  /** Inputs for the scaling section. */
  basis?: Basis;
}

/** A row of the benchmark. */
export interface Row {
  /** Its name for `--only`. */
  name: string;
  /** Its subject, for `--help`. */
  about: string;
  measure(lab: Lab): Promise<Section>;
}

/** Whether one subject reaches at least `goal` times the figure of a peer, by the median of the rounds. */
export function atLeast(
  lab: Lab,
  rounds: Rounds,
  [subject, peer]: readonly [Subject, string],
  goal: number,
): Verdict {
  const against = lab.peers.find(({ key }) => key === peer);
  const work = `${subject.name} against ${against?.name ?? peer}`;
  const wanted = `≥ ${goal.toFixed(1)} ×`;
  const ratios = ratiosOf(rounds, subject.key, peer);
  if (ratios.length === 0) {
    return { work, found: `${peer} is missing here`, goal: wanted, isMet: undefined };
  }
  const [own = [], theirs = []] = [rounds.get(subject.key), rounds.get(peer)];
  const found = times(ratios) + loadMark(theirs) + marksOf([...own, ...theirs]);
  return { work, found, goal: wanted, isMet: isWhole(own) && median(ratios) >= goal };
}

/** Ratios as text. */
export function times(ratios: readonly number[]): string {
  return `${median(ratios).toFixed(2)} × ${spread(ratios, (ratio) => ratio.toFixed(2))}`.trim();
}

/** The ratios of two subjects, round by round. */
export function ratiosOf(
  rounds: Rounds,
  one: string,
  other: string,
  figure: (findings: Findings) => number = ({ throughput }) => throughput,
): number[] {
  const others = rounds.get(other) ?? [];
  return (rounds.get(one) ?? []).slice(0, others.length).map((findings, round) =>
    figure(findings) / figure(others[round] as Findings)
  );
}

/** The minimum and maximum of `values` in parentheses; empty if there is only one. */
export function spread(values: readonly number[], format: (value: number) => string): string {
  if (values.length < 2) return "";
  return `(${format(Math.min(...values))}–${format(Math.max(...values))})`;
}

/** A median with its spread. */
export function middle(values: readonly number[], format: (value: number) => string): string {
  return `${format(median(values))} ${spread(values, format)}`.trim();
}

/** A table of all findings for each subject. */
export function tableOf(subjects: readonly Subject[], rounds: Rounds): Table {
  const head = [
    "",
    "deliveries/s",
    "p50",
    "p99",
    "server's CPU",
    "load's",
    "per CPU second",
    "RSS",
  ];
  const rows = subjects.map(({ key, name }) => [name, ...cells(rounds.get(key) ?? [])]);
  return { head, rows };
}

function cells(findings: readonly Findings[]): string[] {
  const all = (figure: (findings: Findings) => number) => findings.map(figure);
  return [
    middle(all(({ throughput }) => throughput), millions) + marksOf(findings),
    milliseconds(median(all(({ latency }) => latency.p50))),
    milliseconds(median(all(({ latency }) => latency.p99))),
    percent(median(all(({ serverCpu = NaN }) => serverCpu))),
    percent(median(all(({ loadBusy }) => loadBusy))) + loadMark(findings),
    millions(median(all(perCpuSecond))),
    megabytes(median(all(({ serverMemory = NaN }) => serverMemory))),
  ];
}

/** Deliveries per CPU second of the server. */
export function perCpuSecond({ throughput, serverCpu = NaN }: Findings): number {
  return throughput / serverCpu;
}

/** A table of the values of several lines at the same places. */
export function tableOfSeries(
  corner: string,
  places: readonly number[],
  series: readonly Series[],
  format: (value: number) => string,
): Table {
  const at = (place: number) => ({ points }: Series) => {
    const point = points.find(({ x }) => x === place);
    return point === undefined ? "" : format(point.y) + point.mark;
  };
  return {
    head: [corner, ...series.map(({ name }) => name)],
    rows: places.map((place) => [`${place}`, ...series.map(at(place))]),
  };
}

/** A figure as text. */
export function millions(value: number): string {
  if (Number.isNaN(value)) return "?";
  return value < 100_000 ? `${(value / 1000).toFixed(1)} k` : `${(value / 1e6).toFixed(2)} M`;
}

/** A time as text. */
export function milliseconds(value: number): string {
  if (Number.isNaN(value)) return "?";
  return `${value.toFixed(value < 10 ? 2 : 0)} ms`;
}

/** An amount of memory as text. */
export function megabytes(bytes: number): string {
  return Number.isNaN(bytes) ? "?" : `${Math.round(bytes / 1e6)} MB`;
}
