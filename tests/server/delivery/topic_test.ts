/** A topic is broadcast once it is stored, as messages are. */

import { assertEquals } from "@std/assert";
import { PatchedLog } from "../../fixtures/patched_log.ts";
import { startServer } from "../../fixtures/server.ts";

Deno.test("a topic that can't be stored is refused, sent to nobody, and not the room's", async () => {
  const patched = new PatchedLog();
  await using chat = await startServer({ log: patched.log });
  using alice = await chat.join("Alice");
  using bob = await chat.join("Bob");
  await alice.settled();
  await alice.send("topic", { room: "General", topic: "Kept" });
  await alice.settled();
  await bob.settled();
  patched.replace("append", async (drafts) => {
    const outcomes = await patched.inner.append(drafts);
    return outcomes.map((outcome, index) =>
      drafts[index]?.kind === "topic" ? { kind: "failed", reason: "the disk is full" } : outcome
    );
  });
  for (const topic of ["Lost", "Lost too"]) {
    await alice.send("topic", { room: "General", topic }, topic);
  }
  const answers = (await alice.settled()).map(({ id, payload }) => [id, payload.code]);
  assertEquals(answers, [["Lost", "log_failed"], ["Lost too", "log_failed"]]);
  assertEquals(await bob.settled(), []);
  await bob.send("topic", { room: "General" });
  assertEquals((await bob.receive("topic")).payload.topic, "Kept");
});

Deno.test("a topic is sent once it is stored, also to a client that joins meanwhile", async () => {
  const patched = new PatchedLog();
  await using chat = await startServer({ log: patched.log });
  using alice = await chat.join("Alice");
  const gate = patched.hold("append");
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
