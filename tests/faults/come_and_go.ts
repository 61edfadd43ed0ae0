/** Clients disconnect and return as fast as they can, under load that addresses them too. */

import { Account } from "./account.ts";
import { Crowd, memberOf } from "./crowd.ts";
import { chatter } from "./load.ts";
import type { Member } from "./member.ts";
import type { Random } from "./random.ts";
import type { Stage } from "./stage.ts";
import { Broken } from "./waiting.ts";

/** Returns of each of them per round. */
const RETURNS = 40;

/** Lets two members disconnect and return, `stage.rounds` times {@linkcode RETURNS}. */
export async function comeAndGo(stage: Stage): Promise<void> {
  const crowd = new Crowd(stage.watch);
  const accounts = [new Account("Mia"), new Account("Max")];
  const restless = accounts.map((account) => memberOf(account, stage.watch));
  const witnesses = [...crowd.witnesses, ...restless.map(({ notebook }) => notebook)];
  try {
    await stage.startServer();
    await crowd.connect(stage.port);
    // A name that was never connected has no inbox.
    for (const member of restless) await comeBack(stage, member);
    for (const random of stage.eachRound()) {
      for (const talker of crowd.talkers) {
        talker.talk(chatter(random, random.between(1, 8), { names: ["Mia", "Max"], share: 0.5 }));
      }
      await Promise.all(restless.map((member) => comeBackOften(stage, member, random)));
      await crowd.fallSilent();
      await stage.audit(witnesses, [...crowd.all, ...restless]);
    }
    await Promise.all([crowd, ...restless].map((each) => each.disconnect()));
    await stage.auditAll(witnesses, [...crowd.accounts, ...accounts]);
  } finally {
    await Promise.all([crowd, ...restless].map((each) => each.disconnect()));
  }
}

async function comeBackOften(stage: Stage, member: Member, random: Random): Promise<void> {
  for (let times = 0; times < RETURNS; times++) {
    const enough = member.notebook.notes.length + random.between(0, 6);
    await stage.watch.until(
      () => member.notebook.notes.length >= enough,
      () => `${member.account.name}: anything to be shown`,
    );
    await comeBack(stage, member);
  }
}

async function comeBack(stage: Stage, member: Member): Promise<void> {
  if (!await member.connect(stage.port)) throw new Broken("Cut off while it connected");
}
