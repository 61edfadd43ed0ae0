/**
 * The rows about connections: the cost of an idle one, the rate of new ones, the time
 * until the server accepts the first.
 */

import { findBinary } from "./binaries.ts";
import { Child, freePort, spawn, stop } from "./child.ts";
import { Crowd } from "./crowd.ts";
import { median } from "./histogram.ts";
import { inTime } from "./in_time.ts";
import { type Lab, onStage, peersOf, type Scene, type Watched, watched } from "./lab.ts";
import { fileBytes, residentBytes } from "./proc.ts";
import { megabytes, middle, milliseconds, type Section, type Verdict } from "./section.ts";
import { isAtMost, noiseMark } from "./soundness.ts";
import { CHAT_IN_MEMORY, CHAT_WEB, chatCommand, type Subject } from "./subjects.ts";
import { openWire } from "./wire.ts";

/** Seconds within which a server may return its memory. */
const SETTLING = { full: 5, quick: 3 };

/** Milliseconds for the C library to return the memory that it holds. */
const TRIMMING = 1000;

/** The memory of an idle crowd, in bytes. */
interface Idle {
  before: number;
  joined: number;
  after: number;
  /** After the C library was told to return what it holds, where that is possible. */
  trimmed: number | undefined;
  again: number;
  /** The mapped files in the first and the third. */
  files: { before: number; after: number };
}

/** 10,000 clients that have joined and say nothing. */
export async function measureIdle(lab: Lab): Promise<Section> {
  const shape = lab.scale.isQuick ? { rooms: 400, members: 5 } : { rooms: 400, members: 25 };
  const clients = shape.rooms * shape.members;
  const subjects = [CHAT_IN_MEMORY, CHAT_WEB, ...peersOf(lab, "nats", "redis")];
  const measured: Watched<Idle>[] = [];
  for (const subject of subjects) {
    const idle = await watched(lab, () => idleOf(lab, subject, shape));
    measured.push(idle);
    lab.say(`  ${subject.name}: ${Math.round(each(idle.found, clients))} bytes each`);
  }
  const own = measured[0] as Watched<Idle>;
  return {
    title: `${clients} idle connections, joined in ${shape.rooms} rooms`,
    text: "Resident memory as the system counts it, a few seconds after the last has joined, and " +
      `at most ${settling(lab)} s after all have left. "SIGUSR2" makes the C library return what ` +
      'it holds, if the server was started with DENO_USR2_MEMORY_TRIM=1. "Again" is a second ' +
      "crowd after the first: a higher figure would be a leak.",
    verdicts: [...idleVerdicts(own, clients), webVerdict(measured[1] as Watched<Idle>, clients)],
    basis: { idleEach: each(own.found, clients) },
    table: {
      head: ["", "each", "before", "with them", "when they have left", "after SIGUSR2", "again"],
      rows: measured.map((idle, index) => [
        subjects[index]?.name ?? "",
        kilobytes(each(idle.found, clients)) + noiseMark([idle]),
        ...[idle.found.before, idle.found.joined, idle.found.after].map(megabytes),
        idle.found.trimmed === undefined ? "" : megabytes(idle.found.trimmed),
        megabytes(idle.found.again),
      ]),
    },
  };
}

function webVerdict(idle: Watched<Idle>, clients: number): Verdict {
  return {
    work: "Resident for each WebSocket",
    found: kilobytes(each(idle.found, clients)) + noiseMark([idle]),
    goal: "≤ 30 KB",
    isMet: isAtMost(each(idle.found, clients), 30_000),
  };
}

function idleVerdicts(idle: Watched<Idle>, clients: number): Verdict[] {
  const { found: own } = idle;
  const mark = noiseMark([idle]);
  return [
    {
      work: "Resident for each",
      found: kilobytes(each(own, clients)) + mark,
      goal: "≤ 20 KB",
      isMet: isAtMost(each(own, clients), 20_000),
    },
    {
      work: "Memory after they have left, compared with the start",
      found: `${fromTo(own)}; ${fromTo(own.files)}, are the program's file` + mark,
      goal: "within 10 %",
      isMet: isAtMost(own.after / own.before, 1.1),
    },
  ];
}

function fromTo({ before, after }: { before: number; after: number }): string {
  return `${megabytes(after)}, from ${megabytes(before)}`;
}

async function idleOf(
  lab: Lab,
  subject: Subject,
  shape: { rooms: number; members: number },
): Promise<Idle> {
  await using server = await Child.start((port) => {
    return { ...subject.command(port), env: { DENO_USR2_MEMORY_TRIM: "1" } };
  });
  const memory = () => residentBytes(server.pid) ?? NaN;
  const files = () => fileBytes(server.pid) ?? NaN;
  // It listens before all of it is loaded.
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const before = memory();
  const filesBefore = files();
  const visit = async (firstName: number) => {
    using wire = openWire(lab.signal);
    const crowd = new Crowd(wire, subject.dialect, { ...shape, firstName });
    await crowd.join(server.port);
    await wire.run(performance.now() + 2000);
    const joined = memory();
    await crowd.leave();
    return joined;
  };
  const joined = await visit(0);
  const after = await settled(memory, lab);
  const filesThen = { before: filesBefore, after: files() };
  // Deno's own; to other servers the signal means something else.
  const trimmed = subject === CHAT_IN_MEMORY ? await trim(server.pid, memory) : undefined;
  const again = await visit(shape.rooms * shape.members);
  return { before, joined, after, trimmed, again, files: filesThen };
}

async function trim(pid: number, memory: () => number): Promise<number | undefined> {
  if (Deno.build.os !== "linux") return undefined;
  Deno.kill(pid, "SIGUSR2");
  await new Promise((resolve) => setTimeout(resolve, TRIMMING));
  return memory();
}

