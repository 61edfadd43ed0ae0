import { assert, assertEquals, assertGreaterOrEqual } from "@std/assert";
import { shortageOf } from "../../../server/process/system_limits.ts";
import { DescriptorLimit } from "../../../server/limits/descriptor_limit.ts";
import { Directory } from "../../fixtures/files.ts";
import { PURE } from "../../fixtures/pure.ts";
import { serverCommand, ServerProcess } from "../../fixtures/process.ts";
import type { TestClient } from "../../fixtures/test_client.ts";

const LINUX = { ignore: Deno.build.os !== "linux" };

/** Descriptors of a server under test: enough to start, and for some dozens of clients. */
const DESCRIPTORS = 160;

/** More connections than there are descriptors. */
const TOO_MANY = 200;

/** The characters of a text of 16 KB. */
const LONG = "\u{1f600}".repeat(4096);

/** Starts a server under limits of the shell's, with its log in a file. */
function start(limits: string, path: string, ...args: string[]): Promise<ServerProcess> {
  const command = serverCommand("--data", path, "--port", "0", ...args);
  return ServerProcess.run(["bash", "-c", `ulimit ${limits}; exec "$@"`, "sh", ...command]);
}

function openFilesOf(pid: number): number {
  return [...Deno.readDirSync(`/proc/${pid}/fd`)].length;
}

Deno.test("a limit learned with a reserve holds, one without leaves room for it", PURE, () => {
  const limit = new DescriptorLimit();
  assert(limit.admits(1e6));
  limit.learn(100, 32);
  assertEquals([limit.admits(99), limit.admits(100)], [true, false]);
  limit.learn(100, 0);
  assertEquals([limit.admits(67), limit.admits(68)], [true, false]);
  limit.learn(3, 0);
  assertEquals([limit.admits(0), limit.admits(1)], [true, false]);
});

Deno.test("a row of failures begins once, and ends once when there is room", PURE, () => {
  const limit = new DescriptorLimit();
  limit.learn(100, 32);
  assertEquals([limit.failed(0), limit.failed(1000)], [true, false]);
  const looks: [open: number, now: number][] = [[80, 3999], [91, 4000], [90, 4000], [80, 9000]];
  assertEquals(looks.map((look) => limit.hasRecovered(...look)), [false, false, true, false]);
  assertEquals([limit.failed(9000), limit.hasRecovered(0, 12_000)], [true, true]);
});

Deno.test("a server without descriptors serves who is there, and says so once", LINUX, async () => {
  using directory = new Directory();
  const options = ["--log-level", "info", "--log-format", "json"];
  await using server = await start(`-n ${DESCRIPTORS}`, directory.file(), ...options);
  using alice = await server.join("Alice");
  const crowd: TestClient[] = [];
  for (let count = 0; count < TOO_MANY; count++) crowd.push(await server.dial());
  const begin = JSON.parse(await server.stderr.until("cannot accept connections"));
  // Reads, searches, a file of the log's own: all go on.
  for (const round of [1, 2, 3]) {
    await alice.send("message", { text: `Hi ${round}` });
    assertEquals((await alice.receive("message")).payload.seq, round);
    await alice.send("history", { room: "General" });
    assertEquals((await alice.receive("history")).payload.messages.length, round);
    await alice.send("search", { query: "hi" });
    assertEquals((await alice.receive("search")).payload.messages.length, round);
  }
  assertGreaterOrEqual(DESCRIPTORS - openFilesOf(server.pid), 20);
  for (const client of crowd) client[Symbol.dispose]();
  const end = JSON.parse(await server.stderr.until("accepting connections again"));
  using bob = await server.join("Bob");
  await bob.settled();
  server.kill("SIGTERM");
  const { code, stderr } = await server.ended();
  assertEquals(code, 0);
  assertEquals(stderr.filter((line) => line.includes("accept")), []);
  assert(begin.level === "error" && begin.advice.includes("ulimit -n"), begin);
  assert(end.connections < begin.connections, end);
});

Deno.test("a limit on the size of files refuses messages, and ends nothing", LINUX, async () => {
  using directory = new Directory();
  const options = ["--message-rate", "0", "--byte-rate", "0"];
  await using server = await start("-f 20000", directory.file(), ...options);
  using alice = await server.join("Alice");
  let refusal: string | undefined;
  for (let ref = 1; refusal === undefined; ref++) {
    await alice.send("message", { text: LONG, ref }, `${ref}`);
    let answer = await alice.next();
    while (answer?.id !== `${ref}`) answer = await alice.next();
    if (answer.type === "error") refusal = `${answer.payload.code}`;
  }
  assertEquals(refusal, "log_failed");
  await alice.send("history", { room: "General", limit: 1 });
  assertEquals((await alice.receive("history")).payload.messages.length, 1);
  using bob = await server.connect("Bob");
  await bob.settled();
});

Deno.test("a shortage of descriptors is known from other failures, with what to do", PURE, () => {
  const shortages: [message: string, advice: string | undefined][] = [
    ["Too many open files (os error 24)", "ulimit -n"],
    ["Too many open files (os error 24): open '/a/chat.db'", "ulimit -n"],
    ["Too many open files in system (os error 23)", "fs.file-max"],
    ["No space left on device (os error 28)", undefined],
    ["(os error 240)", undefined],
  ];
  for (const [message, advice] of shortages) {
    const found = shortageOf(new Error(message));
    assertEquals(found?.advice.includes(advice ?? ""), advice === undefined ? undefined : true);
    assertEquals(found?.isOwn, advice === undefined ? undefined : advice === "ulimit -n");
  }
  assertEquals(shortageOf("nothing"), undefined);
});
