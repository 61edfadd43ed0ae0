/** The server's clock is set back and right again, under load and between two starts. */

import { Crowd } from "./crowd.ts";
import { settle } from "./kill_server.ts";
import type { Random } from "./random.ts";
import { type Stage, Wronged } from "./stage.ts";
import { Broken } from "./waiting.ts";
import { DAY } from "../../server/process/time.ts";

/** Milliseconds: almost to 1970, where a clock stands that was never set. */
const FURTHEST = 20_000 * DAY;

/** Sets the clock back, `stage.rounds` times. */
export async function clockBack(stage: Stage): Promise<void> {
  const path = `${stage.directory}/clock`;
  const setClock = (offset: number) => Deno.writeTextFileSync(path, `${offset}`);
  setClock(0);
  const preload = new URL("clock.ts", import.meta.url).pathname;
  stage.prepareServer({ preload, env: { CHAT_FAULTS_CLOCK: path } });
  const crowd = new Crowd(stage.watch);
  try {
    await stage.startServer();
    for (const random of stage.eachRound()) {
      await crowd.connect(stage.port);
      crowd.talk(random);
      await crowd.hearsBack(random.between(1, 50));
      setClock(-random.between(0, FURTHEST));
      await crowd.hearsBack(random.between(1, 50));
      if (random.chance(0.5)) await restartAt(stage, crowd, random, setClock);
      await crowd.connect(stage.port);
      await crowd.fallSilent();
      await stage.audit(crowd.witnesses, crowd.all);
      setClock(0);
    }
    await settle(stage, crowd);
  } finally {
    await crowd.disconnect();
  }
  if (Deno.statSync(`${path}-back`).size === 0) {
    throw new Broken("The server's clock did not go back");
  }
  const steps = stage.backwardSteps();
  if (steps > 0) throw new Wronged(`In history, time goes back ${steps} times`);
  stage.remarks.push("in history, time never goes back");
}

/** Kills the server; at its next start the clock is earlier or later than before. */
async function restartAt(
  stage: Stage,
  crowd: Crowd,
  random: Random,
  setClock: (offset: number) => void,
): Promise<void> {
  await stage.killServer();
  await crowd.disconnect();
  setClock(-random.between(0, FURTHEST));
  await stage.startServer();
}
