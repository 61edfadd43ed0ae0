/**
 * The rows that become plots: throughput by the size of a room, and latency by the rate
 * of messages.
 */

import { inQuiet, type Lab, onStage, peersOf } from "./lab.ts";
import { type Findings, fixedRate } from "./load.ts";
import { saturate } from "./rooms_rows.ts";
import {
  millions,
  milliseconds,
  type Point,
  type Section,
  type Series,
  tableOfSeries,
} from "./section.ts";
import { loadMark, marksOf } from "./soundness.ts";
import { CHAT_IN_MEMORY, type Subject } from "./subjects.ts";

/** Milliseconds of latency above which a server no longer keeps up, and its line ends. */
const OVERLOADED = 1000;

/** Deliveries per second, by members of the one room. */
export async function measureMembers(lab: Lab): Promise<Section> {
  const sizes = lab.scale.isQuick ? [2, 30] : [2, 10, 30, 100, 300, 1000];
  const subjects = [CHAT_IN_MEMORY, ...lab.peers];
  const found = await sweep(
    lab,
    subjects,
    sizes,
    (subject, members) => saturate(brief(lab), subject, { rooms: 1, members }),
  );
  const series = linesOf(found, ({ throughput }) => throughput);
  const title = "Deliveries per second, by members of the room";
  return {
    title,
    text:
      "One room, in which each client sends the next message when the last is back; one run each.",
    verdicts: [],
    table: tableOfSeries("members", sizes, series, millions),
    plot: { file: "throughput", title, x: "members of the room", y: "deliveries/s", series },
  };
}

/** Latency, by messages per second into a room of 100. */
export async function measureLoads(lab: Lab): Promise<Section> {
  const rates = lab.scale.isQuick ? [200, 5000] : [200, 2000, 5000, 10_000, 20_000, 40_000];
  const subjects = [CHAT_IN_MEMORY, ...peersOf(lab, "nats", "redis", "c")];
  const found = await sweep(
    lab,
    subjects,
    rates,
    (subject, rate) => atRate(lab, subject, rate),
    ({ latency }) => latency.p99 > OVERLOADED,
  );
  const p50 = linesOf(found, ({ latency }) => latency.p50);
  const p99 = linesOf(found, ({ latency }) => latency.p99);
  const columns = [...named(p50, "p50"), ...named(p99, "p99")];
  const title = "Latency (p99), by messages per second into a room of 100";
  return {
    title,
    text:
      "From when a message was due to its delivery to a member; one run each. A line ends where " +
      `p99 passes ${OVERLOADED} ms: the server no longer keeps up.`,
    verdicts: [],
    table: tableOfSeries("messages/s", rates, columns, milliseconds),
    plot: { file: "latency", title, x: "messages/s", y: "milliseconds", series: p99 },
  };
}

function atRate(lab: Lab, subject: Subject, rate: number): Promise<Findings> {
  const shape = { rooms: 1, members: 100, sample: rate > 1000 ? 16 : 1 };
  const { scale } = brief(lab);
  return onStage(lab, subject, shape, (scene) => fixedRate({ ...scene, ...scale }, rate));
}

function named(series: readonly Series[], figure: string): Series[] {
  return series.map((each) => ({ ...each, name: `${each.name}, ${figure}` }));
}

/** The findings of a sweep for one subject. */
interface Swept extends Omit<Series, "points"> {
  points: { x: number; findings: Findings }[];
}

/** Measures every subject at every place, up to the first that `isEnough` for it. */
async function sweep(
  lab: Lab,
  subjects: readonly Subject[],
  places: readonly number[],
  measure: (subject: Subject, place: number) => Promise<Findings>,
  isEnough: (findings: Findings) => boolean = () => false,
): Promise<Swept[]> {
  const found = subjects.map((subject): Swept => ({
    name: subject.name,
    color: [CHAT_IN_MEMORY, ...lab.peers].indexOf(subject),
    points: [],
  }));
  for (const x of places) {
    for (const [index, subject] of subjects.entries()) {
      const points = found[index]?.points ?? [];
      const last = points.at(-1)?.findings;
      if (last !== undefined && isEnough(last)) continue;
      points.push({ x, findings: await inQuiet(lab, () => measure(subject, x)) });
    }
    lab.say(`  at ${x}`);
  }
  return found;
}

function linesOf(found: readonly Swept[], figure: (findings: Findings) => number): Series[] {
  const point = ({ x, findings }: Swept["points"][number]): Point => ({
    x,
    y: figure(findings),
    mark: marksOf([findings]) + loadMark([findings]),
  });
  return found.map(({ points, ...rest }) => ({ ...rest, points: points.map(point) }));
}

function brief(lab: Lab): Lab {
  return { ...lab, scale: { ...lab.scale, seconds: lab.scale.seconds / 2 } };
}
