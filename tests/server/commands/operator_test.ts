import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Directory } from "../../fixtures/files.ts";
import { type Ended, serverCommand, ServerProcess, TestProcess } from "../../fixtures/process.ts";

const password = "correct horse";

/** Runs a subcommand of `chat-server` on the log at `path`. */
async function run(path: string, ...args: string[]): Promise<Ended> {
  await using process = new TestProcess(serverCommand(...args, "--data", path));
  await process.type(password).catch(() => {/* it has ended */});
  return await process.finish();
}

/** Runs it where it must succeed; returns its output. */
async function does(path: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await run(path, ...args);
  assertEquals([code, stderr], [0, []]);
  return stdout.join("\n");
}

Deno.test("an operator is made and unmade on the file, and the list says who is one", async () => {
  using directory = new Directory();
  const path = directory.file();
  await does(path, "passwd", "Olga");
  assertEquals(await does(path, "operator"), "There is no operator.");
  assertEquals(await does(path, "operator", "olga"), '"Olga" is an operator.');
  assertEquals(await does(path, "operator"), "Olga");
  assertEquals(
    await does(path, "operator", "Olga", "--delete"),
    '"Olga" is an operator no more.',
  );
  const again = await run(path, "operator", "Olga", "--delete");
  assertEquals([again.code, again.stderr], [1, ['chat-server: "Olga" is no operator']]);
  const free = await run(path, "operator", "Bob");
  assertEquals(free.code, 1);
  assertStringIncludes(free.stderr.join(), '"Bob" is not registered, and anyone may have it');
  const nobody = await run(path, "operator", "--delete");
  assertEquals([nobody.code, nobody.stderr.length], [2, 1]);
  // With the name goes the right.
  await does(path, "operator", "Olga");
  await does(path, "passwd", "Olga", "--delete");
  await does(path, "passwd", "Olga");
  assertEquals(await does(path, "operator"), "There is no operator.");
});

Deno.test("a running server learns of an operator, who gives a room without an owner away", async () => {
  using directory = new Directory();
  const path = directory.file();
  await does(path, "passwd", "Olga");
  await does(path, "passwd", "Alice");
  await using server = await ServerProcess.serve(path, "--message-rate", "0");
  using bob = await server.join("Bob", "Hall");
  using olga = await server.join("Olga", "Hall", { password });
  const untilRank = async (you: string) => {
    while ((await olga.ask("room", { room: "Hall" })).payload.you !== you) continue;
  };
  const give = { room: "Hall", name: "Alice", role: "owner" };
  assertEquals((await olga.ask("role", give)).payload.code, "not_allowed");
  await does(path, "operator", "Olga");
  await untilRank("operator");
  assertEquals((await olga.ask("role", give)).type, "message");
  using alice = await server.join("Alice", "Hall", { password });
  assertEquals((await alice.ask("room", { room: "Hall" })).payload.you, "owner");
  const kick = { room: "Hall", name: "Olga" };
  assertEquals((await alice.ask("kick", kick)).payload.code, "not_allowed");
  await does(path, "operator", "Olga", "--delete");
  await untilRank("none");
  assertEquals((await alice.ask("kick", kick)).type, "message");
  await bob.settled();
  // What they did is to be read beside the server.
  const DATE = String.raw`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d`;
  const lines = (await does(path, "log")).split("\n");
  assertMatch(
    lines[0] ?? "",
    new RegExp(`^${DATE} \\[Hall\\] Olga gave Alice the role of an owner$`),
  );
  assertMatch(lines.at(-1) ?? "", new RegExp(`^${DATE} \\[Hall\\] Alice removed Olga$`));
  assertEquals(await does(path, "log", "--room", "hall"), lines.join("\n"));
});

Deno.test("log says that nobody did anything, and what is wrong", async () => {
  using directory = new Directory();
  const path = directory.file();
  await does(path, "passwd", "Olga");
  assertEquals(await does(path, "log"), "Nobody did anything yet.");
  const unknown = await run(path, "log", "--room", "Hall");
  assertEquals([unknown.code, unknown.stderr], [1, ['chat-server: There is no room "Hall"']]);
  const bad = await run(path, "log", "--room", "a\u001b[2J");
  assertEquals([bad.code, bad.stderr.length], [2, 1]);
  const none = await run(directory.file("other.db"), "log");
  assertEquals([none.code, none.stderr.length], [1, 1]);
});
