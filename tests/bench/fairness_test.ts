/**
 * The server's fairness under the load of the benchmark. A load through the runtime's own sockets
 * would not be fair itself, and so could not tell.
 */

import { assert, assertEquals } from "@std/assert";
import { Child } from "../../bench/child.ts";
import { Crowd } from "../../bench/crowd.ts";
import { EpollWire } from "../../bench/epoll_wire.ts";
import { closedLoop } from "../../bench/load.ts";
import { CHAT_IN_MEMORY } from "../../bench/subjects.ts";

Deno.test({
  name: "no room starves when all of hundreds speak without end",
  ignore: !EpollWire.isAvailable,
  async fn() {
    await using server = await Child.start((port) => CHAT_IN_MEMORY.command(port));
    using wire = new EpollWire(new AbortController().signal);
    const crowd = new Crowd(wire, CHAT_IN_MEMORY.dialect, { rooms: 100, members: 10 });
    await crowd.join(server.port);
    const { pid } = server;
    const seconds = 1.5;
    const findings = await closedLoop({ crowd, pid, warmUp: 0.5, seconds }, 1);
    const { missing, lost, latency, longestStall } = findings;
    assertEquals({ missing, lost }, { missing: 0, lost: 0 });
    // Without a scheduler, some wait from the beginning to the end, and p99 is hundreds of times p50.
    const what = `p50 ${latency.p50} ms, p99 ${latency.p99} ms, stall ${longestStall} ms`;
    assert(latency.p99 <= 10 * latency.p50, what);
    assert(longestStall < seconds * 1000, what);
  },
});

Deno.test({
  name: "a ping is answered while hundreds send blank lines without end",
  ignore: !EpollWire.isAvailable,
  async fn() {
    await using server = await Child.start((port) => CHAT_IN_MEMORY.command(port));
    using wire = new EpollWire(new AbortController().signal);
    const flooders: number[] = [];
    for (let flooder = 0; flooder < 400; flooder++) flooders.push(await wire.open(server.port));
    const healthy = await wire.open(server.port);
    const line = (type: string, payload: Record<string, unknown>) =>
      new TextEncoder().encode(JSON.stringify({ type, payload }) + "\n");
    let answers = 0;
    wire.onBytes = (connection, bytes) => {
      assertEquals(connection, healthy, new TextDecoder().decode(bytes));
      answers++;
      wire.send(healthy, line("ping", {}));
    };
    const blank = new Uint8Array(64).fill(0x0a);
    wire.pace = () => {
      for (const flooder of flooders) wire.send(flooder, blank);
      return 1;
    };
    await wire.run(performance.now() + 300);
    wire.send(healthy, line("connect", { name: "Healthy", version: 2 }));
    const deadline = performance.now() + 10_000;
    while (answers < 5 && performance.now() < deadline) await wire.run(performance.now() + 50);
    assert(answers >= 5, `${answers} answers`);
  },
});
