/** The server is killed at random moments, repeatedly, over the same log. */

import { Crowd } from "./crowd.ts";
import type { Random } from "./random.ts";
import type { Stage } from "./stage.ts";

/** Kills the server under load, `stage.rounds` times. */
export async function killServer(stage: Stage): Promise<void> {
  const crowd = new Crowd(stage.watch);
  try {
    await stage.startServer();
    await crowd.connect(stage.port);
    for (const random of stage.eachRound()) {
      // Now and then before the returning clients have received what they missed.
      if (stage.done > 0 && random.chance(0.25)) await killWhileTheyComeBack(stage, crowd, random);
      else await killWhileTheyTalk(stage, crowd, random);
      await crowd.disconnect();
      await stage.startServer();
    }
    await settle(stage, crowd);
  } finally {
    await crowd.disconnect();
  }
}

async function killWhileTheyTalk(stage: Stage, crowd: Crowd, random: Random): Promise<void> {
  await crowd.connect(stage.port);
  await crowd.fallSilent();
  await stage.audit(crowd.witnesses, crowd.all);
  crowd.talk(random);
  await crowd.hearsBack(random.between(1, 200));
  await stage.killServer();
}

async function killWhileTheyComeBack(stage: Stage, crowd: Crowd, random: Random): Promise<void> {
  const enough = crowd.shown + random.between(0, random.pick([60, 1500]));
  crowd.talk(random);
  const coming = crowd.tryToConnect(stage.port);
  await stage.watch.until(() => crowd.shown >= enough, () => "anything to be shown");
  await stage.killServer();
  await coming;
}

/** Brings every client back, waits for every message, and judges everything once more. */
export async function settle(stage: Stage, crowd: Crowd): Promise<void> {
  await crowd.connect(stage.port);
  await crowd.fallSilent();
  await stage.audit(crowd.witnesses, crowd.all);
  await crowd.disconnect();
  await stage.auditAll(crowd.witnesses, crowd.accounts);
}
