/** `--register`: who may register a name. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { limits, startServer } from "../../fixtures/server.ts";
import type { TestClient } from "../../fixtures/test_client.ts";

const password = "correct horse";

/** The answer to a request: the event with its `id`. */
async function ask(client: TestClient, type: string, payload: unknown) {
  await client.send(type, payload, type);
  for (let event = await client.next(); event !== undefined; event = await client.next()) {
    if (event.id === type) return event.payload;
  }
  throw new Error(`No answer to ${type}`);
}

Deno.test("--register off registers nobody, and says so", async () => {
  await using chat = await startServer({ registration: "off" });
  using bob = await chat.join("Bob");
  const refused = await ask(bob, "register", { password });
  assertEquals(refused.code, "not_allowed");
  assertStringIncludes(refused.message, "registers no names");
});

Deno.test("--register invite registers people who came with a code, once for each use", async () => {
  await using chat = await startServer({ registration: "open" });
  using alice = await chat.join("Alice", "Hall");
  assertEquals((await ask(alice, "register", { password })).event, "registered");
  // The room is made by a registered name, which owns it; it is open to everyone.
  await ask(alice, "join", { room: "Tea" });
  await alice.send("invite", { room: "Tea", uses: 1 });
  let { type, payload } = await alice.next() ?? {};
  while (type !== "invite") ({ type, payload } = await alice.next() ?? {});
  const { code } = payload;
  chat.server.setLimits(limits(), { registeredOnly: false, registration: "invite" });
  using stranger = await chat.join("Bob", "Tea");
  const refused = await ask(stranger, "register", { password });
  assertEquals(refused.code, "not_allowed");
  assertStringIncludes(refused.message, "enter a room by an invitation code first");
  using guest = await chat.join("Carol", "Tea", { code });
  assertEquals((await ask(guest, "register", { password })).event, "registered");
  // It is used up, and a wrong one is none.
  for (const shown of [code, "k7mq2v9xw4tr8hpz"]) {
    using late = await chat.join(`Late ${shown}`, "Tea", { code: shown });
    assertEquals((await ask(late, "register", { password })).code, "not_allowed", shown);
  }
});
