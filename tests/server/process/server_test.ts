import { assert, assertEquals, assertMatch } from "@std/assert";
import config from "../../../deno.json" with { type: "json" };
import { OPTIONS } from "../../../server/options.ts";
import { Endpoint } from "../../fixtures/endpoint.ts";
import { requestLine, type TestClient } from "../../fixtures/test_client.ts";
import { type Ended, serverCommand, ServerProcess, TestProcess } from "../../fixtures/process.ts";

/** Windows has no signals that a program may answer but Ctrl+C and Ctrl+Break. */
const isWindows = Deno.build.os === "windows";

/** Runs the server until it ends by itself. */
async function run(...args: string[]): Promise<Ended> {
  await using server = new TestProcess(serverCommand(...args));
  return await server.ended();
}

/** Stops a server as a person would; returns its output. */
async function stop(server: TestProcess): Promise<Ended> {
  server.kill(isWindows ? "SIGINT" : "SIGTERM");
  return await server.ended();
}

Deno.test("the server prints one line once it listens, and its log on stderr", async () => {
  await using server = new TestProcess(serverCommand("--memory", "--port", "0", "--web", "off"));
  const [, port] = /^Listening on 127\.0\.0\.1:(\d+)$/.exec(await server.line()) ?? [];
  using alice = await new Endpoint(Number(port)).join("Alice");
  await alice.settled();
  const { code, stdout, stderr } = await stop(server);
  assertEquals([code, stdout], [0, []]);
  assert(stderr.some((line) => line.includes("session opened")));
});

Deno.test("the page's address is the second line, where there is a page, and the last", async () => {
  await using server = new TestProcess(serverCommand("--memory", "--port", "0"));
  const [, port] = /^Listening on 127\.0\.0\.1:(\d+)$/.exec(await server.line()) ?? [];
  const { code, stdout } = await stop(server);
  assertEquals(code, 0);
  // From source there is one once `deno task page` has made it.
  if (stdout.length > 0) assertEquals(stdout, [`In a browser: http://127.0.0.1:${port}/`]);
});

Deno.test("the server names a port that is taken in one line, and ends with 1", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr;
  assertEquals(await run("--memory", "--port", `${port}`), {
    code: 1,
    stdout: [],
    stderr: [
      `chat-server: Cannot listen on 127.0.0.1 port ${port}: ` +
      "the port is taken; stop what uses it, or choose another with --port",
    ],
  });
});

Deno.test("the server names an address that it can't have in one line, and ends with 1", async () => {
  // Of TEST-NET-3 (RFC 5737): no machine has it.
  assertEquals(await run("--memory", "--port", "0", "--host", "203.0.113.1"), {
    code: 1,
    stdout: [],
    stderr: ["chat-server: Cannot listen on 203.0.113.1 port 0: this machine has no such address"],
  });
});

const WRONG: [args: string[], reason: string][] = [
  [["--port", "65536"], "--port must be a whole number from 0 to 65535"],
  [["--port=-1"], "--port must be a whole number from 0 to 65535"],
  [["--port", "http"], "--port must be a whole number from 0 to 65535"],
  [["--port"], "--port must be a whole number from 0 to 65535"],
  [["--host", ""], "--host must not be empty"],
  [["--max-connections=-1"], "--max-connections must be a whole number from 0 to 1000000000"],
  [["--handshake-timeout", ""], "--handshake-timeout must be a whole number from 0 to 86400"],
  [["--idle-timeout", "86401"], "--idle-timeout must be a whole number from 1 to 86400"],
  [["--idle-timeout", "1.5"], "--idle-timeout must be a whole number from 1 to 86400"],
  [["--log-level", "loud"], "--log-level must be one of debug, info, warn, error"],
  [["--log-format", "xml"], "--log-format must be one of text, json"],
  [["--verbose"], 'Unknown option "--verbose"'],
  [["-p", "5"], 'Unknown option "-p"'],
  [["12345"], 'Unexpected argument "12345"'],
];

Deno.test("the server answers a wrong option with one line, and ends with 2", async () => {
  const ended = await Promise.all(WRONG.map(([args]) => run("--memory", ...args)));
  for (const [index, [args, reason]] of WRONG.entries()) {
    const expected = { code: 2, stdout: [], stderr: [`chat-server: ${reason}; try --help`] };
    assertEquals(ended[index], expected, args.join(" "));
  }
});

