/**
 * The row about the latency of a message at low load.
 */

import { median } from "./histogram.ts";
import { compare, type Lab, onStage, peersOf } from "./lab.ts";
import { type Findings, fixedRate } from "./load.ts";
import { perCpuSecond, ratiosOf, type Section, tableOf, times, type Verdict } from "./section.ts";
import { isWhole, keptUp, marksOf } from "./soundness.ts";
import { CHAT_IN_MEMORY } from "./subjects.ts";

/** Messages per second. */
const RATE = 200;

/** 200 messages a second into a room of 100. */
export async function measureLatency(lab: Lab): Promise<Section> {
  const subjects = [CHAT_IN_MEMORY, ...peersOf(lab, "nats", "redis", "c")];
  const shape = { rooms: 1, members: 100 };
  const rounds = await compare(
    lab,
    subjects,
    (subject) =>
      onStage(lab, subject, shape, (scene) => fixedRate({ ...scene, ...lab.scale }, RATE)),
  );
  const verdict = (work: string, goal: number, figure: (findings: Findings) => number): Verdict => {
    const wanted = `≤ ${goal} ×`;
    const ratios = ratiosOf(rounds, CHAT_IN_MEMORY.key, "nats", figure);
    if (ratios.length === 0) {
      return { work, found: "nats is missing here", goal: wanted, isMet: undefined };
    }
    const [own = [], theirs = []] = [rounds.get(CHAT_IN_MEMORY.key), rounds.get("nats")];
    const isSound = isWhole(own) && own.every((each) => keptUp(each, RATE * shape.members));
    const found = times(ratios) + marksOf([...own, ...theirs]);
    return { work, found, goal: wanted, isMet: isSound && median(ratios) <= goal };
  };
  return {
    title: `Latency at ${RATE} messages/s into a room of 100`,
    text: "From when a message was due to its delivery to each of the 100.",
    verdicts: [
      verdict("p50 against NATS core", 1.5, ({ latency }) => latency.p50),
      verdict("p99 against NATS core", 2, ({ latency }) => latency.p99),
    ],
    table: tableOf(subjects, rounds),
    basis: { apart: median((rounds.get(CHAT_IN_MEMORY.key) ?? []).map(perCpuSecond)) },
  };
}
