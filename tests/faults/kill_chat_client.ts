/** `chat-client` is killed at random moments; only its outbox remains. */

import { ChatClient } from "./chat_client.ts";
import { Crowd } from "./crowd.ts";
import { ROOMS } from "./load.ts";
import { Relay } from "./relay.ts";
import type { Stage } from "./stage.ts";

/** Kills `chat-client` under load, and now and then the server beneath it, `stage.rounds` times. */
export async function killChatClient(stage: Stage): Promise<void> {
  const [room] = ROOMS;
  const crowd = new Crowd(stage.watch);
  // The outbox is bound to the server's address, which must stay the same.
  await using relay = new Relay();
  const home = `${stage.directory}/home`;
  Deno.mkdirSync(home);
  const client = new ChatClient({ name: "Rea", home, port: relay.port, room });
  const restartServer = async () => {
    relay.target = undefined;
    await stage.killServer();
    await crowd.disconnect();
    await stage.startServer();
    relay.target = stage.port;
    await crowd.connect(relay.port);
  };
  try {
    await restartServer();
    for (const random of stage.eachRound()) {
      client.start();
      client.type(300);
      crowd.talk(random, crowd.talkers);
      await client.hearsBack(random.between(1, 100));
      if (random.chance(0.3)) {
        await restartServer();
        client.type(100);
        await client.hearsBack(random.between(1, 50));
      }
      await client.kill();
    }
    await crowd.fallSilent();
    client.start();
    await client.finish();
    const lines = await stage.read(room);
    await stage.audit([...crowd.witnesses, client.testify(lines)], crowd.all);
  } finally {
    await client.kill();
    await crowd.disconnect();
  }
}
