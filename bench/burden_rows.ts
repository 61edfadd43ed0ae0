/**
 * The rows about burdens beside plain delivery: a client that never reads, waiting for
 * a disk, half load for a long time.
 */

import { stareAt } from "./guest.ts";
import { median } from "./histogram.ts";
import { inQuiet, type Lab, onStage, percent, type Scene } from "./lab.ts";
import { closedLoop, type Findings, fixedRate } from "./load.ts";
import { residentBytes } from "./proc.ts";
import { chatOnDisk, IN_FLIGHT, saturate } from "./rooms_rows.ts";
import { megabytes, middle, millions, type Section, type Verdict } from "./section.ts";
import { isAtMost, isWhole, keptUp, marksOf } from "./soundness.ts";
import { CHAT_IN_MEMORY, CHAT_REFS } from "./subjects.ts";

/** Bytes: a megabyte for the stuck client's own queue, and as much again to be safe. */
const BOUND = 64_000_000;

/** Seconds after which the system's buffers for the stuck client are full. */
const FILLING = { full: 1.5, quick: 0.5 };

/** The order of measurements: without the stuck client, with it, with it, without it. */
interface Comparison {
  without: readonly [Findings, Findings];
  with: readonly [Findings, Findings];
}

/** One client that never reads, in a room where 100 others talk. */
export async function measureStuckReader(lab: Lab): Promise<Section> {
  const shape = { rooms: 1, members: 100, sample: 16 };
  const found: Comparison[] = [];
  for (let round = 0; round < lab.scale.rounds; round++) {
    // In one server, back to back: two servers may differ by more than the effect.
    found.push(await onStage(lab, CHAT_IN_MEMORY, shape, (scene) => compareStuck(lab, scene)));
    lab.say(`  the others lose ${lossOf(found.at(-1) as Comparison).toFixed(1)} %`);
  }
  return stuckSection(found);
}

async function compareStuck(lab: Lab, scene: Scene): Promise<Comparison> {
  const { crowd, port } = scene;
  const filling = lab.scale.isQuick ? FILLING.quick : FILLING.full;
  const seconds = 2 * lab.scale.seconds;
  const load = (warmUp = filling) =>
    inQuiet(lab, () => closedLoop({ ...scene, warmUp, seconds }, IN_FLIGHT));
  const first = await load(lab.scale.warmUp);
  const stuck = await stareAt(crowd, CHAT_IN_MEMORY.dialect, port, "r000");
  const second = await load();
  const third = await load();
  crowd.wire.close(stuck);
  await crowd.quiet(performance.now() + 10_000);
  return { without: [first, await load()], with: [second, third] };
}

function lossOf({ without, with: stuck }: Comparison): number {
  return 100 * (1 - both(stuck, "throughput") / both(without, "throughput"));
}

/** The mean of two findings; of the outer two and the inner two, it cancels a drift over time. */
function both([one, other]: readonly [Findings, Findings], what: "throughput" | "serverMemory") {
  return ((one[what] ?? NaN) + (other[what] ?? NaN)) / 2;
}

function stuckSection(found: readonly Comparison[]): Section {
  const memory = (which: keyof Comparison) =>
    middle(found.map((each) => both(each[which], "serverMemory")), megabytes);
  const grown = found.map((each) =>
    both(each.with, "serverMemory") - both(each.without, "serverMemory")
  );
  const losses = found.map(lossOf);
  const all = found.flatMap((each) => [...each.with, ...each.without]);
  return {
    title: "One client that never reads, in a busy room",
    text:
      "100 clients talk in one room; another joins, reads nothing, and leaves. Measured before, " +
      "twice while it is there, and after.",
    verdicts: [
      {
        work: "Loss of the others",
        found: middle(losses, (percent) => `${percent.toFixed(1)} %`) + marksOf(all),
        goal: "< 5 %",
        isMet: isWhole(all) && median(losses) < 5,
      },
      {
        work: "The server's memory, with it and without",
        found: `${memory("with")}, ${memory("without")}` + marksOf(all),
        goal: `at most ${megabytes(BOUND)} more`,
        isMet: isAtMost(median(grown), BOUND),
      },
    ],
  };
}

