/** The operator's listener of real servers: what it says, and to whom. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Home } from "../../fixtures/client.ts";
import { type Ended, serverCommand, ServerProcess, TestProcess } from "../../fixtures/process.ts";
import { limits, startServer } from "../../fixtures/server.ts";
import { memoryLog } from "../../fixtures/log.ts";
import { isHostAllowed } from "../../../server/ops/ops_listener.ts";
import { Ops } from "../../../server/ops/ops.ts";
import { parseOpsAddress } from "../../../server/ops/ops_address.ts";

/** A server as a process with `--ops`, and that listener's port. */
async function serve(...args: string[]): Promise<{ server: ServerProcess; ops: number }> {
  const server = await ServerProcess.start("--ops", "127.0.0.1:0", ...args);
  const line = await server.line();
  const [, port] = /^Listening on 127\.0\.0\.1:(\d+) for health checks and metrics$/.exec(line) ??
    [];
  return { server, ops: Number(port) };
}

/** The whole answer to `request`, which may be cut anywhere. */
async function exchange(port: number, ...parts: (string | Uint8Array)[]): Promise<string> {
  using conn = await Deno.connect({ hostname: "127.0.0.1", port });
  for (const part of parts) {
    const bytes = typeof part === "string" ? new TextEncoder().encode(part) : part;
    await conn.write(bytes);
  }
  return await new Response(conn.readable).text();
}