/** The least memory within some seconds. */
async function settled(memory: () => number, lab: Lab): Promise<number> {
  let least = memory();
  for (let second = 0; second < settling(lab); second++) {
    lab.signal.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, 1000));
    least = Math.min(least, memory());
  }
  return least;
}

function settling({ scale }: Lab): number {
  return scale.isQuick ? SETTLING.quick : SETTLING.full;
}

function each({ before, joined }: Idle, clients: number): number {
  return (joined - before) / clients;
}

function kilobytes(bytes: number): string {
  return Number.isNaN(bytes) ? "?" : `${(bytes / 1000).toFixed(1)} KB`;
}

/** The distribution of connecting clients over rooms: each one is announced to every other member. */
const SPREADS = [
  { members: 1, name: "each into a room of its own" },
  { members: 10, name: "into rooms of 10, where the others are told" },
];

/** Connects per second of each subject, for each of {@linkcode SPREADS}, round by round. */
type Rates = ReadonlyMap<Subject, readonly Watched<number>[][]>;

/** From opening a connection to its `connect_ack`, many at a time. */
export async function measureConnects(lab: Lab): Promise<Section> {
  const clients = lab.scale.isQuick ? 1000 : 5000;
  const subjects = [CHAT_IN_MEMORY, CHAT_WEB, ...peersOf(lab, "nats", "redis")];
  const rates = await ratesOf(lab, subjects, clients);
  return {
    title: "Connecting",
    text: `${clients} clients, 64 at a time, to a server that has just started: ` +
      `${SPREADS.map(({ name }) => name).join("; or ")}. The peers tell nobody.`,
    verdicts: SPREADS.map(({ name }, index) => {
      const own = rates.get(CHAT_IN_MEMORY)?.[index] ?? [];
      return {
        work: `Connect to \`connect_ack\`, ${name}`,
        found: ratesCell(own),
        goal: "≥ 5000/s",
        isMet: median(own.map(({ found }) => found)) >= 5000,
      };
    }),
    table: {
      head: ["", ...SPREADS.map(({ name }) => name)],
      rows: subjects.map((subject) => [
        subject.name,
        ...(rates.get(subject) ?? []).map(ratesCell),
      ]),
    },
  };
}

async function ratesOf(lab: Lab, subjects: readonly Subject[], clients: number): Promise<Rates> {
  const none = () => SPREADS.map((): Watched<number>[] => []);
  const rates = new Map(subjects.map((subject) => [subject, none()]));
  for (let round = 0; round < lab.scale.rounds; round++) {
    for (const subject of round % 2 === 0 ? subjects : subjects.toReversed()) {
      for (const [index, { members, name }] of SPREADS.entries()) {
        const shape = { rooms: clients / members, members };
        const rateOf = ({ crowd }: Scene) => Promise.resolve(crowd.joinRate);
        const rate = await watched(lab, () => onStage(lab, subject, shape, rateOf));
        rates.get(subject)?.[index]?.push(rate);
        lab.say(`  ${subject.name}, ${name}: ${ratesCell([rate])}`);
      }
    }
  }
  return rates;
}

function ratesCell(rates: readonly Watched<number>[]): string {
  const perSecond = (rate: number) => `${Math.round(rate)}/s`;
  return middle(rates.map(({ found }) => found), perSecond) + noiseMark(rates);
}

/** From the start of the program to `Listening on`: without a file, and with its defaults. */
export async function measureStart(lab: Lab): Promise<Section> {
  const binary = findBinary("chat-server");
  const file = `${lab.directory}/start.db`;
  const ways = { "`--memory`": ["--memory"], "its log in a file": ["--data", file] };
  const verdicts: Verdict[] = [];
  for (const [way, args] of Object.entries(ways)) {
    const times = "problem" in binary
      ? { found: [], noise: 0 }
      : await watched(lab, () => startTimes(lab, { program: binary.path, args }));
    const reason = "problem" in binary ? binary.problem : "it did not listen";
    verdicts.push(startVerdict(way, times, reason));
    lab.say(`  ${way}: ${verdicts.at(-1)?.found}`);
  }
  const sources = await watched(lab, () => startTimes(lab, chatCommand("--memory")));
  return {
    title: "Starting",
    text: `From its sources, with \`deno run\` and \`--memory\`: ${startCell(sources)}. ` +
      "A log in a file takes three threads, each a runtime of its own.",
    verdicts,
  };
}

/** `reason` says why there are no times, if there are none. */
function startVerdict(way: string, times: Watched<number[]>, reason: string): Verdict {
  const isMeasured = times.found.length > 0;
  return {
    work: `\`dist/chat-server\`, ${way}, to \`Listening on\``,
    found: isMeasured ? startCell(times) : reason,
    goal: "≤ 100 ms",
    isMet: isMeasured ? median(times.found) <= 100 : undefined,
  };
}

function startCell(times: Watched<number[]>): string {
  return middle(times.found, milliseconds) + noiseMark([times]);
}

async function startTimes(
  { scale, signal }: Lab,
  { program, args }: { program: string; args: readonly string[] },
): Promise<number[]> {
  const times: number[] = [];
  for (let round = 0; round < 3 * scale.rounds + 1; round++) {
    signal.throwIfAborted();
    const began = performance.now();
    const child = spawn({ program, args: [...args, "--port", `${freePort()}`] }, "piped");
    const output = child.stdout.getReader();
    let time: number;
    try {
      const { value } = await inTime(output.read(), program, signal);
      if (!new TextDecoder().decode(value).startsWith("Listening on ")) return [];
      time = performance.now() - began;
    } finally {
      await output.cancel();
      await stop(child);
    }
    // The first start also reads the disk.
    if (round > 0) times.push(time);
  }
  return times;
}
