/** A topic is told once it is kept, like everything else that is said. */

import { assertEquals } from "@std/assert";
import { MemoryLog } from "../../../server/log/memory/memory_log.ts";
import type { Draft, MessageLog, Outcome } from "../../../server/log/message_log.ts";
import { GatedLog } from "../../fixtures/gated_log.ts";
import { startServer } from "../../fixtures/server.ts";

/** A log in memory that keeps no topic while `isFull()`. */
function fickleLog(isFull: () => boolean): MessageLog {
  const inner = new MemoryLog({ retainFor: 0, retainMessages: 0, sessionsFor: 1e9 });
  const append = async (drafts: readonly Draft[]): Promise<Outcome[]> => {
    const outcomes = await inner.append(drafts);
    return outcomes.map((outcome, index) =>
      isFull() && drafts[index]?.kind === "topic"
        ? { kind: "failed", reason: "the disk is full" }
        : outcome
    );
  };
  return new Proxy(inner, {
    get: (_, name) => {
      if (name === "append") return append;
      const method = (inner as unknown as Record<PropertyKey, unknown>)[name];
      return typeof method === "function" ? method.bind(inner) : method;
    },
  });
}

Deno.test("a topic that can't be kept is refused, told to nobody, and not the room's", async () => {
  let isFull = false;
  await using chat = await startServer({ log: fickleLog(() => isFull) });
  using alice = await chat.join("Alice");
  using bob = await chat.join("Bob");
  await alice.settled();
  await alice.send("topic", { room: "General", topic: "Kept" });
  await alice.settled();
  await bob.settled();
  isFull = true;
  for (const topic of ["Lost", "Lost too"]) {
    await alice.send("topic", { room: "General", topic }, topic);
  }
  const answers = (await alice.settled()).map(({ id, payload }) => [id, payload.code]);
  assertEquals(answers, [["Lost", "log_failed"], ["Lost too", "log_failed"]]);
  assertEquals(await bob.settled(), []);
  await bob.send("topic", { room: "General" });
  assertEquals((await bob.receive("topic")).payload.topic, "Kept");
});

Deno.test("a topic is told when the log has it; who comes meanwhile knows of it", async () => {
  const gated = new GatedLog(new MemoryLog({ retainFor: 0, retainMessages: 0, sessionsFor: 1e9 }));
  await using chat = await startServer({ log: gated.log });
  using alice = await chat.join("Alice");
  const gate = gated.hold("append");
  await alice.send("topic", { room: "General", topic: "News" }, "mine");
  await gate.reached;
  using bob = await chat.dial();
  await bob.send("connect", { name: "Bob", room: "General", version: 2 });
  await bob.send("topic", { room: "General" });
  gate.open();
  const heard = [await alice.next(), await alice.next()];
  assertEquals(heard.map((event) => event?.payload.event), ["topic", "joined"]);
  assertEquals(heard[0]?.id, "mine");
  await bob.receive("connect_ack");
  assertEquals((await bob.receive("topic")).payload.topic, "News");
});
