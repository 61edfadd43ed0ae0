/** The server is stopped under load, and started again. */

import { Crowd } from "./crowd.ts";
import { settle } from "./kill_server.ts";
import type { Stage } from "./stage.ts";

/** Stops the server with SIGTERM under load, `stage.rounds` times. */
export async function restart(stage: Stage): Promise<void> {
  const crowd = new Crowd(stage.watch);
  try {
    await stage.startServer();
    for (const random of stage.eachRound()) {
      await crowd.connect(stage.port);
      crowd.talk(random);
      await crowd.hearsBack(random.between(1, 200));
      await stage.stopServer();
      await crowd.disconnect();
      await stage.startServer();
    }
    await settle(stage, crowd);
  } finally {
    await crowd.disconnect();
  }
}
