import { assertEquals, assertLess } from "@std/assert";
import { ConnectionCount } from "../../../server/limits/garbage.ts";
import type { TestClient } from "../../fixtures/test_client.ts";
import { ServerProcess } from "../../fixtures/process.ts";
import { canMeasure, costOf } from "../../fuzz/process_cost.ts";
import { PURE } from "../../fixtures/pure.ts";

/** Whether a drop is noticed at each of these sizes, reached one connection at a time. */
function watch(count: ConnectionCount, sizes: readonly number[]): boolean[] {
  return sizes.map((size) => {
    while (count.size < size) count.increment();
    while (count.size > size) count.decrement();
    return count.hasDroppedSharply();
  });
}

Deno.test("a sharp drop is noticed once, when few of many are open", PURE, () => {
  assertEquals(watch(new ConnectionCount(), [999, 0, 999, 0]), [false, false, false, false]);
  const count = new ConnectionCount();
  assertEquals(watch(count, [8000, 2001, 2000, 2000]), [false, false, true, false]);
  assertEquals(watch(count, [501, 500, 0, 1000, 250]), [false, true, false, false, true]);
});

Deno.test(
  "a drop counts too when all came and went between two looks",
  PURE,
  () => {
    const count = new ConnectionCount();
    for (let each = 0; each < 1000; each++) count.increment();
    for (let each = 0; each < 1000; each++) count.decrement();
    assertEquals([count.hasDroppedSharply(), count.hasDroppedSharply()], [true, false]);
  },
);

Deno.test({
  name: "a server whose connections have mostly closed gives back most of their memory",
  ignore: !canMeasure,
  fn: async () => {
    await using server = await ServerProcess.start();
    const empty = costOf(server.pid).resident;
    const crowd: TestClient[] = [];
    for (let index = 0; index < 1200; index++) {
      crowd.push(await server.join(`Member ${index}`, `Room ${index % 40}`));
    }
    for (const peer of crowd) peer[Symbol.dispose]();
    await server.stderr.until("memory given back");
    const { peak, resident } = costOf(server.pid);
    assertLess(resident - empty, 0.7 * (peak - empty));
  },
});
