/** A backup is taken under load while the server is killed, and restored, and served. */

import { programNamed, runArguments } from "../../tools/targets.ts";
import { Crowd } from "./crowd.ts";
import { readRooms } from "./history.ts";
import { settle } from "./kill_server.ts";
import { ROOMS } from "./load.ts";
import type { Line } from "./notes.ts";
import { ServerProcess } from "./server_process.ts";
import type { Stage } from "./stage.ts";
import { Broken } from "./waiting.ts";

/** The lines of rooms, as a server shows them. */
type Rooms = Map<string, Line[]>;

/** Takes a backup and kills the server meanwhile, `stage.rounds` times. */
export async function backup(stage: Stage): Promise<void> {
  const crowd = new Crowd(stage.watch);
  try {
    await stage.startServer();
    for (const random of stage.eachRound()) {
      await crowd.connect(stage.port);
      crowd.talk(random);
      await crowd.hearsBack(random.between(1, 200));
      const before = shownIn(crowd);
      const copy = `${stage.directory}/copy-${stage.done}.db`;
      const copying = chatServer("backup", copy, "--data", stage.data);
      // Before the copy is begun, while it is made, or after it.
      await crowd.hearsBack(random.between(0, random.pick([20, 400])));
      await stage.killServer();
      await copying;
      await crowd.disconnect();
      await stage.startServer();
      const kept = await roomsAt(stage.port);
      const restored = await restore(stage, copy);
      expectPrefix(restored, kept, before);
    }
    await settle(stage, crowd);
  } finally {
    await crowd.disconnect();
  }
}

/** Every line that a client was shown in a room, and so was in the log before. */
function shownIn(crowd: Crowd): Line[] {
  return crowd.witnesses.flatMap(({ notes }) =>
    notes.flatMap((note) =>
      note.note === "shown" && ROOMS.some((room) => room === note.line.room) ? [note.line] : []
    )
  );
}

/** Restores the copy beside the log, verifies it, and gives what a server shows of it. */
async function restore({ directory, done }: Stage, copy: string): Promise<Rooms> {
  const data = `${directory}/restored-${done}.db`;
  await chatServer("restore", copy, "--data", data);
  let rooms: Rooms;
  {
    await using server = await ServerProcess.start({ data });
    rooms = await roomsAt(server.port);
  }
  await chatServer("verify", data);
  for (const path of [copy, data]) Deno.removeSync(path);
  return rooms;
}

async function roomsAt(port: number): Promise<Rooms> {
  const rooms: Rooms = new Map();
  await readRooms(port, ROOMS, rooms);
  return rooms;
}

/** Expects that a copy has the first lines of each room, without a gap, and all that was shown before it was begun. */
function expectPrefix(copy: Rooms, kept: Rooms, before: readonly Line[]): void {
  for (const [room, lines] of copy) {
    lines.forEach((line, index) => {
      if (line.seq !== index + 1 || !isSame(line, kept.get(room)?.[index])) {
        throw new Broken(`The copy has another message ${index + 1} in ${room}`);
      }
    });
  }
  const missing = before.find((line) => !isSame(line, copy.get(line.room)?.[line.seq - 1]));
  if (missing === undefined) return;
  throw new Broken(`The copy lacks message ${missing.seq} of ${missing.room}, shown before it`);
}

function isSame(line: Line, other: Line | undefined): boolean {
  return line.text === other?.text && line.sender === other.sender && line.at === other.at;
}

/** Runs a subcommand, which must succeed. */
async function chatServer(...args: string[]): Promise<void> {
  const root = new URL("../../", import.meta.url);
  const { entry } = programNamed("chat-server");
  const [program, ...rest] = [new URL(entry, root).pathname, ...args];
  const options = runArguments("chat-server").slice(0, -1);
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...options, program, ...rest],
  }).output();
  if (code !== 0) throw new Broken(`${args[0]}: ${new TextDecoder().decode(stderr).trim()}`);
}
