/** The table of subcommands, as a user meets it. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { COMMANDS } from "../../../server/commands/commands.ts";
import { hasProgram, serverCommand, TestProcess } from "../../fixtures/process.ts";

/** Runs `chat-server` with these arguments to its end. */
async function run(...args: string[]) {
  await using process = new TestProcess(serverCommand(...args));
  return await process.finish();
}

Deno.test("every subcommand has its line in --help, and a --help of its own", async () => {
  const { stdout } = await run("--help");
  for (const [name, { help, options, operands }] of COMMANDS) {
    const line = stdout.find((each) => each.startsWith(`  ${[name, ...operands].join(" ")} `));
    assert(line?.endsWith(`  ${help}`), name);
    const own = await run(name, "--help");
    assertEquals([own.code, own.stderr], [0, []], name);
    assertStringIncludes(own.stdout[0] ?? "", `Usage: chat-server ${name}`);
    const text = own.stdout.join("\n");
    for (const option of Object.keys(options)) assertStringIncludes(text, `  --${option}`);
  }
});

Deno.test("a subcommand refuses options and operands that it does not have, and does nothing", async () => {
  for (const [name, { operands }] of COMMANDS) {
    for (const args of [["--nonsense"], ["__proto__", ...operands.map(() => "x")]]) {
      const { code, stdout, stderr } = await run(name, ...args);
      assertEquals([code, stdout], [2, []], `${name} ${args}`);
      assert(/; try .+ --help$/.test(stderr.join()), stderr.join());
    }
  }
});

Deno.test("a word that is no subcommand is refused, be it one that every object has", async () => {
  for (const word of ["backpu", "constructor", "__proto__", ""]) {
    const ended = await run(word);
    const stderr = [`chat-server: Unexpected argument "${word}"; try --help`];
    assertEquals(ended, { code: 2, stdout: [], stderr });
  }
});

Deno.test({
  name: "bash completes subcommands, their options and their words",
  ignore: !await hasProgram("bash"),
  async fn() {
    const { stdout } = await run("completions", "bash");
    const offer = (words: string) =>
      `COMP_WORDS=(${words}); COMP_CWORD=$(( \${#COMP_WORDS[@]} - 1 )); _chat_server; ` +
      `echo "\${COMPREPLY[*]}"`;
    const script = [
      ...stdout,
      offer("chat-server passw"),
      offer("chat-server passwd --de"),
      offer("chat-server completions z"),
      offer("chat-server --retain-d"),
    ].join("\n");
    const shell = await new Deno.Command("bash", { args: ["-c", script] }).output();
    const offered = new TextDecoder().decode(shell.stdout).trim().split("\n");
    assertEquals(offered, ["passwd", "--delete", "zsh", "--retain-days"]);
  },
});
