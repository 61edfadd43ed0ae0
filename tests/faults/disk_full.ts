/** The disk is full for a while: a small file system made for this. */

import { Crowd } from "./crowd.ts";
import { undoAtExit } from "./leftovers.ts";
import type { Random } from "./random.ts";
import { Skipped, type Stage } from "./stage.ts";
import { Broken } from "./waiting.ts";

/** Bytes of the file system: several times the log of the longest run. */
const SIZE = 64 * 2 ** 20;

/** Fills the disk under load and frees it again, `stage.rounds` times. */
export async function diskFull(stage: Stage): Promise<void> {
  await using disk = await Disk.mount(`${stage.directory}/disk`);
  stage.prepareServer({ data: `${disk.path}/chat.db` });
  const crowd = new Crowd(stage.watch);
  let [refused, keptRefs] = [0, 0];
  try {
    await stage.startServer();
    for (const random of stage.eachRound()) {
      await crowd.connect(stage.port);
      // Lecture clients only listen: they could not retry a refused message.
      crowd.talk(random, crowd.talkers);
      await crowd.hearsBack(random.between(1, 50));
      disk.fill(random.between(0, 200_000));
      await untilAllAreRefused(stage, crowd);
      await judgeWhatWasSeen(stage, crowd, random);
      disk.free();
      refused += crowd.accounts.reduce((sum, { refused }) => sum + refused.length, 0);
      for (const talker of crowd.talkers) keptRefs += talker.sayRefused();
      await crowd.fallSilent();
      await stage.audit(crowd.witnesses, crowd.all);
    }
    await crowd.disconnect();
    await stage.auditAll(crowd.witnesses, crowd.accounts);
  } finally {
    await crowd.disconnect();
    // The server holds its files open, and with them the disk.
    await stage.killServer();
    disk.keep(stage.directory);
  }
  stage.remarks.push(
    `${refused} messages were refused with log_failed and said again, ${keptRefs} under the same ref`,
  );
}

/** Waits until each talker was refused, and knows the fate of all its messages. */
async function untilAllAreRefused(stage: Stage, crowd: Crowd): Promise<void> {
  const isRefused = () => crowd.accounts.every(({ refused }) => refused.length > 0);
  await stage.watch.until(isRefused, () => "log_failed: the disk is full");
  await crowd.fallSilent();
}

/** Checks, with the disk still full or after a restart on it, that no refused message is anywhere. */
async function judgeWhatWasSeen(stage: Stage, crowd: Crowd, random: Random): Promise<void> {
  if (random.chance(0.5)) await stage.audit(crowd.witnesses, crowd.all);
}

/** A small temporary file system. */
class Disk implements AsyncDisposable {
  readonly path: string;
  readonly #isGone: () => void;

  private constructor(path: string) {
    this.path = path;
    const args = ["--lazy", path];
    this.#isGone = undoAtExit(() => new Deno.Command("umount", { args }).outputSync());
  }

  /** Mounts one; only root may. */
  static async mount(path: string): Promise<Disk> {
    if (Deno.build.os !== "linux") throw new Skipped("a small file system is made on Linux only");
    Deno.mkdirSync(path);
    const reason = await run("mount", ["-t", "tmpfs", "-o", `size=${SIZE}`, "tmpfs", path]);
    if (reason !== undefined) throw new Skipped(`a small file system can't be mounted: ${reason}`);
    return new Disk(path);
  }

  /** Fills all space but `left` bytes. */
  fill(left: number): void {
    using file = Deno.openSync(`${this.path}/filler`, { create: true, write: true });
    const block = new Uint8Array(65_536);
    try {
      for (;;) file.writeSync(block);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
    }
    file.truncateSync(Math.max(0, file.statSync().size - left));
  }

  /** Frees the space. */
  free(): void {
    Deno.removeSync(`${this.path}/filler`);
  }

  /** Copies the log off the disk, to examine a failure. */
  keep(directory: string): void {
    for (const { name } of Deno.readDirSync(this.path)) {
      if (name.startsWith("chat.db")) {
        Deno.copyFileSync(`${this.path}/${name}`, `${directory}/${name}`);
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const reason = await run("umount", [this.path]);
    this.#isGone();
    if (reason !== undefined) throw new Broken(`The file system can't be unmounted: ${reason}`);
  }
}

/** Runs a program; returns the reason if it failed. */
async function run(program: string, args: string[]): Promise<string | undefined> {
  try {
    const { success, stderr } = await new Deno.Command(program, { args, stdin: "null" }).output();
    return success ? undefined : new TextDecoder().decode(stderr).trim();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return `there is no ${program}`;
    throw error;
  }
}
