/** Answers to a connection after it leaves a room, while it returns, and while it is behind. */

import { assertEquals } from "@std/assert";
import { startServer } from "../../fixtures/server.ts";
import { requestLine } from "../../fixtures/test_client.ts";

Deno.test("a retry after leaving the room is answered with the original, a new ref is refused", async () => {
  await using chat = await startServer();
  using alice = await chat.join("Alice");
  await alice.send("message", { room: "General", text: "once", ref: 1 });
  await alice.receive("message");
  await alice.send("leave", { room: "General" });
  await alice.receive("notification");
  await alice.send("message", { room: "General", text: "once", ref: 1 }, "again");
  const { id, payload } = await alice.receive("message");
  assertEquals([id, payload.seq, payload.ref], ["again", 1, 1]);
  await alice.send("message", { room: "General", text: "more", ref: 2 });
  assertEquals((await alice.receive("error")).payload.code, "not_in_room");
});

Deno.test("a connection that returns to a busy room is answered before it is live", async () => {
  await using chat = await startServer();
  using alice = await chat.join("Alice");
  for (let ref = 1; ref <= 500; ref++) await alice.send("message", { text: `${ref}`, ref });
  await alice.settled();
  using bob = await chat.dial();
  await bob.send("connect", { name: "Bob", version: 2, since: { General: 0 } });
  await bob.send("ping", { nonce: "after the replay" });
  const seqs: number[] = [];
  for (let event = await bob.next(); event?.type !== "pong"; event = await bob.next()) {
    if (event?.type === "message") seqs.push(event.payload.seq);
  }
  assertEquals(seqs, Array.from({ length: 500 }, (_, index) => index + 1));
});

Deno.test("a client that has fallen behind gets its answers in order, with their ids", async () => {
  await using chat = await startServer();
  using alice = await chat.join("Alice");
  using slow = await chat.join("Slow");
  await alice.settled();
  const line = requestLine("message", { text: "x".repeat(4096) });
  for (let round = 0; round < 80; round++) {
    await alice.write(line.repeat(50));
    await alice.settled();
  }
  await slow.send("message", { text: "mine", ref: 1 }, "m1");
  await slow.send("topic", { room: "General" }, "t1");
  await slow.send("message", { text: "mine too", ref: 2 }, "m2");
  const ids = (await slow.settled()).map(({ id }) => id).filter(Boolean);
  assertEquals(ids, ["m1", "t1", "m2"]);
});
