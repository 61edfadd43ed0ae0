/**
 * The rows about what the server bears beside carrying: a client that never reads,
 * a disk to wait for, questions while it is busy, time.
 */

import { stareAt } from "./guest.ts";
import { median } from "./histogram.ts";
import { inQuiet, type Lab, onStage, type Scene } from "./lab.ts";
import { closedLoop, type Findings, fixedRate } from "./load.ts";
import { residentBytes } from "./proc.ts";
import { chatOnDisk, IN_FLIGHT, saturate } from "./rooms_rows.ts";
import { megabytes, middle, millions, type Section, type Verdict } from "./section.ts";
import { CHAT_IN_MEMORY, CHAT_REFS } from "./subjects.ts";

/** A megabyte for the stuck client's own queue, and as much again for luck. */
const BOUND = 64_000_000;

/** One client that never reads, in a room where 100 others talk. */
export async function measureStuckReader(lab: Lab): Promise<Section> {
  const shape = { rooms: 1, members: 100, sample: 16 };
  // Long enough for the system's own buffers to be full.
  const scale = { ...lab.scale, seconds: 2 * lab.scale.seconds };
  const measure = (isStuck: boolean) =>
    inQuiet(lab, () =>
      onStage(lab, CHAT_IN_MEMORY, shape, async (scene) => {
        const { crowd, port } = scene;
        if (isStuck) await stareAt(crowd, CHAT_IN_MEMORY.dialect, port, "r000");
        return closedLoop({ ...scene, ...scale }, IN_FLIGHT);
      }));
  const pairs: { without: Findings; with: Findings }[] = [];
  for (let round = 0; round < lab.scale.rounds; round++) {
    // Turn and turn about, as everywhere.
    const first = await measure(round % 2 === 1);
    const second = await measure(round % 2 === 0);
    pairs.push(
      round % 2 === 1 ? { with: first, without: second } : { with: second, without: first },
    );
    lab.say(`  ${millions(first.throughput)} and ${millions(second.throughput)}`);
  }
  return stuckSection(pairs);
}

function stuckSection(pairs: readonly { without: Findings; with: Findings }[]): Section {
  const loss = pairs.map((pair) => 100 * (1 - pair.with.throughput / pair.without.throughput));
  const memory = (which: "with" | "without") =>
    pairs.map((pair) => pair[which].serverMemory ?? NaN);
  const grown = pairs.map((pair) =>
    (pair.with.serverMemory ?? NaN) - (pair.without.serverMemory ?? NaN)
  );
  return {
    title: "One client that never reads, in a busy room",
    text: "100 clients talk in one room; another is in it and takes nothing of what it is sent.",
    verdicts: [
      {
        work: "What the others lose",
        found: middle(loss, (percent) => `${percent.toFixed(1)} %`),
        goal: "< 5 %",
        isMet: median(loss) < 5,
      },
      {
        work: "The server's memory, with it and without",
        found: `${middle(memory("with"), megabytes)}, ${middle(memory("without"), megabytes)}`,
        goal: `at most ${megabytes(BOUND)} more`,
        isMet: median(grown) <= BOUND,
      },
    ],
  };
}

/** Messages that are on the disk before anyone sees them. */
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
    text: "100 clients, each alone in a room with 32 messages on their way, every message with a " +
      "`ref`, `--sync full`: counted when its sender has it back, and so when it is on the disk.",
    verdicts: [{
      work: "Messages a second",
      found: middle(rates, millions),
      goal: "≥ 20.0 k",
      isMet: median(rates) >= 20_000,
    }],
    basis: { durable: median(rates) },
  };
}

/** Half of what the server carries, for a long time. */
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
    return { title, text: soakText(rate, memory), verdicts: [soakVerdict(lab, found, memory)] };
  });
}

/** Readings of the memory; those of the first fifth, while the heap finds its size, do not count. */
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

function soakVerdict(lab: Lab, { missing, lost }: Findings, memory: readonly number[]): Verdict {
  const half = Math.floor(memory.length / 2);
  const early = median(memory.slice(0, half));
  const late = median(memory.slice(half));
  const growth = 100 * (late / early - 1);
  return {
    work: `${lab.soak} minutes`,
    found: `memory of the second half ${growth.toFixed(1)} % over the first's; ` +
      `${missing} deliveries missing, ${lost} connections lost`,
    goal: "memory flat (within 5 %), no error",
    isMet: growth < 5 && missing === 0 && lost === 0,
  };
}
