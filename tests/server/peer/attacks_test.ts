/**
 * Attacks on a server, each against a process of its own whose processor time and
 * memory the system counts. Costs are compared with those of honest peers that send
 * as much, never with a clock.
 */

import { assert, assertEquals, assertLess } from "@std/assert";
import { LIMITS, LineFramer } from "../../../protocol/mod.ts";
import { isOver, type TestClient } from "../../fixtures/test_client.ts";
import { ServerProcess } from "../../fixtures/process.ts";
import { canMeasure, costOf } from "../../fuzz/process_cost.ts";
import type { Endpoint } from "../../fixtures/endpoint.ts";

/** Limits lifted so that an attacker can send as fast as it can; with them its attack would cost less. */
const UNLIMITED = ["--message-rate", "0", "--byte-rate", "0"];

/** MiB of garbage that a server may not have collected yet. */
const SLACK = 96;

/** Runs `attack` on a server that starts with `args`, beside a healthy client in General. */
function attackTest(
  name: string,
  args: readonly string[],
  attack: (server: ServerProcess, healthy: TestClient) => Promise<void>,
): void {
  Deno.test({
    name,
    ignore: !canMeasure,
    fn: async () => {
      await using server = await ServerProcess.start("--log-level", "error", ...args);
      using healthy = await server.join("Healthy");
      await attack(server, healthy);
      await healthy.settled();
      server.kill("SIGTERM");
      const { code, stderr } = await server.ended();
      assertEquals([code, stderr], [0, []]);
    },
  });
}

/** The seconds of processor time that the server spends on `work`. */
async function cost(server: ServerProcess, work: () => Promise<void>): Promise<number> {
  const before = costOf(server.pid).cpu;
  await work();
  return costOf(server.pid).cpu - before;
}

/** Fails if `attack` costs over `times` as much as `honest`, give or take a tenth of a second. */
function assertNoDearer(attack: number, honest: number, times: number): void {
  assertLess(attack, times * honest + 0.1, `${attack} s of processor time, honestly ${honest} s`);
}

/** Sends `bytes` over `count` connections in turn, until the server closes each. */
async function sendOverMany(server: Endpoint, count: number, bytes: Uint8Array): Promise<string[]> {
  const codes: string[] = [];
  for (let index = 0; index < count; index++) {
    using peer = await server.dial();
    await peer.write(bytes);
    await peer.finish();
    codes.push(...(await peer.rest()).map(({ payload }) => payload.code));
  }
  return [...new Set(codes)];
}

function line(length: number): string {
  const rest = '{"type":"none","payload":{"x":""}}\n';
  return `{"type":"none","payload":{"x":"${"x".repeat(length - rest.length)}"}}\n`;
}

attackTest("a line without an end is refused at the limit, and costs no more than lines with one", [
  ...UNLIMITED,
], async (server) => {
  const endless = new Uint8Array(LIMITS.line + 1).fill(0x78);
  const honest = new TextEncoder().encode(line(LIMITS.line));
  await sendOverMany(server, 100, honest);
  const honestly = await cost(server, async () => {
    assertEquals(await sendOverMany(server, 400, honest), ["unknown_type"]);
  });
  const attack = await cost(server, async () => {
    assertEquals(await sendOverMany(server, 400, endless), ["line_too_long"]);
  });
  assertNoDearer(attack, honestly, 2);
});

attackTest("a peer that sends bytes for ever costs nothing once it was refused", [
  ...UNLIMITED,
], async (server, healthy) => {
  using peer = await server.dial();
  const bytes = new Uint8Array(LIMITS.line).fill(0x7b);
  let sent = 0;
  const pouring = (async () => {
    try {
      for (;; sent++) await peer.write(bytes);
    } catch {
      // The server has closed the connection.
    }
  })();
  assertEquals((await peer.next())?.payload.code, "line_too_long");
  await pouring;
  const idle = await cost(server, async () => {
    for (let ping = 0; ping < 20; ping++) await healthy.settled();
  });
  assertLess(idle, 0.5);
});

Deno.test("a line that comes byte by byte costs as much at its end as at its beginning", {
  permissions: "none",
}, () => {
  const bytes = new TextEncoder().encode(line(LIMITS.line));
  const part = 8_000;
  let [first, last] = [Infinity, Infinity];
  for (let round = 0; round < 20; round++) {
    const framer = new LineFramer();
    const push = (from: number, to: number) => {
      const started = performance.now();
      for (let at = from; at < to; at++) framer.push(bytes.subarray(at, at + 1));
      return performance.now() - started;
    };
    first = Math.min(first, push(0, part));
    push(part, bytes.length - part);
    last = Math.min(last, push(bytes.length - part, bytes.length));
  }
  assertLess(last, 4 * first);
});

