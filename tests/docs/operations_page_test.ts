/** docs/operations.md: every command in it, run in the order of the page. */

import { assert, assertEquals } from "@std/assert";
import { Home } from "../fixtures/client.ts";
import { serverCommand, ServerProcess } from "../fixtures/process.ts";

const page = await Deno.readTextFile(new URL("../../docs/operations.md", import.meta.url));

/** A section's scripts. */
function scriptsOf(section: string): string[] {
  const [, text = ""] = new RegExp(`^## ${section}\\n(.*?)(?=^## |$(?![^]))`, "ms").exec(page) ??
    [];
  return [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, script = ""]) => script);
}

/** A home with a program `chat-server` in its path. */
class OperatorHome extends Home {
  readonly log = `${this.path}/state/chat-server/chat.db`;

  constructor() {
    super();
    Deno.mkdirSync(this.file("bin"));
    // The page's scripts run in another directory.
    const words = [
      ...serverCommand().slice(0, -1),
      new URL("../../server.ts", import.meta.url).pathname,
    ];
    const command = words.map((word) => `'${word}'`).join(" ");
    const script = `#!/bin/sh\nexec ${command} "$@"\n`;
    Deno.writeTextFileSync(this.file("bin/chat-server"), script, { mode: 0o755 });
  }

  /** Runs a script of the page; gives what it prints. */
  async run(script: string): Promise<string> {
    const shell = new Deno.Command("sh", {
      args: ["-ec", script],
      cwd: this.path,
      env: { ...this.env, PATH: `${this.file("bin")}:${Deno.env.get("PATH")}` },
    });
    const { code, stdout, stderr } = await shell.output();
    assertEquals([code, new TextDecoder().decode(stderr)], [0, ""], script);
    return new TextDecoder().decode(stdout);
  }
}

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
      const [first = "", ...rest] = scriptsOf("Backup");
      // The remark on the certificate is no failure.
      await home.run(`${first.trim()} 2> remark`);
      for (const script of rest) await home.run(script);
      assert(Deno.statSync(home.file("chat-copy-2.db-tls")).isDirectory);
      for (const script of scriptsOf("Verify")) await home.run(script);
      await say("After the backup");
      await server.crash();
    }
    for (const script of scriptsOf("Restore")) await home.run(script);
    await using server = await ServerProcess.serve(home.log);
    using bob = await server.join("Bob");
    await bob.send("history", { room: "General" });
    const { messages } = (await bob.receive("history")).payload as { messages: { text: string }[] };
    assertEquals(messages.map(({ text }) => text), ["Before the backup"]);
  },
});
