/**
 * The row about queries of the log: history and search in a million messages, while the
 * server is busy with something else.
 */

import { SqliteLog } from "../server/log/sqlite/sqlite_log.ts";
import { Asker } from "./guest.ts";
import { inQuiet, type Lab, onStage, type Scene } from "./lab.ts";
import { fixedRate } from "./load.ts";
import { milliseconds, type Section } from "./section.ts";
import { isWhole, marksOf } from "./soundness.ts";
import { chat } from "./subjects.ts";

/** The queried room; the busy one is another. */
const ROOM = "archive";

/** Messages per second into the busy room, which has 100 members. */
const RATE = 2000;

/** The words of the messages; the nth is n times as rare as the first. */
const VOCABULARY = 5000;

/** History of 50 and searches, over a million messages. */
export async function measureQuestions(lab: Lab): Promise<Section> {
  const count = lab.scale.isQuick ? 50_000 : 1_000_000;
  const path = `${lab.directory}/archive.db`;
  await fill(path, count, lab.signal);
  lab.say(`  ${count} messages are in the log`);
  const subject = chat("chat-server", "chat", "--sync", "normal", "--data", path);
  const shape = { rooms: 1, members: 100, sample: 16 };
  const asked = questions(count);
  const measure = async (scene: Scene) => {
    const asker = new Asker(scene.crowd, asked.map(({ line }) => line));
    const payload = { name: "asker", room: ROOM, version: 2 };
    await asker.begin(scene.port, JSON.stringify({ type: "connect", payload }) + "\n");
    const seconds = 2 * lab.scale.seconds;
    const found = await fixedRate({ ...scene, ...lab.scale, seconds }, RATE);
    return { times: asker.times, refused: asker.refused, found, noise: found.noise };
  };
  const ask = () => onStage(lab, subject, shape, measure);
  const { times, refused, found } = await inQuiet(lab, ask);
  const rows = asked.map(({ work }, index) => ({ work, time: times[index] as typeof times[0] }));
  for (const { work, time } of rows) lab.say(`  ${work}: p99 ${milliseconds(time?.p99 ?? NaN)}`);
  return {
    title: `Queries of a log of ${count} messages, while the server is busy`,
    text: `Busy: ${RATE} messages/s into a room of 100, which took ` +
      `${milliseconds(found.latency.p50)} (p50) and ${milliseconds(found.latency.p99)} (p99)` +
      `${marksOf([found])}. ` +
      "One query at a time, with an answer of 50 messages each" +
      `${refused === 0 ? "" : `; ${refused} were refused`}.`,
    verdicts: rows.map(({ work, time }) => ({
      work,
      found: `p50 ${milliseconds(time?.p50 ?? NaN)}, p99 ${milliseconds(time?.p99 ?? NaN)}` +
        marksOf([found]),
      goal: "p99 ≤ 50 ms",
      isMet: refused === 0 && isWhole([found]) && (time?.count ?? 0) > 0 &&
        (time?.p99 ?? NaN) <= 50,
    })),
  };
}

function questions(count: number): { work: string; line: () => string }[] {
  const line = (type: string, payload: object) => JSON.stringify({ type, payload }) + "\n";
  let asked = 0;
  const anywhere = () => 100 + (++asked * 7919) % (count - 100);
  const search = (query: string) => () => line("search", { room: ROOM, query, limit: 50 });
  return [
    {
      work: "History of 50, anywhere",
      line: () => line("history", { room: ROOM, before: anywhere(), limit: 50 }),
    },
    { work: "Search for a rare word", line: search(word(VOCABULARY - 7)) },
    { work: "Search for the most frequent word", line: search(word(0)) },
    { work: "Search for two words together", line: search(`${word(3)} ${word(800)}`) },
  ];
}

/** Appends messages to a log, as the server would. */
async function fill(path: string, count: number, signal: AbortSignal): Promise<void> {
  const retention = { retainDays: 0, retainMessages: 0, sessionDays: 30 };
  const { log } = await SqliteLog.open({ path, sync: "normal", retention });
  await using _closing = log;
  const random = randomNumbers();
  const group = 1000;
  for (let done = 0; done < count; done += group) {
    signal.throwIfAborted();
    const drafts = Array.from({ length: group }, (_, index) => ({
      kind: "message" as const,
      sender: `c${index % 100}`,
      room: ROOM,
      text: Array.from({ length: 10 }, () => word(rank(random()))).join(" "),
    }));
    await log.append(drafts);
  }
  // Completes the index, as the server does in a quiet moment.
  await log.search({ query: "nothing", rooms: [ROOM], limit: 1 });
}

/** The index of a word, distributed as in natural language (Zipf). */
function rank(uniform: number): number {
  return Math.floor(VOCABULARY ** uniform) - 1;
}

function word(rank: number): string {
  return `w${rank.toString(26).replace(/\d/g, (digit) => "qrstuvwxyz"[Number(digit)] as string)}`;
}

/** Random numbers, the same in every run (Park and Miller). */
function randomNumbers(): () => number {
  let state = 1;
  return () => (state = state * 48271 % 0x7fffffff) / 0x7fffffff;
}
