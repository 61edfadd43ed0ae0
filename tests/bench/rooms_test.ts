import { assertEquals } from "@std/assert";
import { Child } from "../../bench/child.ts";
import { Crowd } from "../../bench/crowd.ts";
import { Histogram } from "../../bench/histogram.ts";
import { CHAT_IN_MEMORY } from "../../bench/subjects.ts";
import { openWire } from "../../bench/wire.ts";

Deno.test("bench knows the room of each latency that it reads", async () => {
  await using server = await Child.start(CHAT_IN_MEMORY.command);
  using wire = openWire(new AbortController().signal);
  const crowd = new Crowd(wire, CHAT_IN_MEMORY.dialect, { rooms: 3, members: 2 });
  await crowd.join(server.port);
  const read: [number, number][] = [];
  crowd.onStamp = (client, moment) => read.push([client, moment]);
  crowd.say(1, 1, 5);
  await crowd.settle(2);
  crowd.say(2, 1, 7);
  await crowd.settle(4);
  // Neighbours are in different rooms: 1 and 4 share one, 2 and 5 another.
  const [ones, twos] = [read.slice(0, 2), read.slice(2)].map((each) => each.toSorted());
  assertEquals([ones, twos], [[[1, 5], [4, 5]], [[2, 7], [5, 7]]]);
});

Deno.test("bench counts all rooms' latencies together, and knows none where none was read", () => {
  const [quick, slow, silent] = [new Histogram(), new Histogram(), new Histogram()];
  for (let index = 0; index < 99; index++) quick.add(1);
  slow.add(500);
  const { p50, p99, max, count } = Histogram.of([quick, slow, silent]).percentiles;
  assertEquals([Math.round(p50), Math.round(p99), max, count], [1, 1, 500, 100]);
  assertEquals([silent.percentiles.p50, silent.percentiles.p99], [NaN, NaN]);
});