function get(port: number, path: string, host = "127.0.0.1"): Promise<string> {
  return exchange(port, `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
}

/** The samples of `/metrics`, by name with labels. */
async function scrape(port: number): Promise<Map<string, number>> {
  const [, body = ""] = (await get(port, "/metrics")).split("\r\n\r\n");
  const lines = body.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(lines.map((line) => {
    const [, name = "", value] = /^(\S+) (\S+)$/.exec(line) ?? [];
    return [name, Number(value)];
  }));
}

async function health(...args: string[]): Promise<Ended> {
  await using process = new TestProcess(serverCommand("health", ...args));
  return await process.finish();
}

Deno.test("/metrics counts what clients do, and names no room and no person", async () => {
  const { server, ops } = await serve("--max-connections", "4");
  await using _server = server;
  using alice = await server.join("Alice", "Secretroom");
  using bob = await server.join("Bob", "Secretroom");
  for (const text of ["one", "two"]) {
    await alice.send("message", { text, ref: text.length + (text === "two" ? 1 : 0) });
    await bob.receive("message");
  }
  await alice.send("message", { text: "two", ref: 4 });
  await alice.send("direct", { to: "Bob", text: "psst" });
  await bob.receive("direct");
  await alice.send("nonsense");
  await alice.settled();
  using stranger = await server.dial();
  using carol = await server.join("Carol", "Secretroom");
  using rejected = await server.dial();
  assertEquals((await rejected.receive("error")).payload.code, "server_full");
  const samples = await scrape(ops);
  const expected: Record<string, number> = {
    'chat_connections{listener="plain"}': 4,
    'chat_connections{listener="tls"}': 0,
    chat_sessions: 3,
    chat_rooms: 1,
    chat_ready: 1,
    'chat_messages_total{kind="kept"}': 2,
    'chat_messages_total{kind="repeated"}': 1,
    chat_directs_total: 1,
    chat_append_failures_total: 0,
    chat_behind_connections: 0,
    'chat_turned_away_total{code="server_full"}': 1,
    'chat_refused_total{code="unknown_type"}': 1,
  };
  for (const [name, value] of Object.entries(expected)) {
    assertEquals(samples.get(name), value, name);
  }
  assert((samples.get("chat_deliveries_total") ?? 0) >= 4);
  assert((samples.get("chat_append_seconds_count") ?? 0) > 0);
  assert((samples.get('chat_memory_bytes{of="resident"}') ?? 0) > 1e6);
  const text = await get(ops, "/metrics");
  for (const secret of ["Secretroom", "Alice", "Bob", "psst"]) assert(!text.includes(secret));
  await carol.settled();
  stranger[Symbol.dispose]();
  while ((await scrape(ops)).get("chat_strangers_total") !== 1);
});

Deno.test("/healthz and /readyz answer 200, other paths 404, and other methods 405", async () => {
  const { server, ops } = await serve();
  await using _server = server;
  assertMatch(await get(ops, "/healthz"), /^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nok\n$/);
  assertMatch(await get(ops, "/readyz?x=1"), /^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nready\n$/);
  assertMatch(await get(ops, "/"), /^HTTP\/1\.1 404 /);
  const head = await exchange(ops, "HEAD /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n");
  assertMatch(head, /^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\n$/);
  const post = "POST /readyz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc";
  assertMatch(await exchange(ops, post), /^HTTP\/1\.1 405 [^]*allow: GET, HEAD/);
});

Deno.test("no page in a browser can read the metrics by a name of its own", async () => {
  const { server, ops } = await serve();
  await using _server = server;
  for (const host of ["evil.example", "127.0.0.1.evil.example:80", "a b", "", "[::1"]) {
    const answer = await get(ops, "/metrics", host);
    assertMatch(answer, /^HTTP\/1\.1 4\d\d /, host);
    assert(!answer.includes("chat_"), host);
  }
  assertMatch(await get(ops, "/metrics"), /cross-origin-resource-policy: same-origin/);
  assert(!(await get(ops, "/metrics")).includes("access-control"));
  const cases: [host: string, given: string, isAllowed: boolean][] = [
    ["localhost", "127.0.0.1", true],
    ["LOCALHOST:12349", "127.0.0.1", true],
    ["10.1.2.3:12349", "0.0.0.0", true],
    ["[fe80::1]:9", "::", true],
    ["chat:12349", "0.0.0.0", true],
    ["chat.example.org", "chat.example.org", true],
    ["chat.example.org", "0.0.0.0", false],
    ["1.2.3.4.example.org", "0.0.0.0", false],
    ["localhost.", "127.0.0.1", false],
  ];
  for (const [host, given, isAllowed] of cases) {
    assertEquals(isHostAllowed(host, given), isAllowed, host);
  }
});

Deno.test("rubbish, endless heads and held connections stop neither the metrics nor the chat", async () => {
  const { server, ops } = await serve();
  await using _server = server;
  assertMatch(await exchange(ops, "\n"), /^HTTP\/1\.1 400 /);
  assertMatch(await exchange(ops, '{"type":"connect"}\n'), /^HTTP\/1\.1 400 /);
  assertMatch(await exchange(ops, new Uint8Array([0x16, 3, 1, 10, 13, 10])), /^HTTP\/1\.1 400 /);
  assertMatch(
    await exchange(ops, "GET / HTTP/1.1\r\nHost: localhost\r\nX: ", "x".repeat(20_000)),
    /^HTTP\/1\.1 431 /,
  );
  const held: Deno.Conn[] = [];
  for (let count = 0; count < 100; count++) {
    held.push(await Deno.connect({ hostname: "127.0.0.1", port: ops }));
    await held.at(-1)?.write(new TextEncoder().encode("GET /metrics HT")).catch(
      () => {/* closed */},
    );
  }
  // All of them are closed: those beyond the limit at once, the others when their time is up.
  for (const conn of held) assertEquals(await conn.read(new Uint8Array(1)).catch(() => null), null);
  for (const conn of held) conn.close();
  using alice = await server.join("Alice");
  await alice.settled();
  assertMatch(await get(ops, "/readyz"), /^HTTP\/1\.1 200 /);
});

Deno.test("chat-server health says whether a server is ready, by its exit code too", async () => {
  const { server, ops } = await serve();
  {
    await using _server = server;
    const ready = { code: 0, stdout: ["ready"], stderr: [] };
    assertEquals(await health(`127.0.0.1:${ops}`), ready);
    assertEquals(await health("--ops", `127.0.0.1:${ops}`), ready);
    assertEquals(await health(`0.0.0.0:${ops}`), ready);
  }
  const gone = await health(`127.0.0.1:${ops}`);
  assertEquals([gone.code, gone.stdout, gone.stderr.length], [1, [], 1]);
  assertStringIncludes(gone.stderr[0] ?? "", `Cannot ask 127.0.0.1:${ops}: `);
  const wrong = await health("a:b:c");
  assertEquals([wrong.code, wrong.stdout], [2, []]);
  using other = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const asked = health(`127.0.0.1:${other.addr.port}`);
  const conn = await other.accept();
  await conn.write(new TextEncoder().encode("hello\r\n"));
  conn.close();
  assertEquals((await asked).code, 1);
});

/** What `/readyz` says about a server that `settings` make. */
async function readinessOf(settings: Parameters<typeof startServer>[0], text: string) {
  await using ops = new Ops({ hostname: "127.0.0.1", port: 0 }, "chat-server test");
  const { port } = ops.addr;
  assertMatch(await get(port, "/readyz"), /^HTTP\/1\.1 503 [^]*\r\n\r\nstarting\n$/);
  assertEquals((await scrape(port)).get("chat_ready"), 0);
  await using chat = await startServer(settings);
  const figures = () => chat.server.figures;
  const surroundings = { logBytes: () => Promise.resolve({}), certificateUntil: () => undefined };
  ops.started({ figures, ...surroundings });
  using alice = await chat.join("Alice");
  await alice.send("message", { text: "Hi" });
  await alice.settled();
  assertStringIncludes(await get(port, "/readyz"), `\r\n\r\n${text}\n`);
  ops.stopping();
  assertMatch(await get(port, "/readyz"), /^HTTP\/1\.1 503 [^]*\r\n\r\nstopping\n$/);
}

Deno.test("/readyz says why a server is not ready: it starts, lacks memory, cannot append, or stops", async () => {
  await readinessOf({}, "ready");
  let isShort = false;
  const usage = () => ({ rss: isShort ? 2 : 0, heapUsed: 0 });
  const full = { ...limits(), memory: { rss: 1, heapUsed: 1 } };
  const shortly = { usage, limits: full };
  isShort = true;
  await using chat = await startServer(shortly);
  assertEquals(chat.server.figures.notReady, "short of memory");
  const log = memoryLog();
  log.append = (drafts) =>
    Promise.resolve(drafts.map(() => ({ kind: "failed", reason: "disk full" } as const)));
  await using failing = await startServer({ log });
  using alice = await failing.dial();
  await alice.send("connect", { name: "Alice", room: "General", version: 2 });
  await alice.send("message", { text: "Hi" });
  await alice.settled();
  assertEquals(failing.server.figures.notReady, "append failed: disk full");
});

Deno.test("--ops refuses an address that is none, and one that is taken, in one line", async () => {
  const run = async (...args: string[]) => {
    await using server = new TestProcess(serverCommand("--memory", "--port", "0", ...args));
    return await server.ended();
  };
  for (const wrong of ["", "70000:70000", "a b", "http://localhost", "1.2.3.4:99999"]) {
    const { code, stderr } = await run("--ops", wrong);
    assertEquals([code, stderr.length], [2, 1], wrong);
    assertStringIncludes(stderr[0] ?? "", "--ops must be HOST:PORT");
  }
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { code, stderr } = await run("--ops", `127.0.0.1:${taken.addr.port}`);
  assertEquals([code, stderr.length], [1, 1]);
  assertStringIncludes(stderr[0] ?? "", "the port is taken");
  assertEquals(parseOpsAddress("[::1]:7"), { hostname: "::1", port: 7 });
  assertEquals(parseOpsAddress(":7"), { hostname: "127.0.0.1", port: 7 });
  assertEquals(parseOpsAddress("chat"), { hostname: "chat", port: 12349 });
});

Deno.test("the sizes of the log's files and the certificate's end are among the metrics", async () => {
  using home = new Home();
  const args = ["--tls", "--tls-port", "0", "--ops", "127.0.0.1:0"];
  await using server = await home.serve(0, ...args);
  await server.line();
  const port = Number(/:(\d+) for/.exec(await server.line())?.[1]);
  const samples = await scrape(port);
  assert((samples.get('chat_log_bytes{file="data"}') ?? 0) > 0);
  assert(samples.has('chat_log_bytes{file="wal"}'));
  const days = (samples.get("chat_certificate_expiry_seconds") ?? 0) / 86_400;
  assert(days > 80 && days < 91);
});