const DEPTH = 32_000;
const SHAPES: Record<string, string> = {
  "nested arrays": `{"type":"none","payload":${"[".repeat(DEPTH)}${"]".repeat(DEPTH)}}`,
  "arrays that are never closed": `{"type":"none","payload":${"[".repeat(2 * DEPTH)}}`,
  "nested objects": `${'{"a":'.repeat(10_000)}1${"}".repeat(10_000)}`,
  "many keys": object((index) => `"key ${index}"`, 4_000),
  // V8 hashes short numbers to themselves: these meet in its tables.
  "keys that collide": object((index) => `"${index * 4096}"`, 4_000),
  "one key again and again": object(() => '"__proto__"', 4_500),
  "numbers without an end": `{"type":"none","payload":{"x":${"9".repeat(60_000)}}}`,
  "escapes": `{"type":"none","payload":{"x":"${"\\u0041".repeat(10_000)}"}}`,
};

function object(key: (index: number) => string, count: number): string {
  const fields = Array.from({ length: count }, (_, index) => `${key(index)}:0`);
  return `{"type":"none","payload":{${fields.join()}}}`;
}

for (const [shape, json] of Object.entries(SHAPES)) {
  attackTest(
    `JSON of ${shape} costs the server not much more than text`,
    UNLIMITED,
    async (server) => {
      using peer = await server.join("Poet", "Elsewhere");
      const times = 150;
      const honest = line(json.length);
      const send = (text: string) => async () => {
        for (let time = 0; time < times; time++) await peer.write(text);
        assertEquals((await peer.settled()).length, times);
      };
      await send(honest)();
      const honestly = await cost(server, send(honest));
      assertNoDearer(await cost(server, send(`${json}\n`)), honestly, 10);
    },
  );
}

attackTest("silent connections are closed, delay nobody, and cost little memory", [
  ...["--handshake-timeout", "3"],
], async (server, healthy) => {
  const before = costOf(server.pid).resident;
  const count = 500;
  const holding = await Promise.all(Array.from({ length: count }, () => server.dial()));
  await healthy.settled();
  assertLess(costOf(server.pid).resident - before, SLACK + count * 0.2);
  const ends = await Promise.all(holding.map((peer) => peer.rest()));
  assert(ends.every(([event]) => event?.payload.code === "handshake_timeout"));
});

/** Sends large requests, then ends its side; a rejected connection fails at once. */
async function askAndFinish(peer: TestClient, name: string): Promise<void> {
  const connect = { type: "connect", payload: { name, version: 2 } };
  try {
    await peer.write(JSON.stringify(connect) + '{"type":"rooms"}'.repeat(20));
    await peer.finish();
  } catch (error) {
    if (!isOver(error)) throw error;
  }
}

attackTest("sockets that are half closed, and never read, make room for others", [
  ...["--max-connections", "60", "--idle-timeout", "600"],
], async (server, healthy) => {
  const before = costOf(server.pid).resident;
  const peers: TestClient[] = [];
  try {
    for (let index = 0; index < 300; index++) {
      const peer = await server.dial();
      peers.push(peer);
      await askAndFinish(peer, `Half ${index}`);
    }
    await healthy.settled();
    assertLess(costOf(server.pid).resident - before, SLACK);
    // Every place is free again, though no client has read or closed.
    for (;;) {
      using late = await server.dial();
      await late.send("connect", { name: "Late", version: 2 });
      if ((await late.next())?.type === "connect_ack") break;
    }
  } finally {
    for (const peer of peers) peer[Symbol.dispose]();
  }
});

attackTest("a hundred peers that never read cost a bounded memory, and nobody misses anything", [
  ...UNLIMITED,
], async (server, healthy) => {
  const count = 100;
  const silent: Deno.TcpConn[] = [];
  try {
    for (let index = 0; index < count; index++) {
      const conn = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
      silent.push(conn);
      const request = { type: "connect", payload: { name: `Silent ${index}`, room: "General" } };
      await conn.write(new TextEncoder().encode(JSON.stringify(request) + "\n"));
    }
    await healthy.settled();
    const before = costOf(server.pid).resident;
    const text = "x".repeat(LIMITS.text);
    const messages = 3_000;
    const seqs: number[] = [];
    for (let ref = 1; ref <= messages; ref++) {
      await healthy.send("message", { text, ref });
      if (ref % 100 > 0) continue;
      for (const { type, payload } of await healthy.settled()) {
        if (type === "message") seqs.push(payload.seq);
      }
    }
    assertEquals(seqs, Array.from({ length: messages }, (_, index) => index + 1));
    // One queue for each, and one copy of the room's messages.
    const said = messages * LIMITS.text / 2 ** 20;
    assertLess(costOf(server.pid).resident - before, SLACK + count * 1 + 3 * said);
  } finally {
    for (const conn of silent) conn.close();
  }
});

attackTest(
  "a session that joins and leaves without end costs no memory",
  UNLIMITED,
  async (server) => {
    using peer = await server.join("Restless", "Elsewhere");
    const round = async (first: number) => {
      for (let index = first; index < first + 3_000; index++) {
        await peer.send("join", { room: `Room ${index}` });
        await peer.send("leave", { room: `Room ${index}` });
        if (index % 100 === 0) await peer.settled();
      }
      await peer.settled();
    };
    await round(0);
    const before = costOf(server.pid).resident;
    for (let first = 3_000; first < 15_000; first += 3_000) await round(first);
    assertLess(costOf(server.pid).resident - before, SLACK / 2);
  },
);
