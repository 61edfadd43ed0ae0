/** Two devices take one session from each other, back and forth. */

import { Account } from "./account.ts";
import { Crowd, memberOf } from "./crowd.ts";
import { chatter } from "./load.ts";
import type { Member } from "./member.ts";
import type { Random } from "./random.ts";
import type { Stage } from "./stage.ts";

/** Lets two devices take over from each other under load, `stage.rounds` times. */
export async function twoDevices(stage: Stage): Promise<void> {
  const crowd = new Crowd(stage.watch);
  const account = new Account("Duo");
  // They share the unacknowledged messages; each has received events of its own.
  let [here, there] = [memberOf(account, stage.watch), memberOf(account, stage.watch)];
  const witnesses = [...crowd.witnesses, here.notebook, there.notebook];
  try {
    await stage.startServer();
    await crowd.connect(stage.port);
    await here.connect(stage.port);
    for (const random of stage.eachRound()) {
      crowd.talk(random);
      here.talk(chatter(random, random.between(1, 24)));
      await crowd.hearsBack(random.between(1, 40));
      // It talks until it is taken over: messages in flight then may be kept or not.
      [here, there] = await takeOver(stage, { here, there }, random);
      await crowd.fallSilent();
      await here.drained();
      await stage.audit(witnesses, [...crowd.all, here]);
    }
    await Promise.all([crowd, here, there].map((each) => each.disconnect()));
    await stage.auditAll(witnesses, [...crowd.accounts, account]);
  } finally {
    await Promise.all([crowd, here, there].map((each) => each.disconnect()));
  }
}

/** Lets the other device take over, or both at once; returns the one with the session, then the other. */
async function takeOver(
  stage: Stage,
  { here, there }: { here: Member; there: Member },
  random: Random,
): Promise<[Member, Member]> {
  const both = random.chance(0.3) ? [there, here] : [there];
  await Promise.all(both.map((device) => device.connect(stage.port)));
  await stage.watch.until(() => here.isOnline !== there.isOnline, () => "one device to give way");
  return there.isOnline ? [there, here] : [here, there];
}
