// Lines → bytes: the batch of a room in one tick, encoded once for all its members.

import { encode } from "../protocol/mod.ts";
import { Batch } from "../server/connection/batch.ts";
import { TEXT } from "./text.ts";

const payload = { sender: "Alice", room: "General", text: TEXT, seq: 123456, at: 1767225600000 };
const line = encode({ type: "message", payload });
const own = encode({ type: "message", payload: { ...payload, ref: 7 } });
const connections = Array.from({ length: 100 }, () => ({ peer: "" }));

Deno.bench("Batch of one line, for 100 members", { group: "lines" }, () => {
  const batch = new Batch();
  batch.add(line);
  for (const connection of connections) batch.runsFor(connection);
});

Deno.bench("Batch of 100 lines, for 100 members", { group: "lines" }, () => {
  const batch = new Batch();
  for (const _connection of connections) batch.add(line);
  for (const connection of connections) batch.runsFor(connection);
});

Deno.bench("Batch of 100 lines, each with its sender's own form", { group: "lines" }, () => {
  const batch = new Batch();
  for (const connection of connections) batch.add(line, { connection, line: own });
  for (const connection of connections) batch.runsFor(connection);
});
