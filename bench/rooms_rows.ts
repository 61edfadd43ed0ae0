/**
 * The rows about throughput: one busy room, many rooms, and fairness between them.
 */

import { median } from "./histogram.ts";
import { compare, type Lab, onStage, peersOf, percent, type Rounds, type Scene } from "./lab.ts";
import { closedLoop, type Findings, fixedRate } from "./load.ts";
import { atLeast, middle, milliseconds, type Section, tableOf } from "./section.ts";
import { isWhole, keptUp, marksOf } from "./soundness.ts";
import { chat, CHAT_IN_MEMORY, CHAT_REFS, type Subject } from "./subjects.ts";

/** Messages in flight per client: it sends the next when the last is back. */
export const IN_FLIGHT = 1;

/** The same for clients that pipeline. */
const PIPELINED = 4;

/** One stamp in this many is read where there are millions. */
const SAMPLE = 16;

const ONE_ROOM = { rooms: 1, members: 100, sample: SAMPLE };
const MANY_ROOMS = { rooms: 400, members: 10, sample: SAMPLE };

/** One room, 100 clients, all sending. */
export async function measureOneRoom(lab: Lab): Promise<Section> {
  const normal = chatOnDisk(lab, "normal");
  const full = chatOnDisk(lab, "full");
  const subjects = [CHAT_IN_MEMORY, CHAT_REFS, normal, full, ...lab.peers];
  const rounds = await compare(lab, subjects, (subject) => saturate(lab, subject, ONE_ROOM));
  const verdict = (subject: Subject, peer: string, goal: number) =>
    atLeast(lab, rounds, [subject, peer], goal);
  return {
    title: "One room, 100 clients all sending",
    text: "64-byte texts; each client says the next thing when it has heard the last. With a " +
      "`ref`, as chat-client sends them, each sender's own copy differs from the others'.",
    verdicts: [
      verdict(CHAT_IN_MEMORY, "nats", 2),
      verdict(CHAT_IN_MEMORY, "redis", 1),
      verdict(CHAT_IN_MEMORY, "lecture", 8),
      verdict(CHAT_IN_MEMORY, "c", 0.7),
      verdict(normal, "nats", 1.5),
      verdict(full, "nats", 1),
    ],
    table: tableOf(subjects, rounds),
    basis: {
      oneRoom: own(rounds, ({ throughput }) => throughput),
      bytesEach: own(rounds, ({ bytesEach }) => bytesEach),
    },
  };
}

/** The same with clients that pipeline. */
export async function measurePipelined(lab: Lab): Promise<Section> {
  const subjects = [CHAT_IN_MEMORY, ...lab.peers];
  const measure = (subject: Subject) => saturate(lab, subject, ONE_ROOM, PIPELINED);
  const rounds = await compare(lab, subjects, measure);
  return {
    title: `One room, with ${PIPELINED} messages of each client in flight`,
    text:
      "100 clients again. People do not do this, but it shows the gain of servers from batches: in " +
      "a large write, copying is nearly the only cost of a message.",
    verdicts: [],
    table: tableOf(subjects, rounds),
  };
}

/** 400 rooms of 10, all busy. */
export async function measureManyRooms(lab: Lab): Promise<Section> {
  const subjects = [CHAT_IN_MEMORY, ...peersOf(lab, "nats", "redis")];
  const shape = manyRooms(lab);
  const rounds = await compare(lab, subjects, (subject) => saturate(lab, subject, shape));
  const found = rounds.get(CHAT_IN_MEMORY.key) ?? [];
  const stalls = found.map(({ longestStall }) => longestStall);
  const others = eachOf(subjects.slice(1), rounds, ({ longestStall }) => longestStall);
  return {
    title: `${shape.rooms} rooms of 10, ${shape.rooms * 10} clients all sending`,
    text: "64-byte texts, each client as above. The longest time that a room " +
      `heard nothing, with the peers: ${others}.`,
    verdicts: [
      atLeast(lab, rounds, [CHAT_IN_MEMORY, "nats"], 1.3),
      {
        work: "The longest time without a delivery in a room",
        found: middle(stalls, milliseconds) + marksOf(found),
        goal: "< 1 s",
        isMet: isWhole(found) && Math.max(...stalls) < 1000,
      },
    ],
    table: tableOf(subjects, rounds),
    basis: { manyRooms: own(rounds, ({ throughput }) => throughput) },
  };
}

