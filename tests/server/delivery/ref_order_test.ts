import { assertEquals } from "@std/assert";
import { PatchedLog } from "../../fixtures/patched_log.ts";
import { startServer } from "../../fixtures/server.ts";
import type { Received } from "../../fixtures/test_client.ts";

/** The refs that were answered, each with its error's code or its `seq`. */
function answersOf(events: Received[]): unknown[] {
  return events.map(({ id, payload }) => [id, payload.code ?? payload.seq]);
}

Deno.test("messages sent behind one that could not be kept wait until it is sent again", async () => {
  const patched = new PatchedLog();
  await using chat = await startServer({ log: patched.log });
  using alice = await chat.join("Alice");
  using bob = await chat.join("Bob");
  await alice.settled();
  const say = (ref: number) => alice.send("message", { text: `text ${ref}`, ref }, `${ref}`);
  const failing = Promise.withResolvers<void>();
  const failed = Promise.withResolvers<void>();
  patched.replace("append", async (drafts) => {
    patched.restore("append");
    failing.resolve();
    await failed.promise;
    return drafts.map(() => ({ kind: "failed", reason: "the disk is full" }));
  });
  await say(1);
  await failing.promise;
  // These arrive before the log recovers, and the client learns of the failure later.
  await say(2);
  await say(3);
  await bob.send("message", { text: "Bob's" });
  failed.resolve();
  const refused = answersOf((await alice.settled()).filter(({ id }) => id !== undefined));
  assertEquals(refused, [["1", "log_failed"], ["2", "log_failed"], ["3", "log_failed"]]);
  for (const ref of [1, 2, 3]) await say(ref);
  const kept = answersOf((await alice.settled()).filter(({ id }) => id !== undefined));
  assertEquals(kept, [["1", 2], ["2", 3], ["3", 4]]);
  const heard = (await bob.settled()).filter(({ type }) => type === "message");
  assertEquals(heard.map(({ payload }) => payload.text), ["Bob's", "text 1", "text 2", "text 3"]);
});
