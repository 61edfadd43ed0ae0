/** docs/server.md, compared with the server. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { helpText } from "../../server/commands/help.ts";
import { Home } from "../fixtures/client.ts";
import { hasProgram } from "../fixtures/process.ts";
import type { TestClient } from "../fixtures/test_client.ts";

const page = await Deno.readTextFile(new URL("../../docs/server.md", import.meta.url));

Deno.test("docs/server.md shows the help that chat-server prints", () => {
  assertStringIncludes(page, helpText().trim());
});

/** Sends messages without a pause until `isOver`. */
async function keepTalking(client: TestClient, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    await client.send("message", { text: "busy ".repeat(200) });
    await client.receive("message");
  }
}

/** Runs the page's first script that begins with `beginning` in the log's directory. */
async function runScript(home: Home, beginning: string): Promise<void> {
  const scripts = [...page.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, script = ""]) => script);
  const script = scripts.find((each) => each.startsWith(beginning)) ?? "";
  const shell = new Deno.Command("sh", { args: ["-c", script], cwd: home.path });
  const { code, stderr } = await shell.output();
  assertEquals([code, new TextDecoder().decode(stderr)], [0, ""], beginning);
}

Deno.test({
  name: "docs/server.md's backup of a busy log ends, is private, and restores what was said",
  ignore: Deno.build.os === "windows" || !await hasProgram("sqlite3"),
  async fn() {
    using home = new Home();
    {
      await using server = await home.serve();
      using alice = await server.join("Alice");
      await alice.send("message", { text: "Before the backup" });
      await alice.receive("message");
      let isDone = false;
      const talking = keepTalking(alice, () => isDone);
      await runScript(home, "umask");
      isDone = true;
      await talking;
      await server.crash();
    }
    assertEquals((Deno.statSync(home.file("copy.db")).mode ?? 0) & 0o077, 0);
    await runScript(home, "rm");
    await using server = await home.serve();
    using bob = await server.join("Bob");
    await bob.send("history", { room: "General", after: 0, limit: 1 });
    const { payload: { messages } } = await bob.receive("history");
    assertEquals(messages[0].text, "Before the backup");
  },
});