/** The same rooms at 70 % of their capacity. */
export async function measureFairness(lab: Lab): Promise<Section> {
  const subjects = [CHAT_IN_MEMORY, ...peersOf(lab, "nats", "redis")];
  const shape = manyRooms(lab);
  const wanted = new Map<Findings, number>();
  const measure = async (scene: Scene) => {
    const task = { ...scene, ...lab.scale };
    const rate = 0.7 * (await closedLoop(task, IN_FLIGHT)).throughput;
    const findings = await fixedRate(task, rate / shape.members);
    wanted.set(findings, rate);
    return findings;
  };
  const rounds = await compare(lab, subjects, (subject) => onStage(lab, subject, shape, measure));
  const found = rounds.get(CHAT_IN_MEMORY.key) ?? [];
  const ratios = found.map(({ latency }) => latency.p99 / latency.p50);
  const rateOf = (each: Findings) => wanted.get(each) ?? NaN;
  const carried = median(found.map((each) => each.throughput / rateOf(each)));
  const hasKeptUp = found.every((each) => keptUp(each, rateOf(each)));
  const rest = hasKeptUp ? "" : `, but it carried only ${percent(carried)} of the rate`;
  return {
    title: "Fairness at 70 % of that",
    text: "Each server at a fixed rate, 70 % of what it carried just before, so that the rates " +
      "differ; latency from when a message was due. Messages at even intervals come one by one, and " +
      "so cost more than those that a whole room sends at once, as above: the server may be as " +
      "busy here as there, and p50 also includes a queue. The p50 of the slowest room: " +
      `${eachOf(subjects, rounds, ({ slowestRoom }) => slowestRoom)}.`,
    verdicts: [{
      work: "p99 against p50",
      found: middle(ratios, (ratio) => `${ratio.toFixed(1)} ×`) + rest + marksOf(found),
      goal: "≤ 10 ×",
      isMet: isWhole(found) && hasKeptUp && median(ratios) <= 10,
    }],
    table: tableOf(subjects, rounds),
  };
}

/** A time of each subject, as text. */
function eachOf(
  subjects: readonly Subject[],
  rounds: Rounds,
  figure: (findings: Findings) => number,
): string {
  const shown = ({ key, name }: Subject) =>
    `${name}: ${middle((rounds.get(key) ?? []).map(figure), milliseconds)}`;
  return subjects.map(shown).join("; ");
}

/** The median of one of the server's figures. */
function own(rounds: Rounds, figure: (findings: Findings) => number): number {
  return median((rounds.get(CHAT_IN_MEMORY.key) ?? []).map(figure));
}

/** Measures the throughput of `subject`. */
export function saturate(
  lab: Lab,
  subject: Subject,
  shape: { rooms: number; members: number; sample?: number },
  inFlight = IN_FLIGHT,
): Promise<Findings> {
  const load = (scene: Scene) => closedLoop({ ...scene, ...lab.scale }, inFlight);
  return onStage(lab, subject, { sample: SAMPLE, ...shape }, load);
}

/** The server with its log in a file of its own. */
export function chatOnDisk(lab: Lab, sync: "normal" | "full"): Subject {
  const file = () => `${lab.directory}/${crypto.randomUUID()}.db`;
  const subject = chat(`chat-server --sync ${sync}`, `chat-${sync}`);
  return {
    ...subject,
    command: (port) => chat("", "", "--sync", sync, "--data", file()).command(port),
  };
}

function manyRooms(lab: Lab) {
  return lab.scale.isQuick ? { ...MANY_ROOMS, rooms: 100 } : MANY_ROOMS;
}
