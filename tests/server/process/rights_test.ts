/** An act that was acknowledged holds, however the server ends. */

import { assertEquals } from "@std/assert";
import { Directory } from "../../fixtures/files.ts";
import { upTo } from "../../fixtures/log.ts";
import { ServerProcess } from "../../fixtures/process.ts";

const password = "correct horse";

Deno.test("a ban that was acknowledged holds when the server is killed at once", async () => {
  using directory = new Directory();
  for (const round of upTo(3)) {
    await using server = await ServerProcess.serve(directory.file());
    using alice = await server.connect("Alice", round === 1 ? {} : { password });
    if (round === 1) await alice.ask("register", { password });
    await alice.ask("join", { room: "Tea" });
    const { type } = await alice.ask("kick", {
      room: "Tea",
      name: `Mallory ${round}`,
      for: "ever",
    });
    server.kill("SIGKILL");
    assertEquals(type, "message");
    await server.ended();
  }
  await using server = await ServerProcess.serve(directory.file());
  for (const round of upTo(3)) {
    using mallory = await server.connect(`Mallory ${round}`);
    const { payload } = await mallory.ask("join", { room: "Tea" });
    assertEquals(payload.code, "banned");
  }
});
