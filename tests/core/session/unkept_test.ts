/** A client whose server can't store messages for a while: nothing is lost, doubled or out of order. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ClientProcess, Home, runClient } from "../../fixtures/client.ts";
import type { ServerProcess } from "../../fixtures/process.ts";
import { OtherProgram } from "../../fixtures/other_program.ts";

/** The messages in General, by the log. */
async function saidIn(server: ServerProcess): Promise<string[]> {
  using reader = await server.join("Reader");
  await reader.send("history", { room: "General", limit: 500 });
  const { messages } = (await reader.receive("history")).payload;
  return messages.map(({ text }: { text: string }) => text);
}

const lines = Array.from({ length: 30 }, (_, index) => `line ${index}`);

Deno.test("messages that could not be stored are sent again until they are, in their order", async () => {
  await using home = new Home();
  await using server = await home.serve();
  const file = `${home.path}/chat.db`;
  await using client = new ClientProcess(home, [server.address, "--name", "A"]);
  await client.type("before");
  await client.stdout.until("before");
  Deno.renameSync(file, `${file}.away`);
  await client.type(...lines);
  const problem = await client.stderr.until("!! It could not be kept");
  assertStringIncludes(problem, "is gone. It is sent again until it is kept");
  Deno.renameSync(`${file}.away`, file);
  const { code, stdout, stderr } = await client.finish();
  assertEquals([code, stderr], [0, []]);
  assertEquals(stdout, lines.map((line) => `[General] A: ${line}`));
  assertEquals(await saidIn(server), ["before", ...lines]);
});

Deno.test("a message that can't be stored for long stays in the outbox, and the next call sends it once", async () => {
  await using home = new Home();
  await using server = await home.serve();
  const file = `${home.path}/chat.db`;
  Deno.renameSync(file, `${file}.away`);
  const args = ["send", "--name", "A", "--server", server.address, "Hello"];
  const failed = await runClient(home, args, []);
  assertEquals(failed.code, 1);
  assertStringIncludes(failed.stderr.at(-1)!, "1 message is not acknowledged, and will be sent");
  Deno.renameSync(`${file}.away`, file);
  assertEquals((await runClient(home, args, [])).code, 0);
  assertEquals(await saidIn(server), ["Hello"]);
});

Deno.test("a lock that another program holds for seconds is waited for, without an error", async () => {
  await using home = new Home();
  await using server = await home.serve();
  await using other = await OtherProgram.open(`${home.path}/chat.db`);
  assertEquals(await other.run("BEGIN IMMEDIATE"), "done");
  await using client = new ClientProcess(home, [
    "send",
    "--server",
    server.address,
    "--name",
    "A",
    "Hi",
  ]);
  // The time itself is tested: longer than two seconds, which once were too few.
  await new Promise((resolve) => setTimeout(resolve, 4_000));
  assertEquals(await other.run("COMMIT"), "done");
  const { code, stderr } = await client.ended();
  assertEquals([code, stderr], [0, []]);
  assert((await saidIn(server)).includes("Hi"));
});
