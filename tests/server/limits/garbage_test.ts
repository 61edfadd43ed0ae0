import { assertEquals, assertLess } from "@std/assert";
import { ConnectionCount } from "../../../server/limits/garbage.ts";
import type { TestClient } from "../../fixtures/test_client.ts";
import { ServerProcess } from "../../fixtures/process.ts";
import { canMeasure, costOf } from "../../fuzz/process_cost.ts";
import { PURE } from "../../fixtures/pure.ts";

/** What a crowd says as it comes to these sizes, one arrival or departure at a time. */
function watch(crowd: ConnectionCount, sizes: readonly number[]): boolean[] {
  return sizes.map((size) => {
    while (crowd.size < size) crowd.increment();
    while (crowd.size > size) crowd.decrement();
    return crowd.hasDroppedSharply();
  });
}

Deno.test("a crowd has left, once, when few of many are there", PURE, () => {
  assertEquals(watch(new ConnectionCount(), [999, 0, 999, 0]), [false, false, false, false]);
  const crowd = new ConnectionCount();
  assertEquals(watch(crowd, [8000, 2001, 2000, 2000]), [false, false, true, false]);
  assertEquals(watch(crowd, [501, 500, 0, 1000, 250]), [false, true, false, false, true]);
});

Deno.test(
  "a crowd that came and went between two looks is one too",
  PURE,
  () => {
    const crowd = new ConnectionCount();
    for (let count = 0; count < 1000; count++) crowd.increment();
    for (let count = 0; count < 1000; count++) crowd.decrement();
    assertEquals([crowd.hasDroppedSharply(), crowd.hasDroppedSharply()], [true, false]);
  },
);

Deno.test({
  name: "a server that a crowd has left gives back most of what the crowd took",
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
