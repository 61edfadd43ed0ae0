/** Names that look like paths: nothing outside the state directory is read or written. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import { statePath } from "../../../client/files/state_files.ts";
import { programs } from "../../../tools/targets.ts";
import { Home } from "../../fixtures/client.ts";
import { ServerProcess, TestProcess } from "../../fixtures/process.ts";
import { PURE } from "../../fixtures/pure.ts";

const TRICKS = [
  "..",
  ".",
  "",
  "../../../../tmp/x",
  "..\\..\\x",
  "/etc/passwd",
  "C:\\x",
  "\\\\host\\share",
  "con",
  "NUL",
  "aux.txt",
  "x\0y",
  "~root",
  "$HOME",
  "%2e%2e%2f",
  "-rf",
  "a/b",
  "x.lock",
  "x.new",
  " x ",
  "x.",
  "\u2215etc\u2215passwd",
  "\uff0e\uff0e\uff0fx",
  "e\u0301",
  "\ud800",
  "👍".repeat(100),
];

/** A plain file name on any file system: no separator, no name that Windows reserves. */
const SAFE = /^\/state\/outbox-[a-z0-9._-]+\.jsonl$/;

Deno.test("statePath() makes a plain file name of whatever it is given", PURE, async () => {
  for (const server of TRICKS) {
    for (const name of TRICKS) {
      const path = await statePath("/state", "outbox", [server, name]);
      assertMatch(path, SAFE);
      assert(path.length < 240, path);
    }
  }
});

Deno.test("statePath() makes a plain file name of any string", PURE, async () => {
  const any = fc.string({ unit: "binary" });
  await fc.assert(fc.asyncProperty(any, any, async (server, name) => {
    assertMatch(await statePath("/state", "outbox", [server, name]), SAFE);
  }));
});

Deno.test("statePath() gives no two servers or names one file", PURE, async () => {
  // Half a surrogate pair is none of these: it stands for U+FFFD in any file name.
  const given = ["a", "a-b", "b", "a_2db", "A", ...TRICKS].filter((text) => text.isWellFormed());
  const pairs = given.flatMap((server) => given.map((name) => [server, name]));
  const paths = await Promise.all(pairs.map((pair) => statePath("/state", "outbox", pair)));
  assertEquals(new Set(paths.map((path) => path.toLowerCase())).size, pairs.length);
});

/** Tricks that are names by the protocol's rules. */
const NAMES = [
  "..",
  ".",
  "../../../../tmp/x",
  "/etc/passwd",
  "C:\\x",
  "con",
  "~root",
  "$HOME",
  "-rf",
];

const client = programs.find(({ name }) => name === "chat-client");

/** Everything below a directory, as paths within it. */
function tree(directory: string, prefix = ""): string[] {
  return [...Deno.readDirSync(directory)].flatMap(({ name, isDirectory }) => {
    const path = `${prefix}${name}`;
    return isDirectory ? tree(`${directory}/${name}`, `${path}/`) : [path];
  });
}

Deno.test("a client with tricks for names and rooms reaches its own directory alone", async () => {
  if (client === undefined) throw new Error("There is no program chat-client");
  await using home = new Home();
  const state = `${home.path}/state/chat-client`;
  const config = `${home.path}/config/chat-client`;
  // The permissions of the compiled client with fewer files: any access beyond these fails.
  const permissions = client.permissions
    .filter((permission) => !/^--allow-(read|write|run)/.test(permission))
    .concat(`--allow-read=${state},${config}`, `--allow-write=${state}`);
  await using server = await ServerProcess.start();
  for (const name of NAMES) {
    await using process = new TestProcess([
      ...[Deno.execPath(), "run", "--quiet", "--no-prompt", ...permissions, client.entry, "send"],
      ...["--server", `127.0.0.1:${server.port}`, `--name=${name}`, `--room=${name}`, "Hi"],
    ] as unknown as [string, ...string[]], home.env);
    const { code, stderr } = await process.finish();
    assertEquals([code, stderr], [0, []], name);
  }
  const files = tree(home.path);
  assert(files.length > 0);
  for (const file of files) assertMatch(file, /^state\/chat-client\/[a-z]+-[a-z0-9._-]+$/);
});

Deno.test("a server with tricks for names and rooms has its log and nothing else", async () => {
  await using home = new Home();
  const directory = `${home.path}/data`;
  await using server = await ServerProcess.serve(`${directory}/chat.db`);
  for (const name of NAMES) {
    using peer = await server.join(name, name);
    await peer.send("topic", { room: name, topic: name });
    await peer.send("message", { room: name, text: name, ref: 1 });
    await peer.send("search", { query: name, from: name });
    const types = (await peer.settled()).map(({ type }) => type);
    assert(types.includes("message"), name);
    await peer.send("quit");
    await peer.rest();
  }
  server.kill("SIGTERM");
  assertEquals((await server.ended()).code, 0);
  assertEquals(tree(home.path).sort(), [
    "data/chat.db",
    "data/chat.db-clean",
    "data/chat.db-lock",
  ]);
});
