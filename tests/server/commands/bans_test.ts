import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { networkInterfaces } from "node:os";
import { programArguments } from "../../fixtures/client.ts";
import { Endpoint } from "../../fixtures/endpoint.ts";
import { Directory } from "../../fixtures/files.ts";
import { type Ended, serverCommand, ServerProcess, TestProcess } from "../../fixtures/process.ts";

/** Runs a subcommand of `chat-server`, as a process. */
async function run(...args: string[]): Promise<Ended> {
  await using process = new TestProcess(serverCommand(...args));
  return await process.finish();
}

/** Runs it on the log at `path`, where it must succeed; returns its output. */
async function does(path: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await run(...args, "--data", path);
  assertEquals([code, stderr], [0, []]);
  return stdout.join("\n");
}

/** Registers a name, as an operator if `isOperator`. */
async function register(path: string, name: string, isOperator = false): Promise<void> {
  await using process = new TestProcess(serverCommand("passwd", name, "--data", path));
  await process.type(password);
  assertEquals((await process.finish()).code, 0);
  if (isOperator) assertEquals(await does(path, "operator", name), `"${name}" is an operator.`);
}

const password = "correct horse";

/** The code of the refusal of a `connect`, or "in", with what it says. */
async function tries(server: Endpoint, name: string, more: Record<string, unknown> = {}) {
  using peer = await server.dial();
  await peer.send("connect", { name, version: 2, room: "General", ...more });
  const { type, payload } = await peer.receive("connect_ack").catch(refused) as {
    type: string;
    payload: { code: string; message: string };
  };
  return type === "connect_ack" ? { code: "in", message: "" } : payload;
}

/** Tries again until the server has learned of a ban, or of its end. */
async function untilBanned(
  server: Endpoint,
  name: string,
  more: Record<string, unknown> = {},
  banned = true,
): Promise<void> {
  while (((await tries(server, name, more)).code === "banned") !== banned) continue;
}

/** The event that another one was expected to be. */
function refused(error: Error) {
  return JSON.parse(error.message.replace("Expected connect_ack, got ", ""));
}

const DATE = String.raw`\d{4}-\d\d-\d\d \d\d:\d\d UTC`;

Deno.test("a banned name and its lookalikes are told until when and why, and unban lets them in again", async () => {
  using directory = new Directory();
  const path = directory.file();
  await register(path, "Alice");
  await using server = await ServerProcess.serve(path);
  const said = await does(path, "ban", "Mallory", "--days", "3", "--reason", "spam");
  assertMatch(said, new RegExp(`^"Mallory" is banned until ${DATE}\\.$`));
  // A session that is there before is closed when the server has learned of the ban.
  await untilBanned(server, "Mallory");
  for (const name of ["Mallory", "mallory", "M\u0430llory"]) {
    const { code, message } = await tries(server, name);
    assertEquals(code, "banned", name);
    assertMatch(message, new RegExp(`^This server has banned you until ${DATE}: spam$`));
  }
  assertEquals((await tries(server, "Bob")).code, "in");
  const listed = await does(path, "bans");
  assertMatch(listed, new RegExp(`^Mallory, until ${DATE}, since ${DATE}: spam$`));
  assertEquals(await does(path, "unban", "mallory"), '"mallory" is banned no more.');
  await untilBanned(server, "Mallory", {}, false);
  assertEquals(await does(path, "bans"), "Nobody is banned.");
});

Deno.test("a ban reaches connections that are open: they are told, and closed", async () => {
  using directory = new Directory();
  const path = directory.file();
  await using server = await ServerProcess.serve(path);
  using mallory = await server.join("Mallory");
  using lecture = await server.lecture("Mall0ry", "Hall");
  using bob = await server.join("Bob");
  await does(path, "ban", "Mallory", "--days", "0", "--reason", "spam");
  const told = (await mallory.rest()).at(-1);
  assertEquals([told?.type, told?.payload.code], ["error", "banned"]);
  assertEquals(told?.payload.message, "This server has banned you for ever: spam");
  await does(path, "ban", "Mall0ry");
  assertEquals((await lecture.rest()).at(-1)?.payload.event, "error");
  const events = await bob.settled();
  assert(events.some(({ payload }) => payload.event === "left" && payload.name === "Mallory"));
});

