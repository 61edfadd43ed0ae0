/** A ban from a room is not one from the server. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { ClientProcess, Home } from "../../fixtures/client.ts";

Deno.test("a client that a room has banned goes on after the server's end", async () => {
  await using home = new Home();
  const args = ["--name", "Bob", "--room", "General", "--retry", "60"];
  await using first = await home.serve();
  using olga = await first.join("Olga");
  await olga.send("register", { password: "correct horse" });
  await olga.settled();
  await olga.send("join", { room: "Tea" });
  await olga.send("kick", { room: "Tea", name: "Bob", for: "ever" });
  await olga.settled();
  await using client = new ClientProcess(home, [first.address, "--json", ...args]);
  await client.type('{"type": "join", "payload": {"room": "Tea"}}');
  await client.stdout.until('"code":"banned"');
  const { port } = first;
  await first.crash();
  await client.stdout.until('"offline"');
  await using _second = await home.serve(port);
  await client.type('{"type": "message", "payload": {"text": "hello"}}');
  const { code, stdout } = await client.finish();
  assertEquals(code, 0);
  assertStringIncludes(stdout.join("\n"), '"text":"hello"');
});
