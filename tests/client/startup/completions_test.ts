/** The completions, in the shells that they are for. */

import { assert, assertEquals } from "@std/assert";
import { completions } from "../../../client/startup/shell_completions.ts";

/** Whether the machine has these shells; says so where it has not, because tests are skipped then. */
async function has(shell: string): Promise<boolean> {
  try {
    return (await new Deno.Command(shell, { args: ["-c", "exit 0"] }).output()).success;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    console.log(`Skipped: completions in ${shell}, which is not there`);
    return false;
  }
}

/** What a shell offers at the end of each of these lines. */
type Offers = (lines: string[], directory: string) => string;

/** What is to be run to print, for each line, the candidates and then a line with `--`. */
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
  const directory = await Deno.makeTempDir({ prefix: "chat-test-" });
  try {
    await Deno.writeTextFile(`${directory}/a secret`, "");
    const script = SCRIPTS[shell]?.(lines, directory) ?? "";
    const { stdout, stderr } = await new Deno.Command(shell, {
      args: shell === "fish" ? ["--no-config", "-c", script] : ["-c", script],
      env: { HOME: directory },
    }).output();
    assertEquals(new TextDecoder().decode(stderr), "");
    const printed = new TextDecoder().decode(stdout).split("\n--\n").slice(0, -1);
    return printed.map((each) => each.split("\n").map((row) => row.split("\t")[0] ?? ""));
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

for (const shell of Object.keys(SCRIPTS)) {
  Deno.test({
    name: `${shell} completes commands, options, words and files where they may stand`,
    ignore: !await has(shell),
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
  ignore: !await has("zsh"),
  async fn() {
    const directory = await Deno.makeTempDir({ prefix: "chat-test-" });
    await Deno.writeTextFile(`${directory}/_chat-client`, completions("zsh"));
    const script = [
      `fpath=('${directory}' $fpath); autoload -Uz compinit; compinit -u -d '${directory}/dump'`,
      "print -- $_comps[chat-client]",
      `source '${directory}/_chat-client'; print -- $_comps[chat-client] $+functions[_chat_client]`,
    ].join("\n");
    const { stdout, stderr } = await new Deno.Command("zsh", { args: ["-f", "-c", script] })
      .output();
    await Deno.remove(directory, { recursive: true });
    assertEquals(new TextDecoder().decode(stderr), "");
    assertEquals(new TextDecoder().decode(stdout), "_chat-client\n_chat_client 1\n");
  },
});
