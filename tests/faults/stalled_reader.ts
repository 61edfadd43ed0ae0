/** Readers stop reading under load, and come back. */

import { Account } from "./account.ts";
import { Crowd, memberOf } from "./crowd.ts";
import { LectureMember } from "./lecture_member.ts";
import { ROOMS, torrent } from "./load.ts";
import type { Member } from "./member.ts";
import { Notebook } from "./notes.ts";
import type { Random } from "./random.ts";
import { UNLIMITED } from "./server_process.ts";
import type { Stage } from "./stage.ts";

/** Messages of maximum size: more than the system's buffers and the server's queue hold. */
const FLOOD = 1200;

/** Seconds of silence after which the server pings. */
const IDLE = 10;

/**
 * Seconds of a stall in the full form: longer than ten times the idle timeout, after which the
 * server closes even a version 2 connection that has much to read.
 */
const STALL = 130;

/** The readers that stop. */
interface Stalled {
  member: Member;
  lecture: LectureMember;
}

/** Stalls two readers, `stage.rounds` times. */
export async function stalledReader(stage: Stage): Promise<void> {
  const crowd = new Crowd(stage.watch);
  const member = memberOf(new Account("Slo"), stage.watch);
  const lecture = new LectureMember(new Notebook("Old Slo"), ROOMS[0], stage.watch);
  const witnesses = [...crowd.witnesses, member.notebook, lecture.notebook];
  let slowest = 0;
  try {
    stage.prepareServer({ args: [...UNLIMITED, "--idle-timeout", `${IDLE}`] });
    await stage.startServer();
    await crowd.connect(stage.port);
    await lecture.connect(stage.port);
    for (const random of stage.eachRound()) {
      if (!member.isOnline) await member.connect(stage.port);
      const took = await stall(stage, crowd, { member, lecture }, random);
      slowest = Math.max(slowest, took);
      await stage.audit(witnesses, [member, lecture]);
    }
  } finally {
    await Promise.all([crowd, member, lecture].map((each) => each.disconnect()));
  }
  const behind = member.notified.get("behind") ?? 0;
  stage.remarks.push(
    `the version 2 reader was told ${behind} times that it was behind; meanwhile the slowest ` +
      `twenty acknowledgements of the others took ${Math.ceil(slowest)} ms`,
  );
}

/** One stall; returns the milliseconds of the slowest exchange of the others during it. */
async function stall(
  stage: Stage,
  crowd: Crowd,
  { member, lecture }: Stalled,
  random: Random,
): Promise<number> {
  member.wire?.pause();
  lecture.wire?.pause();
  const end = performance.now() + (stage.isShort ? 0 : STALL * 1000);
  const [loud] = crowd.talkers as [Member];
  loud.talk(torrent(random, 64));
  await crowd.hearsBack(FLOOD);
  let slowest = 0;
  do {
    await crowd.fallSilent();
    const before = performance.now();
    crowd.talk(random);
    await crowd.hearsBack(20);
    slowest = Math.max(slowest, performance.now() - before);
    await crowd.fallSilent();
    // Minutes at full speed would be a load test.
    if (!stage.isShort) await new Promise((resolve) => setTimeout(resolve, 500));
  } while (performance.now() < end);
  // The others have received everything before these two read a byte.
  await stage.audit(crowd.witnesses, crowd.all);
  lecture.wire?.resume();
  member.wire?.resume();
  // Whether it was closed or not, it goes on from where it was.
  if (!stage.isShort) await member.connect(stage.port);
  return slowest;
}
