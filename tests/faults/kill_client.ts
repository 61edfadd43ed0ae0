/** Clients are killed at random moments, and retry the messages that are on their disk. */

import { Crowd } from "./crowd.ts";
import { NotebookFile } from "./notes.ts";
import type { Stage } from "./stage.ts";
import { TalkerProcess } from "./talker_process.ts";

/** The clients that are killed. */
const VICTIMS = ["Vic", "Val"];

/** Kills a client under load, `stage.rounds` times; the server and the others go on. */
export async function killClient(stage: Stage): Promise<void> {
  const crowd = new Crowd(stage.watch);
  const victims: TalkerProcess[] = [];
  try {
    await stage.startServer();
    await crowd.connect(stage.port);
    for (const name of VICTIMS) {
      const path = `${stage.directory}/${name}.notes`;
      victims.push(await TalkerProcess.start({ port: stage.port, name, path, seed: 0 }));
    }
    for (const random of stage.eachRound()) {
      const victim = random.pick(victims);
      crowd.talk(random);
      await victim.hearsBack(random.between(1, 80));
      await victim.kill();
      // The others go on without it for a number of messages. For as long as a start takes,
      // their notes would overload a slow machine.
      await crowd.hearsBack(random.between(1, 400));
      await crowd.fallSilent();
      await victim.restart(random.between(1, 2 ** 31));
    }
    await crowd.fallSilent();
    for (const victim of victims) await victim.finish();
    const notebooks = victims.map(({ name, path }) => new NotebookFile(name, path));
    await stage.audit([...crowd.witnesses, ...notebooks], crowd.all);
    for (const notebook of notebooks) notebook[Symbol.dispose]();
  } finally {
    await crowd.disconnect();
    for (const victim of victims) await victim.kill();
  }
}
