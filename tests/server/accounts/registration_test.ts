/** `--register`: who may register a name. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { limits, startServer } from "../../fixtures/server.ts";

const password = "correct horse";

Deno.test("--register off registers nobody, and says so", async () => {
  await using chat = await startServer({ registration: "off" });
  using bob = await chat.join("Bob");
  const refused = (await bob.ask("register", { password })).payload;
  assertEquals(refused.code, "not_allowed");
  assertStringIncludes(refused.message, "registers no names");
});

Deno.test("--register invite registers people who came with a code, once for each use", async () => {
  await using chat = await startServer({ registration: "open" });
  using alice = await chat.join("Alice", "Hall");
  assertEquals((await alice.ask("register", { password })).payload.event, "registered");
  // The room is made by a registered name, which owns it; it is open to everyone.
  await alice.ask("join", { room: "Tea" });
  await alice.send("invite", { room: "Tea", uses: 1 });
  let { type, payload } = await alice.next() ?? {};
  while (type !== "invite") ({ type, payload } = await alice.next() ?? {});
  const { code } = payload;
  chat.server.setLimits(limits(), { registeredOnly: false, registration: "invite" });
  using stranger = await chat.join("Bob", "Tea");
  const refused = (await stranger.ask("register", { password })).payload;
  assertEquals(refused.code, "not_allowed");
  assertStringIncludes(refused.message, "enter a room by an invitation code first");
  using guest = await chat.join("Carol", "Tea", { code });
  assertEquals((await guest.ask("register", { password })).payload.event, "registered");
  // It is used up, and a wrong one is none.
  for (const shown of [code, "k7mq2v9xw4tr8hpz"]) {
    using late = await chat.join(`Late ${shown}`, "Tea", { code: shown });
    assertEquals((await late.ask("register", { password })).payload.code, "not_allowed", shown);
  }
});
