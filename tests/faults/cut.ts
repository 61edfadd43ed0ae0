/** Connections break: in the middle of a line, or without a sign to either end. */

import { Crowd } from "./crowd.ts";
import type { Member } from "./member.ts";
import type { Random } from "./random.ts";
import { type Path, Relay } from "./relay.ts";
import type { Stage } from "./stage.ts";
import { Broken } from "./waiting.ts";

/** Cuts a connection after a random byte, in either direction, `stage.rounds` times. */
export async function cutLines(stage: Stage): Promise<void> {
  await overRelay(stage, async ({ crowd, relay, random }) => {
    const victim = random.pick(crowd.talkers);
    const path = pathOf(relay, victim);
    path.cutAfter(random.chance(0.5) ? "up" : "down", random.between(1, 20_000));
    await stage.watch.until(() => !victim.isOnline, () => "the connection to break");
    // Again at once: the server may not know yet that the old connection is gone.
    if (!await victim.connect(relay.port)) throw new Broken("Cut off though the line was whole");
  });
}

/** Silences a connection; its client gives it up and resumes on another, `stage.rounds` times. */
export async function halfOpen(stage: Stage): Promise<void> {
  const silent: Path[] = [];
  await overRelay(stage, async ({ crowd, relay, random }) => {
    const victim = random.pick(crowd.talkers);
    const path = pathOf(relay, victim);
    path.silence();
    silent.push(path);
    // Its messages from now on are stuck in the network.
    await crowd.othersHearBack(victim, random.between(1, 50));
    await takeOver(victim, relay);
    // In half of the rounds the old connection's bytes arrive after all, too late.
    if (random.chance(0.5)) path.heal();
  });
}

/** The parts of one round. */
interface Round {
  crowd: Crowd;
  relay: Relay;
  random: Random;
}

/** Runs rounds under load with a relay between clients and server, judging after each. */
async function overRelay(stage: Stage, fail: (round: Round) => Promise<void>): Promise<void> {
  await using relay = new Relay();
  const crowd = new Crowd(stage.watch);
  try {
    await stage.startServer();
    relay.target = stage.port;
    for (const random of stage.eachRound()) {
      await crowd.connect(relay.port);
      crowd.talk(random);
      await crowd.hearsBack(random.between(1, 50));
      await fail({ crowd, relay, random });
      await crowd.hearsBack(random.between(1, 50));
      await crowd.fallSilent();
      await stage.audit(crowd.witnesses, crowd.all);
    }
    await crowd.disconnect();
    await stage.auditAll(crowd.witnesses, crowd.accounts);
  } finally {
    await crowd.disconnect();
  }
}

/** Leaves the connection open at both ends, and goes on over another. */
async function takeOver(victim: Member, relay: Relay): Promise<void> {
  victim.giveUp();
  if (!await victim.connect(relay.port)) throw new Broken("A session could not be taken over");
}

function pathOf(relay: Relay, member: Member): Path {
  const path = relay.pathOf(member.wire?.localPort);
  if (path === undefined) throw new Error(`${member.account.name} is not connected`);
  return path;
}