Deno.test("a name that is in cannot be changed to a banned one", async () => {
  using directory = new Directory();
  const path = directory.file();
  await using server = await ServerProcess.serve(path);
  await does(path, "ban", "Mallory");
  await does(path, "ban", "Eve");
  await untilBanned(server, "Eve");
  using bob = await server.join("Bob");
  await bob.settled();
  for (const name of ["Mallory", "M\u0430llory"]) {
    await bob.send("rename", { name });
    assertEquals((await bob.receive("error")).payload.code, "banned");
  }
});

Deno.test("an acknowledged ban holds after kill -9, at once, on the server that starts next", async () => {
  using directory = new Directory();
  const path = directory.file();
  {
    await using server = await ServerProcess.serve(path);
    using _mallory = await server.join("Mallory");
    await does(path, "ban", "Mallory");
    await server.crash();
  }
  await using server = await ServerProcess.serve(path);
  assertEquals((await tries(server, "Mallory")).code, "banned");
});

Deno.test("nobody can ban an operator: not by name, not by a name that looks like it", async () => {
  using directory = new Directory();
  const path = directory.file();
  await register(path, "Olga", true);
  const { code, stderr } = await run("ban", "olga", "--data", path);
  assertEquals([code, stderr], [
    1,
    ['chat-server: "Olga" is an operator; first: chat-server operator "Olga" --delete'],
  ]);
  await does(path, "ban", "\u041elga");
  await using server = await ServerProcess.serve(path);
  assertEquals((await tries(server, "Olga", { password })).code, "in");
  // Who is an operator no more can be banned.
  await does(path, "operator", "Olga", "--delete");
  await does(path, "ban", "Olga");
  await untilBanned(server, "Olga", { password });
  assertEquals((await tries(server, "Olga", { password })).code, "banned");
  // Without the password nobody learns of the ban of a registered name.
  assertEquals((await tries(server, "Olga")).code, "password_required");
});

const elsewhere = Object.values(networkInterfaces()).flat()
  .find((each) => each?.family === "IPv4" && !each.internal)?.address;

Deno.test({
  name:
    "a banned name's address admits no free name, also after kill -9; a banned address likewise",
  ignore: elsewhere === undefined,
  async fn() {
    using directory = new Directory();
    const path = directory.file();
    const host = ["--host", "0.0.0.0", "--connection-rate", "0"];
    const far = ({ port }: ServerProcess) =>
      new Endpoint(() => Deno.connect({ hostname: elsewhere as string, port }));
    {
      await using server = await ServerProcess.serve(path, ...host);
      using _mallory = await far(server).join("Mallory");
      await does(path, "ban", "Mallory");
      await untilBanned(far(server), "Bob");
      // Not that of this machine.
      assertEquals((await tries(server, "Bill")).code, "in");
      await server.crash();
    }
    await using server = await ServerProcess.serve(path, ...host);
    assertEquals((await tries(far(server), "Eve")).code, "banned");
    await does(path, "unban", "Mallory");
    await untilBanned(far(server), "Eve", {}, false);
    assertMatch(await does(path, "ban", elsewhere as string), / is banned until /);
    await untilBanned(far(server), "Eve");
    await does(path, "unban", elsewhere as string);
    await untilBanned(far(server), "Eve", {}, false);
  },
});

