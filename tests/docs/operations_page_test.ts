/** docs/operations.md: every command in it, run in the order of the page. */

import { assert, assertEquals } from "@std/assert";
import { OperatorHome, scriptsOf } from "../fixtures/operator_home.ts";
import { ServerProcess } from "../fixtures/process.ts";

const page = await Deno.readTextFile(new URL("../../docs/operations.md", import.meta.url));

Deno.test({
  name: "docs/operations.md's backup, verify and restore bring back what was said before",
  ignore: Deno.build.os === "windows",
  async fn() {
    using home = new OperatorHome();
    {
      await using server = await ServerProcess.serve(home.log, "--tls", "--tls-port", "0");
      using alice = await server.join("Alice");
      const say = async (text: string) => {
        await alice.send("message", { text });
        await alice.receive("message");
      };
      await say("Before the backup");
      const [first = "", ...rest] = scriptsOf(page, "Backup");
      // The remark on the certificate is no failure.
      await home.run(`${first.trim()} 2> remark`);
      for (const script of rest) await home.run(script);
      assert(Deno.statSync(home.file("chat-copy-2.db-tls")).isDirectory);
      for (const script of scriptsOf(page, "Verify")) await home.run(script);
      for (const script of scriptsOf(page, "Doctor")) await home.run(script);
      for (const script of scriptsOf(page, "Export and import")) await home.run(script);
      for (const script of scriptsOf(page, "Upgrade")) await home.run(`${script.trim()} 2> remark`);
      await say("After the backup");
      await server.crash();
    }
    for (const script of scriptsOf(page, "Restore")) await home.run(script);
    await using server = await ServerProcess.serve(home.log);
    using bob = await server.join("Bob");
    await bob.send("history", { room: "General" });
    const { messages } = (await bob.receive("history")).payload as { messages: { text: string }[] };
    assertEquals(messages.map(({ text }) => text), ["Before the backup"]);
  },
});

Deno.test({
  name: "docs/operations.md's --ops answers the page's health check",
  ignore: Deno.build.os === "windows",
  async fn() {
    using home = new OperatorHome();
    const [start = "", ...others] = scriptsOf(page, "Health checks and metrics");
    const command = start.trim().replace("chat-server", home.file("bin/chat-server"))
      .replace("12349", "0").split(" ") as [string, ...string[]];
    await using server = await ServerProcess.run(command, { ...home.env, CHAT_SERVER_PORT: "0" });
    let line = await server.line();
    while (!line.includes("health")) line = await server.line();
    const [, port = ""] = /:(\d+) for/.exec(line) ?? [];
    for (const script of others) {
      assertEquals(await home.run(script.replace("12349", port)), "ready\n");
    }
  },
});
