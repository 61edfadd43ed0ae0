import { assert, assertEquals, assertNotMatch, assertStringIncludes } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { DataFile } from "../../../server/log/sqlite/file/data_file.ts";
import { programArguments } from "../../fixtures/client.ts";
import { Directory } from "../../fixtures/files.ts";
import type { Received } from "../../fixtures/test_client.ts";
import { type Ended, serverCommand, ServerProcess, TestProcess } from "../../fixtures/process.ts";
import { terminalTest, Tmux } from "../../fixtures/tmux.ts";
import type { Endpoint } from "../../fixtures/endpoint.ts";

const password = "correct horse";

/** Runs `chat-server passwd` with a line of input, with the permissions that it is compiled with. */
async function passwd(line: string, ...args: string[]): Promise<Ended> {
  await using process = new TestProcess(serverCommand("passwd", ...args));
  // It may have failed before it reads.
  await process.type(line).catch(() => {});
  return await process.finish();
}

/** Runs it on `path`, where it must succeed; returns its output. */
async function setsPassword(path: string, line: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await passwd(line, ...args, "--data", path);
  assertEquals([code, stderr], [0, []]);
  return stdout.join("\n");
}

/** The answer to `connect` on a new connection. */
async function connect(
  server: Endpoint,
  more: Record<string, unknown>,
): Promise<Received["payload"]> {
  using peer = await server.dial();
  await peer.send("connect", { name: "Alice", version: 2, ...more });
  return (await peer.next())?.payload;
}

Deno.test("passwd registers a name on a server that is stopped, and deletes it", async () => {
  using directory = new Directory();
  const path = directory.file("deep/chat.db");
  assertEquals(
    await setsPassword(path, password, "Alice"),
    // An operator who mistyped the file's name has to see it.
    `"Alice" is registered. The log ${path} is new.`,
  );
  assertEquals((Deno.statSync(path).mode ?? 0) & 0o777, 0o600);
  {
    await using server = await ServerProcess.serve(path, "--registered-only");
    assertEquals((await connect(server, {})).code, "password_required");
    assertEquals((await connect(server, { password })).resumed, false);
  }
  const said = await setsPassword(path, "battery staple", "ALICE");
  assertEquals(said, '"Alice" has a new password; its sessions need it to come back.');
  {
    await using server = await ServerProcess.serve(path);
    assertEquals((await connect(server, { password })).code, "wrong_password");
    assertEquals((await connect(server, { password: "battery staple" })).resumed, false);
  }
  const gone = await setsPassword(path, "", "alice", "--delete");
  assertEquals(gone, '"Alice" is registered no more.');
  await using server = await ServerProcess.serve(path);
  assertEquals((await connect(server, {})).resumed, false);
  const again = await passwd("", "Alice", "--delete", "--data", path);
  assertEquals([again.code, again.stderr], [1, ['chat-server: "Alice" is not registered']]);
});

Deno.test("a running server notices passwd", async () => {
  using directory = new Directory();
  const path = directory.file();
  await using server = await ServerProcess.serve(path);
  using stranger = await server.join("Alice");
  await setsPassword(path, password, "Alice");
  // The holder of the name is told within moments, and a client without the password is refused.
  assertEquals((await stranger.rest()).map(({ payload }) => payload.code), ["session_ended"]);
  assertEquals((await connect(server, {})).code, "password_required");
  using owner = await server.join("Alice", "General", { password });
  await setsPassword(path, "battery staple", "Alice");
  assertEquals((await owner.rest()).map(({ payload }) => payload.code), ["session_ended"]);
  const { session } = owner.ack;
  assertEquals((await connect(server, { session })).code, "password_required");
  assertEquals((await connect(server, { session, password: "battery staple" })).resumed, true);
  using again = await server.connect("Alice", {
    session,
    password: "battery staple",
  });
  await setsPassword(path, "", "Alice", "--delete");
  assertEquals((await again.rest()).map(({ payload }) => payload.code), ["session_ended"]);
  assertEquals((await connect(server, { session })).resumed, false);
});

const BAD_NAMES: [what: string, name: string, says: string][] = [
  ["an empty one", "", "is empty"],
  ["one with a control character", "a\u001b[2J", "has the forbidden character U+001B"],
  ["one that ends its line", "Alice\n", "has the forbidden character U+000A"],
  ["a very long one", "x".repeat(5000), "has more than 32 characters"],
  ["one that reads backwards", "a\u202eb", "has the forbidden character U+202E"],
];

Deno.test("passwd refuses a name that breaks the rules, and touches nothing", async () => {
  for (const [what, name, says] of BAD_NAMES) {
    using directory = new Directory();
    const { code, stdout, stderr } = await passwd(password, name, "--data", directory.file());
    assertEquals([code, stdout, stderr.length], [2, [], 1], what);
    assertStringIncludes(stderr.join(), `it ${says}`);
    // Nothing of it reaches the terminal as it is.
    assertNotMatch(stderr.join(), /[\p{Cc}\p{Cf}]/u);
    assertEquals([...Deno.readDirSync(directory.path)], [], what);
  }
});

Deno.test("passwd takes a name that looks like a path for a name", async () => {
  using directory = new Directory();
  const before = Deno.readFileSync("/etc/passwd");
  const name = "../../etc/passwd";
  await setsPassword(directory.file("chat.db"), password, name);
  const files = [...Deno.readDirSync(directory.path)].map((file) => file.name);
  assertEquals(files.toSorted(), ["chat.db", "chat.db-lock"]);
  assertEquals(Deno.readFileSync("/etc/passwd"), before);
});

