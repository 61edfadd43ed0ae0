/**
 * A client as a process that is killed: writes every note to its file before it acts on
 * it, and resumes where its notes end. Talks until its input ends, and then waits until
 * its messages are acknowledged. Prints a line for each acknowledgement, by which the
 * parent chooses the moment of the kill.
 *
 * Arguments: port, name, notebook file, seed.
 */

import { Account } from "./account.ts";
import { chatter, ROOMS } from "./load.ts";
import { Member } from "./member.ts";
import { NotebookFile } from "./notes.ts";
import { Random } from "./random.ts";
import { Broken, Watch } from "./waiting.ts";

if (import.meta.main) await main(Deno.args);

async function main([port, name = "", path = "", seed]: string[]): Promise<void> {
  using notebook = new NotebookFile(name, path);
  const account = new Account(name);
  let told = 0;
  const watch = new Watch(() => {
    for (; told < account.acknowledged; told++) print("acknowledged");
  });
  const member = new Member({ account, notebook, rooms: ROOMS, watch });
  told = account.acknowledged;
  if (!await member.connect(Number(port))) throw new Broken("Cut off before it was connected");
  print("connected");
  member.talk(chatter(new Random(Number(seed)), 12));
  await untilInputEnds();
  member.hush();
  await member.drained();
  await member.settled();
  await member.disconnect();
}

async function untilInputEnds(): Promise<void> {
  const buffer = new Uint8Array(64);
  while (await Deno.stdin.read(buffer) !== null);
}

function print(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(line + "\n"));
}