Deno.test("chat-client that is banned says so and ends, without another try", async () => {
  using directory = new Directory();
  const path = directory.file();
  await using server = await ServerProcess.serve(path);
  const args = [server.address, "--name", "Mallory", "--room", "General", "--retry", "60"];
  await using client = new TestProcess(
    [Deno.execPath(), ...programArguments("client.ts"), ...args],
    { XDG_STATE_HOME: directory.path, XDG_CONFIG_HOME: directory.path },
  );
  using bob = await server.join("Bob");
  while (!(await bob.next())?.payload.message.includes("Mallory")) continue;
  await does(path, "ban", "Mallory", "--reason", "spam");
  const { code, stderr } = await client.ended();
  assertEquals(code, 1);
  assertStringIncludes(stderr.at(-1) ?? "", "This server has banned you until ");
  await using second = new TestProcess(
    [Deno.execPath(), ...programArguments("client.ts"), ...args],
    { XDG_STATE_HOME: directory.path, XDG_CONFIG_HOME: directory.path },
  );
  const ended = await second.finish();
  assertEquals(ended.code, 1);
  assertStringIncludes(ended.stderr.join("\n"), "This server has banned you until ");
});

const MISTAKES: [args: string[], code: number, says: string][] = [
  [["ban"], 2, "Say whom to ban: chat-server ban NAME|ADDRESS"],
  [["ban", "a\u001b[2J"], 2, "has the forbidden character U+001B"],
  [["ban", "Mallory", "--days=-1"], 2, "--days must be a whole number from 0 to 3650"],
  [["ban", "Mallory", "--days", "4000"], 2, "--days must be a whole number from 0 to 3650"],
  [["ban", "Mallory", "--reason", "a\nb"], 2, "--reason must be one line"],
  [["ban", "Mallory", "--reason", "x".repeat(300)], 2, "--reason has more than 256 characters"],
  [["ban", "1.2.3.0/24"], 2, "a ban is of one address, or of one /64 of IPv6"],
  [["ban", "2001:db8::/32"], 2, "a ban is of one address, or of one /64 of IPv6"],
  [["ban", "1.2.3.999"], 2, "that is no IP address"],
  [["ban", "2001:db8:::1"], 2, "that is no IP address"],
  [["ban", "127.0.0.1"], 2, "this machine is never banned"],
  [["ban", "::ffff:127.0.0.2"], 2, "this machine is never banned"],
  [["ban", "::"], 2, "this machine is never banned"],
  [["unban", "Nobody"], 1, '"Nobody" is not banned'],
  [["unban", "1.2.3.4"], 1, "1.2.3.4 is not banned"],
  [["bans", "x"], 2, 'Unexpected argument "x"; try bans --help'],
];

Deno.test("ban, unban and bans say what is wrong, in one line, and ban nobody", async () => {
  using directory = new Directory();
  const path = directory.file();
  await register(path, "Alice");
  for (const [args, code, says] of MISTAKES) {
    const ended = await run(...args, "--data", path);
    assertEquals([ended.code, ended.stdout, ended.stderr.length], [code, [], 1], args.join(" "));
    assertStringIncludes(ended.stderr.join(), says);
  }
  assertEquals(await does(path, "bans"), "Nobody is banned.");
  for (const command of [["ban", "Mallory"], ["unban", "Mallory"], ["bans"], ["operator"]]) {
    const { code, stderr } = await run(...command, "--data", directory.file("other.db"));
    assertEquals([code, stderr.length], [1, 1]);
    assertStringIncludes(stderr.join(), "There is no log ");
  }
});

Deno.test("an IPv6 address is banned with its /64, and one ban takes another's place", async () => {
  using directory = new Directory();
  const path = directory.file();
  await register(path, "Alice");
  for (const written of ["2001:DB8::1", "2001:db8:0:0:ffff::2%eth0", "2001:db8::/64"]) {
    assertMatch(await does(path, "ban", written), /^2001:db8:0:0::\/64 is banned until /);
  }
  await does(path, "ban", "::ffff:192.0.2.9");
  const listed = (await does(path, "bans")).split("\n").map((line) => line.split(",")[0]);
  assertEquals(listed.toSorted(), ["192.0.2.9", "2001:db8:0:0::/64"]);
  assertEquals(await does(path, "unban", "2001:db8::7"), "2001:db8:0:0::/64 is banned no more.");
});
