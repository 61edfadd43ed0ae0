import { assert, assertEquals, assertMatch } from "@std/assert";
import { ServerProcess } from "../../fixtures/process.ts";
import type { Endpoint } from "../../fixtures/endpoint.ts";

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** The part of a text line after its time: level, event, fields. */
const LINE =
  /^(\S+) (debug|info |warn |error) ([a-z]+(?: [a-z]+)*)((?: \w+=(?:[^\s"=]+|"(?:[^"\\]|\\.)*"))*)$/;

const FIELD = /(\w+)=("(?:[^"\\]|\\.)*"|[^\s"=]+)/g;

interface Logged {
  time: string;
  level: string;
  event: string;
  [field: string]: unknown;
}

/** Reads a text line as strictly as a person's script would not. */
function parseText(line: string): Logged {
  const [, time = "", level = "", event = "", fields = ""] = LINE.exec(line) ?? [];
  assert(time !== "", `Not a line of the log: ${JSON.stringify(line)}`);
  const parsed = [...fields.matchAll(FIELD)].map(([, name, value = ""]) =>
    [name, value.startsWith('"') ? JSON.parse(value) : value] as const
  );
  return { time, level: level.trim(), event, ...Object.fromEntries(parsed) };
}

/** The lines that a server logs while `peers` act. */
async function logOf(
  format: "text" | "json",
  level: string,
  peers: (server: Endpoint) => Promise<void>,
): Promise<Logged[]> {
  await using server = await ServerProcess.start("--log-format", format, "--log-level", level);
  await peers(server);
  server.kill("SIGINT");
  const { stderr } = await server.ended();
  assertEquals(stderr.filter((line) => /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(line)), []);
  return stderr.map((line) => format === "text" ? parseText(line) : JSON.parse(line));
}

for (const format of ["text", "json"] as const) {
  Deno.test(`each line of the log has its time, level, connection and peer (format: ${format})`, async () => {
    const addresses: string[] = [];
    const logged = await logOf(format, "debug", async (server) => {
      for (const name of ["Alice", "Bob"]) {
        using peer = await server.join(name);
        addresses.push(`127.0.0.1:${(peer.conn.localAddr as Deno.NetAddr).port}`);
        await peer.send("nonsense");
        await peer.send("quit");
        await peer.rest();
      }
    });
    for (const { time } of logged) assertMatch(time, TIME);
    const times = logged.map(({ time }) => time);
    assertEquals(times, times.toSorted());
    for (const [index, peer] of addresses.entries()) {
      const own = logged.filter((each) => each["peer"] === peer);
      assertEquals(own.map(({ level, event }) => [level, event]), [
        ["debug", "connection opened"],
        ["info", "session opened"],
        ["debug", "request refused"],
        ["info", "connection closed"],
      ]);
      for (const { connection } of own) assertEquals(Number(connection), index + 1);
    }
  });

  Deno.test(`nothing that a peer sends can fake a line of the log (format: ${format})`, async () => {
    const fakes = [
      'Bob peer="1.2.3.4:5"',
      "Bob level=error",
      'a" name="b',
      "back\\slash\\",
      "=",
      "2026-01-01T00:00:00.000Z",
      "😀",
    ];
    const hostile = [
      "Eve\n2026-01-01T00:00:00.000Z error disk full",
      "Eve\u001b[2J\u001b]0;title\u0007",
      "Eve\u202egnp.exe",
      "Eve\r\n{}",
      "Eve\u2028\u0085",
    ];
    const logged = await logOf(format, "debug", async (server) => {
      for (const name of fakes) {
        using peer = await server.join(name);
        await peer.settled();
      }
      using peer = await server.join("Eve");
      for (const text of hostile) {
        await peer.send("rename", { name: text });
        await peer.send(text);
        await peer.send("direct", { to: text, text });
        await peer.send("connect", { name: text, room: text });
      }
      await peer.settled();
    });
    const names = logged.filter(({ event }) => event === "session opened")
      .map((each) => each["name"]);
    assertEquals(names, [...fakes, "Eve"]);
    const refusals = logged.filter(({ event }) => event === "request refused");
    assertEquals(refusals.length, 4 * hostile.length);
    const events = new Set(logged.map(({ event }) => event));
    assertEquals([...events].toSorted(), [
      "connection closed",
      "connection opened",
      "log opened",
      "request refused",
      "session opened",
      "stopped",
    ]);
  });
}

Deno.test("the log says no less than it is asked to, and no more", async () => {
  const levels: Record<string, string[]> = {
    debug: ["debug", "info", "warn"],
    info: ["info", "warn"],
    warn: ["warn"],
    error: [],
  };
  for (const [level, expected] of Object.entries(levels)) {
    const logged = await logOf("json", level, async (server) => {
      using peer = await server.join("Alice");
      await peer.send("nonsense");
      await peer.write(new Uint8Array([0xff, 0x0a]));
      await peer.rest();
    });
    assertEquals([...new Set(logged.map((each) => each.level))].toSorted(), expected);
  }
});

Deno.test("probes of balancers and scanners leave one counted line, and no other above debug", async () => {
  const tls = new Uint8Array([0x16, 3, 1, 0, 200, 1, 0, 0, 196, 3, 3, 0xff, 0xfe, 0x0a]);
  const probes: (string | Uint8Array)[] = [
    "",
    "\n",
    tls,
    "GET / HTTP/1.1\r\nHost: chat\r\n\r\n",
    '{"type":"ping"}\n',
    '{"type":"connect","payload":{"name":5}}\n',
    "x".repeat(70_000),
  ];
  const logged = await logOf("json", "info", async (server) => {
    for (let count = 0; count < 490; count++) (await server.dial())[Symbol.dispose]();
    for (const probe of probes) {
      using peer = await server.dial();
      if (probe !== "") await peer.write(probe).catch(() => {/* Closed while it was written. */});
      await peer.conn.closeWrite().catch(() => {/* Closed already. */});
      await peer.rest().catch(() => [] as unknown[]);
    }
    using alice = await server.join("Alice");
    await alice.send("quit");
    await alice.rest();
  });
  const events = logged.map(({ level, event, count }) => [level, event, count]);
  assertEquals(events, [
    ["info", "log opened", undefined],
    ["info", "session opened", undefined],
    ["info", "connection closed", undefined],
    ["info", "connections without connect", 490 + probes.length],
    ["info", "stopped", undefined],
  ]);
});
