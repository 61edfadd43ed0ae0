/** The completions, tried in their shells. */

import { assert, assertEquals } from "@std/assert";
import { completions } from "../../../client/startup/shell_completions.ts";
import { Directory } from "../../fixtures/files.ts";
import { hasProgram } from "../../fixtures/process.ts";

/** A script that offers completions at the end of each line. */
type Offers = (lines: string[], directory: string) => string;

/** Scripts that print, for each line, the candidates and then a line with `--`. */
const SCRIPTS: Record<string, Offers> = {
  bash: (lines, directory) =>
    [
      completions("bash"),
      // Outside of a completion there is no such builtin.
      "compopt() { :; }",
      'offer() { COMP_WORDS=("$@"); COMP_CWORD=$(( $# - 1 )); COMPREPLY=(); _chat_client',
      'printf "%s\\n" "${COMPREPLY[@]}" --; }',
      `cd '${directory}'`,
      ...lines.map((line) => `offer ${line.replace("=", " = ")}`),
    ].join("\n"),
  fish: (lines, directory) =>
    [
      completions("fish"),
      `cd '${directory}'`,
      ...lines.map((line) => `complete -C "${line.replace(/ ''$/, " ")}"; echo -- --`),
    ].join("\n"),
};

async function offered(shell: string, lines: string[]): Promise<string[][]> {
  using directory = new Directory();
  await Deno.writeTextFile(directory.file("a secret"), "");
  const script = SCRIPTS[shell]?.(lines, directory.path) ?? "";
  const { stdout, stderr } = await new Deno.Command(shell, {
    args: shell === "fish" ? ["--no-config", "-c", script] : ["-c", script],
    env: { HOME: directory.path },
  }).output();
  assertEquals(new TextDecoder().decode(stderr), "");
  const printed = new TextDecoder().decode(stdout).split("\n--\n").slice(0, -1);
  return printed.map((each) => each.split("\n").map((row) => row.split("\t")[0] ?? ""));
}

for (const shell of Object.keys(SCRIPTS)) {
  Deno.test({
    name: `${shell} completes commands, options, words and files where they may stand`,
    ignore: !await hasProgram(shell),
    async fn() {
      const [first = [], option = [], tail = [], words = [], value = [], file, joined] =
        await offered(shell, [
          "chat-client ''",
          "chat-client --passw",
          "chat-client tail --f",
          "chat-client completions z",
          "chat-client --room rooms --pl",
          "chat-client --password-file a",
          "chat-client --password-file=a",
        ]);
      for (const command of ["send", "tail", "completions"]) assert(first.includes(command));
      assertEquals([option, tail, words], [["--password-file"], ["--follow"], ["zsh"]]);
      assertEquals(value, ["--plain"], "a room may be called like a command");
      const bare = (rows: string[] = []) => rows.map((row) => row.replaceAll("\\", ""));
      assertEquals(bare(file), ["a secret"]);
      assertEquals(bare(joined).map((row) => row.replace("--password-file=", "")), ["a secret"]);
    },
  });
}

Deno.test({
  name: "zsh can read its completions, sourced and as a file of its own",
  ignore: !await hasProgram("zsh"),
  async fn() {
    using directory = new Directory();
    const { path } = directory;
    await Deno.writeTextFile(`${path}/_chat-client`, completions("zsh"));
    const script = [
      `fpath=('${path}' $fpath); autoload -Uz compinit; compinit -u -d '${path}/dump'`,
      "print -- $_comps[chat-client]",
      `source '${path}/_chat-client'; print -- $_comps[chat-client] $+functions[_chat_client]`,
    ].join("\n");
    const { stdout, stderr } = await new Deno.Command("zsh", { args: ["-f", "-c", script] })
      .output();
    assertEquals(new TextDecoder().decode(stderr), "");
    assertEquals(new TextDecoder().decode(stdout), "_chat-client\n_chat_client 1\n");
  },
});