const MISTAKES: [args: string[], line: string, code: number, says: string][] = [
  [[], password, 2, "Say whose password: chat-server passwd NAME"],
  [["Alice", "Bob"], password, 2, 'Unexpected argument "Bob"; try passwd --help'],
  [["Alice", "--memory"], password, 2, 'Unknown option "--memory"; try passwd --help'],
  [["Alice"], "short", 1, "The password must be a password of 8 to 256 characters"],
  [["Alice"], "", 1, "The password must be a password of 8 to 256 characters"],
];

Deno.test("passwd says what is wrong, in one line", async () => {
  for (const [args, line, code, says] of MISTAKES) {
    using directory = new Directory();
    const ended = await passwd(line, ...args, "--data", directory.file());
    assertEquals(ended, { code, stdout: [], stderr: [`chat-server: ${says}`] });
  }
});

Deno.test("passwd refuses a name that looks like a registered one", async () => {
  using directory = new Directory();
  await setsPassword(directory.file(), password, "Alice");
  const { code, stderr } = await passwd(password, "\u0410lice", "--data", directory.file());
  assertEquals(code, 1);
  assertStringIncludes(stderr.join(), 'it looks like "Alice", which is registered');
});

Deno.test("passwd leaves the file of an older server that runs as it was", async () => {
  using directory = new Directory();
  const schema = Deno.readTextFileSync(new URL("../../fixtures/schema_1.sql", import.meta.url));
  {
    using database = new DatabaseSync(directory.file());
    database.exec(`PRAGMA journal_mode = WAL; ${schema}`);
  }
  const before = Deno.readFileSync(directory.file());
  {
    using _server = new DataFile(directory.file());
    const { code, stderr } = await passwd(password, "Alice", "--data", directory.file());
    assertEquals(code, 1);
    assertStringIncludes(stderr.join(), "is older than this one; stop it first");
    assertEquals(Deno.readFileSync(directory.file()), before);
  }
  assertEquals(await setsPassword(directory.file(), password, "Alice"), '"Alice" is registered.');
});

Deno.test("passwd refuses a file that is no log, and leaves it as it was", async () => {
  using directory = new Directory();
  Deno.writeTextFileSync(directory.file(), "Dear diary,\n".repeat(1000));
  const before = Deno.readFileSync(directory.file());
  const { code, stderr } = await passwd(password, "Alice", "--data", directory.file());
  assertEquals(code, 1);
  assertStringIncludes(stderr.join(), `chat-server: Cannot use the log ${directory.file()}: `);
  assertEquals(Deno.readFileSync(directory.file()), before);
});

Deno.test("passwd keeps the password nowhere", async () => {
  using directory = new Directory();
  const { stdout, stderr } = await passwd(password, "Alice", "--data", directory.file());
  const files = [...Deno.readDirSync(directory.path)];
  const kept = files.map(({ name }) => Deno.readFileSync(directory.file(name)));
  const text = [...stdout, ...stderr].join() +
    kept.map((bytes) => new TextDecoder("latin1").decode(bytes)).join();
  assert(text.includes("Alice"));
  assertEquals(text.includes("horse"), false);
});

terminalTest("passwd asks twice in a terminal, and shows nothing of it", async (home) => {
  await using tmux = await Tmux.open(home);
  const command = [Deno.execPath(), ...programArguments("server.ts"), "passwd", "Alice"];
  const start = async () => {
    await tmux.type(`clear; ${command.join(" ")} --data ${home.path}/chat.db; echo ended $?`);
    await tmux.press("Enter");
  };
  const enter = async (prompt: string, text: string) => {
    await tmux.untilLast(prompt);
    await tmux.type(text);
    await tmux.press("Enter");
  };
  await start();
  await enter("Password:", password);
  await enter("The same again:", "battery staple");
  assertStringIncludes(await tmux.untilSeen("ended 1"), "The two passwords differ");
  await start();
  await enter("Password:", password);
  await enter("The same again:", password);
  const screen = await tmux.untilSeen("ended 0");
  assertStringIncludes(screen, '"Alice" is registered.');
  const everything = (await tmux.everything()).join("\n");
  for (const secret of ["horse", "staple", "*"]) assertEquals(everything.includes(secret), false);
  await start();
  await tmux.untilLast("Password:");
  await tmux.type("abc");
  await tmux.press("C-c");
  await tmux.untilSeen("ended 130");
  // The terminal shows again what is typed.
  await tmux.type("echo visible");
  await tmux.untilLast("shell$ echo visible");
  await tmux.press("C-u");
  await start();
  // Erased characters are not part of it, whatever bytes they had.
  for (const prompt of ["Password:", "The same again:"]) {
    await tmux.untilLast(prompt);
    await tmux.type("\u00e9\u{1F600}");
    await tmux.press("BSpace", "BSpace");
    await tmux.type(prompt === "Password:" ? "battery staple" : "battery staplx");
    if (prompt !== "Password:") await tmux.press("BSpace");
    await tmux.type(prompt === "Password:" ? "" : "e");
    await tmux.press("Enter");
  }
  assertStringIncludes(await tmux.untilSeen("ended 0"), "has a new password");
});
