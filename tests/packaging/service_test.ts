/** The systemd unit, read by systemd itself. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { configure } from "../../server/config.ts";
import { OPTIONS } from "../../server/options.ts";
import { Directory } from "../fixtures/files.ts";
import { hasProgram, TestProcess } from "../fixtures/process.ts";

const unit = await Deno.readTextFile(
  new URL("../../packaging/chat-server.service", import.meta.url),
);

const hasSystemd = await hasProgram("systemd-analyze");

/** Exposure in tenths, of 100 for a service without any protection. */
const MAX_EXPOSURE = 20;

/** The unit in a file; its program is one that every machine has. */
function place(directory: Directory): string {
  const path = directory.file("chat-server.service");
  Deno.writeTextFileSync(path, unit.replace("/usr/local/bin/chat-server", "/bin/true"));
  return path;
}

Deno.test("the unit starts the server with options that it has", () => {
  const [, command = ""] = /^ExecStart=\S+ (.*)$/m.exec(unit) ?? [];
  const args = command.replace("%S", "/var/lib").split(" ");
  const sources = { env: () => undefined, readFile: () => ({ problem: "" }), shared: OPTIONS };
  const { values } = configure(OPTIONS, args, sources);
  assertEquals([values.data, values.tls], ["/var/lib/chat-server/chat.db", true]);
});

Deno.test({
  name: "systemd finds nothing wrong with the unit",
  ignore: !hasSystemd,
  async fn() {
    using directory = new Directory();
    await using tool = new TestProcess(["systemd-analyze", "verify", "--man=no", place(directory)]);
    const { code, stdout, stderr } = await tool.finish();
    const own = [...stdout, ...stderr].filter((line) => line.includes("chat-server"));
    assertEquals([code, own], [0, []]);
  },
});

Deno.test({
  name: "systemd rates the unit as well protected",
  ignore: !hasSystemd,
  async fn() {
    using directory = new Directory();
    await using tool = new TestProcess([
      ...["systemd-analyze", "security", "--offline=true", "--no-pager"] as const,
      ...[`--threshold=${MAX_EXPOSURE}`, place(directory)],
    ]);
    const { code, stdout } = await tool.finish();
    assertEquals(code, 0, stdout.at(-1));
    assertMatch(stdout.join("\n"), /Overall exposure level/);
    assert(!unit.includes("\nMemoryDenyWriteExecute=yes"), "V8 compiles");
  },
});
