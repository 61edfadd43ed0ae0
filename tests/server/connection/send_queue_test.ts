import { assertEquals } from "@std/assert";
import { Batch } from "../../../server/connection/batch.ts";
import type { ConnectionHandle } from "../../../server/hub/state/connection_handle.ts";
import { SendQueue } from "../../../server/connection/send_queue.ts";
import { PURE } from "../../fixtures/pure.ts";

const HANDLE = { peer: "" };

const encoder = new TextEncoder();
const decoder = new TextDecoder();

function batchOf(...lines: string[]): Batch {
  const batch = new Batch();
  for (const line of lines) batch.add(line);
  return batch;
}

/** Everything that is ready, as one item per write. */
function writes(queue: SendQueue): string[] {
  const written: string[] = [];
  while (!queue.isEmpty) written.push(decoder.decode(queue.take()));
  return written;
}

Deno.test("parts are ready after a flush, and leave in their order in one write", PURE, () => {
  const queue = new SendQueue();
  assertEquals(queue.push(encoder.encode("a")), true);
  assertEquals(queue.push(batchOf("b", "c")), false);
  assertEquals(queue.isEmpty, true);
  assertEquals(queue.flush(HANDLE), 3);
  assertEquals(queue.push(encoder.encode("later")), true);
  assertEquals(writes(queue), ["abc"]);
  assertEquals(queue.flush(HANDLE), 5);
  assertEquals(queue.flush(HANDLE), 0);
  assertEquals(writes(queue), ["later"]);
});

Deno.test("a batch grows around what one connection is sent alone, in its order", PURE, () => {
  const [alone, other] = [new SendQueue(), new SendQueue()];
  const batch = batchOf("one\n");
  for (const queue of [alone, other]) queue.push(batch);
  assertEquals(alone.push(encoder.encode("hers\n")), false);
  batch.add("two\n");
  batch.add("three\n", { connection: HANDLE, line: "THREE\n" });
  for (const text of ["too\n", "and\n"]) alone.push(encoder.encode(text));
  batch.add("four\n");
  assertEquals(batch.isClosed, false);
  assertEquals(alone.flush(HANDLE), "one hers two THREE too and four ".length);
  other.flush({ peer: "" });
  assertEquals(writes(alone), ["one\nhers\ntwo\nTHREE\ntoo\nand\nfour\n"]);
  assertEquals(writes(other), ["one\ntwo\nthree\nfour\n"]);
});

Deno.test("a batch grows until another one is sent", PURE, () => {
  for (const between of [[], [encoder.encode("hers\n")]]) {
    const queue = new SendQueue();
    const [first, second] = [batchOf("one\n"), batchOf("two\n")];
    for (const chunk of [first, ...between, second]) queue.push(chunk);
    assertEquals([first.isClosed, second.isClosed], [true, false]);
    queue.flush(HANDLE);
    assertEquals(writes(queue), [between.length === 0 ? "one\ntwo\n" : "one\nhers\ntwo\n"]);
  }
});

Deno.test("a batch gives each its own lines, and copies nothing of what is shared", PURE, () => {
  const batch = new Batch();
  const [alice, bob] = [{ peer: "" }, { peer: "" }];
  batch.add("one\n", { connection: alice, line: "ONE\n" });
  batch.add("two\n");
  batch.add("three\n", { connection: bob, line: "THREE\n" });
  const textOf = (connection: ConnectionHandle) =>
    batch.runsFor(connection).map((run) => decoder.decode(run)).join("");
  assertEquals([textOf(alice), textOf(bob), textOf(HANDLE)], [
    "ONE\ntwo\nthree\n",
    "one\ntwo\nTHREE\n",
    "one\ntwo\nthree\n",
  ]);
  const [shared] = batch.runsFor(HANDLE);
  const [, rest] = batch.runsFor(alice);
  assertEquals(rest?.buffer === shared?.buffer, true);
});

Deno.test("a batch that is closed at the end of the queue stays as it is", PURE, () => {
  const queue = new SendQueue();
  const batch = batchOf("one");
  queue.push(batch);
  queue.closeBatch();
  assertEquals(batch.isClosed, true);
});

Deno.test("one write takes 64 KiB, or a single chunk that is longer", PURE, () => {
  const queue = new SendQueue();
  const sizes = [40_000, 20_000, 10_000, 100_000, 1, 65_535];
  for (const size of sizes) queue.push(new Uint8Array(size));
  assertEquals(queue.flush(HANDLE), sizes.reduce((sum, size) => sum + size));
  const taken: number[] = [];
  while (!queue.isEmpty) taken.push(queue.take().length);
  assertEquals(taken, [60_000, 10_000, 100_000, 65_536]);
});

Deno.test("a queue that was cleared begins anew", PURE, () => {
  const queue = new SendQueue();
  queue.push(encoder.encode("a"));
  queue.flush(HANDLE);
  queue.push(encoder.encode("b"));
  queue.clear();
  assertEquals([queue.isEmpty, queue.flush(HANDLE)], [true, 0]);
  assertEquals(queue.push(encoder.encode("c")), true);
});
