/** An act that was acknowledged holds, however the server ends. */

import { assertEquals } from "@std/assert";
import { Directory } from "../../fixtures/files.ts";
import { upTo } from "../../fixtures/log.ts";
import { ServerProcess } from "../../fixtures/process.ts";
import type { TestClient } from "../../fixtures/test_client.ts";

const password = "correct horse";

/** The answer to a request. */
async function ask(peer: TestClient, type: string, payload: unknown) {
  await peer.send(type, payload, type);
  for (;;) {
    const event = await peer.next();
    if (event === undefined) throw new Error(`The connection ended before the answer to ${type}`);
    if (event.id === type) return event;
  }
}

Deno.test("a ban that was acknowledged holds when the server is killed at once", async () => {
  using directory = new Directory();
  for (const round of upTo(3)) {
    await using server = await ServerProcess.serve(directory.file());
    using alice = await server.connect("Alice", round === 1 ? {} : { password });
    if (round === 1) await ask(alice, "register", { password });
    await ask(alice, "join", { room: "Tea" });
    const { type } = await ask(alice, "kick", {
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
    const { payload } = await ask(mallory, "join", { room: "Tea" });
    assertEquals(payload.code, "banned");
  }
});
