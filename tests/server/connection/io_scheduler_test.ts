import { assert, assertEquals } from "@std/assert";
import { setImmediate } from "node:timers/promises";
import { IoScheduler } from "../../../server/connection/io_scheduler.ts";
import { LoopTurns } from "../../../server/connection/event_loop.ts";

Deno.test("writes start first come, first served, no more in a turn than it can complete", async () => {
  using turns = await LoopTurns.open();
  const scheduler = new IoScheduler(turns);
  const started: number[] = [];
  const last = Promise.withResolvers<void>();
  for (let number = 0; number < 300; number++) {
    scheduler.scheduleWrite({ write: () => void (started.push(number) === 300 && last.resolve()) });
  }
  await setImmediate();
  assertEquals(started.length, 112);
  await last.promise;
  assertEquals(started, Array.from(started, (_, number) => number));
});

Deno.test("a turn ends once, though more is to be written at its end", async () => {
  using turns = await LoopTurns.open();
  const scheduler = new IoScheduler(turns);
  let started = 0;
  const last = Promise.withResolvers<void>();
  const writer = { write: () => void (++started === 300 && last.resolve()) };
  scheduler.afterReads(() => {
    for (let number = 0; number < 300; number++) scheduler.scheduleWrite(writer);
  });
  // Neither polls the system: the turn is still the same.
  await setImmediate();
  await setImmediate();
  assertEquals(started, 112);
  await last.promise;
});

Deno.test("work after reads waits while turns are full of reads, and no longer", async () => {
  using turns = await LoopTurns.open();
  const scheduler = new IoScheduler(turns);
  const done = Promise.withResolvers<void>();
  let isDone = false;
  for (let read = 0; read < 128; read++) scheduler.readCompleted();
  scheduler.afterReads(() => done.resolve(void (isDone = true)));
  await setImmediate();
  assert(!isDone, "the turn was full of reads");
  await done.promise;

  isDone = false;
  scheduler.readCompleted();
  scheduler.afterReads(() => isDone = true);
  await setImmediate();
  assert(isDone, "one read alone has nothing to wait for");
});

Deno.test("pages of the log are begun first come, first served, a few in each turn", async () => {
  using turns = await LoopTurns.open();
  const scheduler = new IoScheduler(turns);
  const begun: number[] = [];
  const pages = Array.from({ length: 10 }, async (_, number) => {
    await scheduler.schedulePage();
    begun.push(number);
  });
  await setImmediate();
  assertEquals(begun, [0, 1, 2, 3]);
  await Promise.all(pages);
  assertEquals(begun, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

Deno.test("reads start first come, first served, behind the writes that wait", async () => {
  using turns = await LoopTurns.open();
  const scheduler = new IoScheduler(turns);
  const started: string[] = [];
  const last = Promise.withResolvers<void>();
  for (let number = 0; number < 300; number++) {
    scheduler.scheduleRead({
      read: () => {
        if (started.push(`read ${number}`) === 450) last.resolve();
        return true;
      },
    });
    if (number < 150) {
      scheduler.scheduleWrite({ write: () => void started.push(`write ${number}`) });
    }
  }
  await setImmediate();
  assertEquals(started.length, 112);
  await last.promise;
  for (const [what, count] of [["write", 150], ["read", 300]] as const) {
    const these = started.filter((each) => each.startsWith(what));
    assertEquals(these, Array.from({ length: count }, (_, number) => `${what} ${number}`));
  }
  // With all reads first, answers would wait until every later request was read.
  assert(started.lastIndexOf("write 149") < started.indexOf("read 299"));
});

Deno.test("a reader that is not to be read takes nobody's place", async () => {
  using turns = await LoopTurns.open();
  const scheduler = new IoScheduler(turns);
  let started = 0;
  for (let number = 0; number < 300; number++) scheduler.scheduleRead({ read: () => false });
  for (let number = 0; number < 128; number++) {
    scheduler.scheduleRead({ read: () => ++started > 0 });
  }
  await setImmediate();
  assertEquals(started, 128);
});

Deno.test("a connection that sends bytes without end, but no line, delays nobody", async () => {
  using turns = await LoopTurns.open();
  const scheduler = new IoScheduler(turns);
  let isOver = false;
  let heard = 0;
  for (let number = 0; number < 1000; number++) {
    const reader = {
      read: () => {
        queueMicrotask(() => {
          scheduler.readCompleted();
          heard++;
          if (!isOver) scheduler.scheduleRead(reader);
        });
        return true;
      },
    };
    scheduler.scheduleRead(reader);
  }
  for (let answer = 0; answer < 20; answer++) {
    await new Promise<void>((resolve) => scheduler.afterReads(resolve));
    await new Promise<void>((resolve) => scheduler.scheduleWrite({ write: resolve }));
  }
  assert(heard <= 1000 * 20, `${heard} reads before 20 answers`);
  isOver = true;
  await turns.next();
});

Deno.test("a turn has begun only when the system was asked for news", async () => {
  using turns = await LoopTurns.open();
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
