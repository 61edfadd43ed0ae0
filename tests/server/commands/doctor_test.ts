/** What the doctor finds on real files and ports. */

import { assert, assertEquals } from "@std/assert";
import { Home } from "../../fixtures/client.ts";
import { serverCommand, ServerProcess, TestProcess } from "../../fixtures/process.ts";

async function examine(home: Home, ...args: string[]) {
  await using doctor = new TestProcess(serverCommand("doctor", ...args), home.env);
  return await doctor.finish();
}

/** The level of each thing that was looked at. */
function levels(lines: readonly string[]): Record<string, string> {
  return Object.fromEntries(lines.map((line) => {
    const [, level = "", what = ""] = /^(ok|warn|fail) +(\w+): ./.exec(line) ?? [];
    assert(level !== "", line);
    return [what, level];
  }));
}

Deno.test("the doctor finds nothing wrong before the first start, and makes no file", async () => {
  using home = new Home();
  const log = home.file("deep/down/chat.db");
  const { code, stdout, stderr } = await examine(home, "--data", log, "--port", "0");
  assertEquals([code, stderr], [0, []]);
  const { fsync: _fsync, disk: _disk, files: _files, ...others } = levels(stdout);
  const expected = { log: "ok", wal: "ok", clock: "ok", port: "ok", loopback: "ok" };
  assertEquals(others, expected);
  assertEquals([...Deno.readDirSync(home.path)], []);
});

Deno.test("the doctor looks at a log in use, and leaves it as it is", async () => {
  using home = new Home();
  await using server = await ServerProcess.serve(home.file());
  using alice = await server.join("Alice");
  const { code, stdout } = await examine(home, "--data", home.file(), "--port", `${server.port}`);
  const { rights, schema, ports } = levels(stdout);
  assertEquals([code, rights, schema, ports], [0, "ok", "ok", "ok"]);
  await alice.send("message", { text: "Hi" });
  assertEquals((await alice.receive("message")).payload.seq, 1);
});

Deno.test({
  name: "the doctor says what is wrong and what to do, and ends with 1 where something has failed",
  ignore: Deno.build.os === "windows",
  async fn() {
    using home = new Home();
    using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    Deno.writeTextFileSync(home.file(), "This is no database. ".repeat(500));
    Deno.chmodSync(home.file(), 0o644);
    Deno.utimeSync(home.file(), new Date("2100-01-01"), new Date("2100-01-01"));
    const bad = ["--tls-cert", home.file(), "--tls-key", home.file()];
    const port = `${taken.addr.port}`;
    const { code, stdout, stderr } = await examine(
      home,
      ...["--data", home.file(), "--port", port, "--tls-port", "0", ...bad],
    );
    assertEquals([code, stderr.length], [1, 1]);
    const { rights, schema, clock, port: found, check } = levels(stdout);
    assertEquals([rights, schema, clock, check], ["warn", "fail", "fail", "fail"]);
    assert(["ok", "fail"].includes(found ?? ""));
    assert(stdout.some((line) => line.includes(`127.0.0.1:${port} cannot be had`)));
    assert(stdout.some((line) => line.includes(`chmod 600 ${home.file()}`)));
  },
});

Deno.test("the doctor takes a config file, and names what is wrong in it", async () => {
  using home = new Home();
  const file = home.file("chat.jsonc");
  Deno.writeTextFileSync(file, JSON.stringify({ memory: true, port: 0 }));
  const { code, stdout } = await examine(home, "--config", file);
  assertEquals([code, levels(stdout)["port"]], [0, "ok"]);
  Deno.writeTextFileSync(file, '{"prot": 0}');
  assertEquals((await examine(home, "--config", file)).code, 2);
});