Deno.test("--help lists every option with its default", async () => {
  const { code, stdout, stderr } = await run("--help");
  assertEquals([code, stderr], [0, []]);
  for (const [name, { placeholder, default: initial }] of Object.entries(OPTIONS)) {
    const line = stdout.find((each) => each.startsWith(`  --${name} `));
    assert(line !== undefined, `--${name} is not in ${stdout.join("\n")}`);
    // A default that depends on the platform is described in words.
    const shown = initial === undefined ? "" : `${initial}`;
    if (placeholder !== undefined) assertMatch(line, new RegExp(`\\[default: .*${shown}.*\\]$`));
  }
});

Deno.test("--version prints the version of deno.json", async () => {
  const expected = { code: 0, stdout: [`chat-server ${config.version}`], stderr: [] };
  assertEquals(await run("--version"), expected);
});

const SIGNALS: Deno.Signal[] = isWindows ? ["SIGINT"] : ["SIGINT", "SIGTERM"];

Deno.test("a signal notifies everyone, lets sent messages leave, and ends the server with 0", async () => {
  for (const signal of SIGNALS) {
    await using server = await ServerProcess.start();
    using alice = await server.join("Alice");
    using bob = await server.lecture("Bob");
    using stranger = await server.dial();
    await alice.receive("notification");
    await bob.send("message", { text: "last words" });
    await bob.receive("message");
    server.kill(signal);
    const events = [
      ["message", "last words"],
      ["notification", "The server is shutting down."],
    ];
    const told = async (peer: TestClient) =>
      (await peer.rest()).map(({ type, payload }) => [type, payload.text ?? payload.message]);
    assertEquals(await told(alice), events, signal);
    assertEquals(await told(bob), events.slice(1), signal);
    assertEquals(await told(stranger), [], signal);
    assertEquals((await server.ended()).code, 0, signal);
  }
});

/** A member of General that never reads, not even the end of the connection. */
async function joinSilently(port: number): Promise<Deno.Conn> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  const connect = { type: "connect", payload: { name: "Silent", room: "General" } };
  await conn.write(new TextEncoder().encode(JSON.stringify(connect)));
  return conn;
}

Deno.test("the server stops though a peer reads nothing of all that it was sent", async () => {
  await using server = await ServerProcess.start("--message-rate", "0", "--byte-rate", "0");
  using alice = await server.join("Alice");
  using _silent = await joinSilently(server.port);
  await alice.receive("notification");
  const line = requestLine("message", { text: "x".repeat(4096) });
  // More than all buffers between two sockets hold.
  for (let sent = 0; sent < 16_000_000; sent += 100 * line.length) {
    await alice.write(line.repeat(100));
    await alice.settled();
  }
  assertEquals((await stop(server)).code, 0);
});

Deno.test({
  name: "a second signal ends the server at once",
  ignore: isWindows,
  async fn() {
    await using server = await ServerProcess.start();
    using alice = await server.join("Alice");
    // Keeps its side open, so that a clean stop takes the server's full timeout.
    using _silent = await joinSilently(server.port);
    await alice.receive("notification");
    server.kill("SIGTERM");
    // The server is handling the first one.
    assertEquals((await alice.receive("notification")).payload.event, "shutdown");
    server.kill("SIGTERM");
    assertEquals((await server.ended()).code, 1);
  },
});

Deno.test("a restarted server gets its port back at once, however the last one ended", async () => {
  let port = "0";
  const clients: TestClient[] = [];
  for (const signal of [...SIGNALS, "SIGKILL"] as Deno.Signal[]) {
    await using server = await ServerProcess.run(serverCommand("--memory", "--port", port));
    port = `${server.port}`;
    // The server closes these first, so that its side stays in TIME_WAIT.
    for (const name of ["Alice", "Bob"]) {
      clients.push(await server.join(name));
    }
    server.kill(signal);
    for (const client of clients) await client.rest().catch(() => {/* reset */});
    await server.ended();
  }
  await using last = await ServerProcess.run(serverCommand("--memory", "--port", port));
  assertEquals(`${last.port}`, port);
  for (const client of clients) client[Symbol.dispose]();
});

Deno.test("the server goes on when nobody reads its log any more", async () => {
  await using server = await ServerProcess.start("--log-level", "debug");
  await server.stderr.cancel();
  for (const name of ["Alice", "Bob", "Carol"]) {
    using peer = await server.join(name);
    await peer.send("nonsense");
    await peer.settled();
  }
  assertEquals((await stop(server)).code, 0);
});
