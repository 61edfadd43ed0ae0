import { assertEquals, assertLess } from "@std/assert";
import { Fifo } from "../../../server/connection/fifo.ts";
import { PURE } from "../../fixtures/pure.ts";

Deno.test("a Fifo gives what waits in the order in which it came", PURE, () => {
  const fifo = new Fifo<number>();
  assertEquals([fifo.isEmpty, fifo.shift()], [true, undefined]);
  let pushed = 0;
  let taken = 0;
  // Grows, shrinks, and is emptied now and then, past every stride.
  for (let round = 0; round < 500; round++) {
    for (let count = round * 7 % 31; count > 0; count--) fifo.push(pushed++);
    for (let count = round * 11 % 37; count > 0 && !fifo.isEmpty; count--) {
      assertEquals(fifo.shift(), taken++);
    }
    assertEquals(fifo.isEmpty, taken === pushed);
  }
  while (!fifo.isEmpty) assertEquals(fifo.shift(), taken++);
  assertEquals([taken, fifo.shift(), fifo.isEmpty], [pushed, undefined, true]);
});

Deno.test("a Fifo that is never empty lets go of what was taken", PURE, () => {
  const fifo = new Fifo<number[]>();
  const item = () => new Array<number>(128).fill(0);
  for (let waiting = 0; waiting < 100; waiting++) fifo.push(item());
  const before = Deno.memoryUsage().heapUsed;
  // 300 MB, if all of it were kept.
  for (let count = 0; count < 300_000; count++) {
    fifo.push(item());
    fifo.shift();
  }
  assertEquals(fifo.isEmpty, false);
  assertLess(Deno.memoryUsage().heapUsed - before, 150_000_000);
});
