/**
 * The server is killed, and its write-ahead log ends as a crash in the middle of a write
 * leaves it. Committed frames keep every byte: no program can restore data that is
 * destroyed after it was on the disk.
 */

import { Crowd } from "./crowd.ts";
import { settle } from "./kill_server.ts";
import type { Stage } from "./stage.ts";
import { TAILS, tearTail } from "./wal.ts";

/** Kills the server and tears the log's tail, `stage.rounds` times. */
export async function tornTail(stage: Stage): Promise<void> {
  const crowd = new Crowd(stage.watch);
  let frames = 0;
  try {
    await stage.startServer();
    for (const random of stage.eachRound()) {
      await crowd.connect(stage.port);
      crowd.talk(random);
      await crowd.hearsBack(random.between(1, 200));
      await stage.killServer();
      await crowd.disconnect();
      frames += tearTail(`${stage.data}-wal`, random.pick(TAILS), random);
      await stage.startServer();
    }
    await settle(stage, crowd);
  } finally {
    await crowd.disconnect();
  }
  stage.remarks.push(`${frames} committed frames stood before the torn tails`);
}
