/** A state directory that can't be used: the client says so once, loses no line, and leaves no name behind. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ClientProcess, Home, runClient } from "../../fixtures/client.ts";
import { SmallDisk } from "../../fixtures/small_disk.ts";

/** The damages to the state directory of a client that was there before. */
const DAMAGES: Record<string, (disk: SmallDisk, directory: string) => Promise<void>> = {
  "on a full disk": (disk) => disk.fill(),
  "with an outbox that is a directory": async (_disk, directory) => {
    const outbox = await outboxIn(directory);
    await Deno.remove(outbox);
    await Deno.mkdir(outbox);
  },
  "with a lock that is a directory": async (_disk, directory) => {
    const lock = `${await outboxIn(directory)}.lock`;
    await Deno.remove(lock);
    await Deno.mkdir(lock);
  },
  "with an outbox of noise": async (_disk, directory) => {
    const noise = crypto.getRandomValues(new Uint8Array(5_000));
    await Deno.writeFile(await outboxIn(directory), noise.fill(0x0a, 4_999));
  },
  "on a read-only disk": (disk) => disk.remount("ro"),
  "that is a file": async (_disk, directory) => {
    await Deno.remove(directory, { recursive: true });
    await Deno.writeTextFile(directory, "");
  },
};

async function outboxIn(directory: string): Promise<string> {
  const names = await Array.fromAsync(Deno.readDir(directory), ({ name }) => name);
  const name = names.find((each) => /^outbox.*\.jsonl$/.test(each));
  assert(name !== undefined);
  return `${directory}/${name}`;
}

/** Modes: arguments, what is typed, and what stands in the last line of output. */
const MODES: Record<string, [args: string[], typed: string[], last: string]> = {
  "a pipe": [[], ["one", "two"], "[General] Alice: two"],
  "send": [["send", "one"], [], ""],
  "--plain": [["--plain"], ["one"], "[General] Alice: one"],
  "tail": [["tail"], [], ""],
  "search": [["search", "one"], [], ""],
  "rooms": [["rooms"], [], ""],
  "who": [["who"], [], ""],
  "--json": [["--json"], ['{"type":"message","payload":{"text":"one"}}'], '"text":"one"'],
};

for (const [what, damage] of Object.entries(DAMAGES)) {
  for (const [mode, [args, typed, last]] of Object.entries(MODES)) {
    Deno.test(`all input is sent with a state directory ${what}: ${mode}`, async () => {
      await using disk = await SmallDisk.mount(256 * 1024);
      if (disk === undefined) return;
      await using home = new Home();
      await using server = await home.serve();
      const as = ["--name", "Alice", "--server", server.address];
      const run = async ([mode, ...text]: string[], ...lines: string[]) => {
        const args = [...mode === undefined ? [] : [mode], ...as, ...text];
        await using client = new ClientProcess(home, args, {
          XDG_STATE_HOME: disk.path,
        });
        await client.type(...lines);
        return await client.finish();
      };
      await run([], "before");
      await damage(disk, `${disk.path}/chat-client`);
      const { code, stdout, stderr } = await run(args, ...typed);
      assertEquals(code, 0, stderr.join("\n"));
      assertStringIncludes(stdout.at(-1) ?? "", last);
      assertEquals(stderr.length, 1, stderr.join("\n"));
      assertStringIncludes(stderr[0] ?? "", `${disk.path}/chat-client`);
      // The session has ended with the program: its name is free at once.
      assertEquals((await runClient(home, as, ["from elsewhere"])).code, 0);
    });
  }
}

Deno.test("a client whose disk fills up while it runs says so once, and goes on", async () => {
  await using disk = await SmallDisk.mount(256 * 1024);
  if (disk === undefined) return;
  await using home = new Home();
  await using server = await home.serve();
  const args = [server.address, "--name", "Alice"];
  await using client = new ClientProcess(home, args, { XDG_STATE_HOME: disk.path });
  await client.type("before");
  await client.stdout.until("before");
  await disk.fill();
  // More than what the outbox's last block on the disk still takes.
  const lines = Array.from({ length: 100 }, (_, index) => `${index} ${"x".repeat(500)}`);
  await client.type(...lines);
  const { code, stdout, stderr } = await client.finish();
  assertEquals([code, stdout], [0, lines.map((line) => `[General] Alice: ${line}`)]);
  assertEquals(stderr.length, 1);
  assertStringIncludes(stderr[0] ?? "", `!! Cannot write ${disk.path}/chat-client/outbox-`);
  assertEquals((await runClient(home, args, ["from elsewhere"])).code, 0);
});