/** Messages that are on disk before anyone sees them. */
export async function measureDurable(lab: Lab): Promise<Section> {
  const shape = { rooms: 100, members: 1, sample: 16 };
  const subject = { ...chatOnDisk(lab, "full"), dialect: CHAT_REFS.dialect };
  const found: Findings[] = [];
  for (let round = 0; round < lab.scale.rounds; round++) {
    found.push(await inQuiet(lab, () => saturate(lab, subject, shape, 32)));
    lab.say(`  ${millions(found.at(-1)?.throughput ?? NaN)} messages/s`);
  }
  const rates = found.map(({ throughput }) => throughput);
  return {
    title: "Durable messages",
    text: "100 clients, each alone in a room with 32 messages in flight, every message with a " +
      "`ref`, `--sync full`: counted when its sender has it back, when it is on the disk.",
    verdicts: [{
      work: "Messages per second",
      found: middle(rates, millions) + marksOf(found),
      goal: "≥ 20.0 k",
      isMet: isWhole(found) && median(rates) >= 20_000,
    }],
    basis: { durable: median(rates) },
  };
}

/** Half of the server's capacity, for a long time. */
export async function measureSoak(lab: Lab): Promise<Section> {
  const title = "Half load for a long time";
  const goal = "memory flat, no error";
  if (lab.soak === undefined) {
    const found = "not run; deno task bench --soak runs it";
    return { title, text: "", verdicts: [{ work: "30 minutes", found, goal, isMet: undefined }] };
  }
  const subject = chatOnDisk(lab, "normal");
  const shape = { rooms: 40, members: 10, sample: 64 };
  const { throughput } = await saturate(lab, subject, shape);
  const rate = throughput / shape.members / 2;
  return await onStage(lab, subject, shape, async (scene) => {
    const { found, memory } = await soak(lab, scene, rate, lab.soak as number);
    return {
      title,
      text: soakText(rate, memory),
      verdicts: [soakVerdict(lab, { found, rate: rate * shape.members, memory })],
    };
  });
}

/** Readings of the memory, without the first fifth, in which the heap finds its size. */
const READINGS = 180;

async function soak(lab: Lab, scene: Scene, rate: number, minutes: number) {
  const memory: number[] = [];
  const read = () => memory.push(residentBytes(scene.pid) ?? NaN);
  const timer = setInterval(read, minutes * 60_000 / READINGS);
  try {
    const warmUp = minutes * 60 / 5;
    const found = await fixedRate({ ...scene, warmUp, seconds: 4 * warmUp }, rate);
    lab.say(`  ${found.missing} missing, ${found.lost} lost`);
    return { found, memory: memory.slice(READINGS / 5) };
  } finally {
    clearInterval(timer);
  }
}

function soakText(rate: number, memory: readonly number[]): string {
  return `${Math.round(rate)} messages/s into rooms of 10, log on, \`--sync normal\`. Memory ` +
    `between ${megabytes(Math.min(...memory))} and ${megabytes(Math.max(...memory))}.`;
}

function soakVerdict(
  lab: Lab,
  { found, rate, memory }: { found: Findings; rate: number; memory: readonly number[] },
): Verdict {
  const { throughput, missing, lost } = found;
  const half = Math.floor(memory.length / 2);
  const early = median(memory.slice(0, half));
  const late = median(memory.slice(half));
  const growth = 100 * (late / early - 1);
  return {
    work: `${lab.soak} minutes`,
    found: `memory of the second half ${growth.toFixed(1)} % over the first's; ` +
      `${missing} deliveries missing, ${lost} connections lost, ` +
      `${percent(throughput / rate)} of the rate carried${marksOf([found])}`,
    goal: "memory flat (within 5 %), no error",
    isMet: isWhole([found]) && keptUp(found, rate) ? isAtMost(growth, 5) : false,
  };
}
