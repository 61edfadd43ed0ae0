/** The config file of real processes: what they start with, and what SIGHUP changes. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Home } from "../../fixtures/client.ts";
import { serverCommand, ServerProcess, TestProcess } from "../../fixtures/process.ts";

async function run(home: Home, args: string[], env: Record<string, string> = {}) {
  await using server = new TestProcess(serverCommand(...args), { ...home.env, ...env });
  return await server.finish();
}

Deno.test("chat-server config shows each value and its origin, and can be read as a config file", async () => {
  using home = new Home();
  const file = home.file("chat.jsonc");
  Deno.writeTextFileSync(file, '{ "max-rooms": 9, "tls": true /* yes */ }');
  const env = { CHAT_SERVER_PORT: "7", CHAT_SERVER_CONFIG: file };
  const shown = await run(home, ["config", "--host", "::1"], env);
  assertEquals([shown.code, shown.stderr], [0, []]);
  const lineOf = (name: string) =>
    shown.stdout.find((line) => line.startsWith(`  "${name}"`)) ?? "";
  assert(/"::1", +\/\/ --host$/.test(lineOf("host")), lineOf("host"));
  assert(/7, +\/\/ CHAT_SERVER_PORT$/.test(lineOf("port")), lineOf("port"));
  assert(lineOf("tls").endsWith(`// ${file}`) && lineOf("plain").endsWith("// default"));
  Deno.writeTextFileSync(file, shown.stdout.join("\n"));
  const again = await run(home, ["config", "--config", file]);
  assertEquals(again.code, 0, again.stderr.join("\n"));
  assertStringIncludes(again.stdout.find((line) => line.startsWith('  "host"')) ?? "", '"::1"');
});

Deno.test("a server names what is wrong in its config file in one line, and ends with 2", async () => {
  using home = new Home();
  const file = home.file("chat.jsonc");
  Deno.writeTextFileSync(file, '{ "prot": 9 }');
  for (const args of [["--config", file], ["config", "--config", file]]) {
    const { code, stdout, stderr } = await run(home, args);
    assertEquals([code, stdout, stderr.length], [2, [], 1]);
    assertStringIncludes(stderr[0] ?? "", `${file}: there is no option "prot"`);
  }
});

Deno.test("passwd takes the log from the environment and the config file, but no --delete", async () => {
  using home = new Home();
  const file = home.file("chat.jsonc");
  Deno.writeTextFileSync(file, JSON.stringify({ data: home.file("from-file.db") }));
  const env = { CHAT_SERVER_DELETE: "true" };
  for (
    const further of [{ CHAT_SERVER_DATA: home.file("from-env.db") }, { CHAT_SERVER_CONFIG: file }]
  ) {
    await using passwd = new TestProcess(serverCommand("passwd", "Alice"), {
      ...home.env,
      ...env,
      ...further,
    });
    await passwd.type("long enough secret");
    const { code, stdout } = await passwd.finish();
    assertEquals(code, 0);
    assertStringIncludes(stdout.join("\n"), "is registered");
  }
  assert(Deno.statSync(home.file("from-file.db")).isFile);
  assert(Deno.statSync(home.file("from-env.db")).isFile);
});

Deno.test({
  name:
    "SIGHUP puts the limits, retention, registered-only and log level of the config file into effect",
  ignore: Deno.build.os === "windows",
  async fn() {
    for (const place of ["file", "memory"]) {
      using home = new Home();
      const file = home.file("chat.jsonc");
      const write = (options: unknown) => Deno.writeTextFileSync(file, JSON.stringify(options));
      const first = {
        port: 0,
        "message-rate": 0,
        ...(place === "file" ? { data: home.file() } : { memory: true }),
      };
      write(first);
      await using server = await ServerProcess.run(serverCommand("--config", file), home.env);
      using alice = await server.join("Alice");
      for (let count = 0; count < 3; count++) {
        await alice.send("message", { text: `${count}` });
        await alice.receive("message");
      }
      const changed = { ...first, "max-rooms": 1, "retain-messages": 1, "registered-only": true };
      write({ ...changed, "log-level": "debug", "idle-timeout": 61 });
      server.kill("SIGHUP");
      assertStringIncludes(
        await server.stderr.until("config loaded again"),
        "restart=idle-timeout",
      );
      await alice.send("join", { room: "Second" });
      assertEquals((await alice.receive("error")).payload.code, "too_many_rooms");
      using bob = await server.dial();
      await bob.send("connect", { name: "Bob", room: "General", version: 2 });
      assertEquals((await bob.receive("error")).payload.code, "password_required");
      await alice.send("message", { text: "last" });
      await alice.receive("message");
      let kept = Infinity;
      while (kept > 2) {
        await alice.send("history", { room: "General", limit: 10 });
        kept = (await alice.receive("history")).payload.messages.length;
      }
      await alice.send("nonsense");
      await server.stderr.until("request refused");
      write({ port: "?" });
      server.kill("SIGHUP");
      await server.stderr.until("config not loaded");
      await alice.settled();
    }
  },
});
