import { assert, assertEquals } from "@std/assert";
import { setImmediate } from "node:timers/promises";
import { Child } from "../bench/child.ts";
import { Crowd } from "../bench/crowd.ts";
import { EpollWire } from "../bench/epoll_wire.ts";
import { closedLoop } from "../bench/load.ts";
import { CHAT_IN_MEMORY } from "../bench/subjects.ts";
import { Pace } from "../server/pace.ts";
import { Turns } from "../server/turns.ts";

Deno.test("writes start first come, first served, no more in a turn than it can complete", async () => {
  using turns = await Turns.open();
  const pace = new Pace(turns);
  const started: number[] = [];
  const last = Promise.withResolvers<void>();
  for (let number = 0; number < 300; number++) {
    pace.write({ write: () => void (started.push(number) === 300 && last.resolve()) });
  }
  await setImmediate();
  assertEquals(started.length, 128);
  await last.promise;
  assertEquals(started, Array.from(started, (_, number) => number));
});

Deno.test("a turn ends once, though more is to be written at its end", async () => {
  using turns = await Turns.open();
  const pace = new Pace(turns);
  let started = 0;
  const last = Promise.withResolvers<void>();
  const writer = { write: () => void (++started === 300 && last.resolve()) };
  pace.afterReads(() => {
    for (let number = 0; number < 300; number++) pace.write(writer);
  });
  // Neither asks the system for news: it is the same turn all the while.
  await setImmediate();
  await setImmediate();
  assertEquals(started, 128);
  await last.promise;
});

Deno.test("what follows from reads waits while turns are full of them, and no longer", async () => {
  using turns = await Turns.open();
  const pace = new Pace(turns);
  const done = Promise.withResolvers<void>();
  let isDone = false;
  for (let read = 0; read < 128; read++) pace.heard();
  pace.afterReads(() => done.resolve(void (isDone = true)));
  await setImmediate();
  assert(!isDone, "the turn was full of reads");
  await done.promise;

  isDone = false;
  pace.heard();
  pace.afterReads(() => isDone = true);
  await setImmediate();
  assert(isDone, "one read alone has nothing to wait for");
});

Deno.test("turns that stay full put off what follows for a while, not for ever", async () => {
  using turns = await Turns.open();
  const pace = new Pace(turns);
  let isDone = false;
  let fullTurns = 0;
  pace.afterReads(() => isDone = true);
  while (!isDone && fullTurns < 1000) {
    for (let read = 0; read < 128; read++) pace.heard();
    await setImmediate();
    await turns.next();
    fullTurns++;
  }
  assert(isDone && fullTurns > 50, `${fullTurns} turns`);
});

Deno.test("a turn has begun only when the system was asked for news", async () => {
  using turns = await Turns.open();
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  using near = await Deno.connect({ hostname: "127.0.0.1", port: listener.addr.port });
  using far = await listener.accept();
  const buffer = new Uint8Array(16);
  for (let round = 0; round < 20; round++) {
    let isHere = false;
    const read = far.read(buffer).then(() => isHere = true);
    await near.write(new Uint8Array(1));
    await turns.next();
    await setImmediate();
    assert(isHere, `round ${round}`);
    await read;
  }
});

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
    // Without a pace, some wait from the beginning to the end, and p99 is hundreds of times p50.
    const what = `p50 ${latency.p50} ms, p99 ${latency.p99} ms, stall ${longestStall} ms`;
    assert(latency.p99 <= 10 * latency.p50, what);
    assert(longestStall < seconds * 1000, what);
  },
});
