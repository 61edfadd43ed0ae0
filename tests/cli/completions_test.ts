import { assertEquals, assertStringIncludes } from "@std/assert";
import { type Program, shellCompletions, SHELLS } from "../../cli/completions.ts";
import { oneOf, text, toggle, wholeNumber } from "../../cli/options.ts";
import { PURE } from "../fixtures/pure.ts";

const PROGRAM: Program = {
  name: "chat-x",
  options: {
    port: wholeNumber("N", 1, [1, 9], "don't [use]: it"),
    quiet: toggle("say nothing"),
  },
  commands: {
    export: {
      help: "write it's rooms",
      options: {
        log: text("FILE", undefined, "the log"),
        format: oneOf(["json", "text"], "json", "how"),
      },
      words: ["one", "two"],
    },
  },
};

Deno.test("shellCompletions() gives bash the words for each place", PURE, () => {
  const script = shellCompletions("bash", PROGRAM);
  for (
    const line of [
      `    --port) COMPREPLY=($(compgen -W '' -- "$current")); return ;;`,
      `    --log) _chat_x_files "$current"; return ;;`,
      `    --format) COMPREPLY=($(compgen -W 'json text' -- "$current")); return ;;`,
      "    export) words='--log --format one two' ;;",
      "    *) words='--port --quiet' ;;",
      `  [ "$COMP_CWORD" -eq 1 ] && words='export --port --quiet'`,
      "complete -F _chat_x chat-x",
    ]
  ) assertStringIncludes(script, `${line}\n`);
  assertEquals(script.includes("--quiet)"), false);
});

Deno.test("shellCompletions() gives zsh the options with their help, quoted", PURE, () => {
  const script = shellCompletions("zsh", PROGRAM);
  assertEquals(script.split("\n")[0], "#compdef chat-x");
  for (
    const part of [
      String.raw`commands=('export:write it'\''s rooms')`,
      String.raw`_arguments '--port=[don'\''t \[use\]\: it]:value:' '--quiet[say nothing]' ;;`,
      "'--log=[the log]:value:_files' '--format=[how]:value:(json text)' '1:operand:(one two)' ;;",
      "compdef _chat_x chat-x; fi\n",
    ]
  ) assertStringIncludes(script, part);
});

Deno.test("shellCompletions() gives fish each option where it may stand", PURE, () => {
  const isExport = String.raw`string match -qr '\''^(export)$'\'' -- (commandline -opc)[2]`;
  const outside = `complete -c chat-x -n 'not ${isExport}'`;
  const inside = `complete -c chat-x -n '${isExport}'`;
  const first = "complete -c chat-x -n 'test (count (commandline -opc)) -eq 1'";
  assertEquals(shellCompletions("fish", PROGRAM).split("\n").slice(1), [
    "complete -c chat-x -f",
    String.raw`${outside} -l port -d 'don'\''t [use]: it' -x`,
    `${outside} -l quiet -d 'say nothing'`,
    String.raw`${first} -a export -d 'write it'\''s rooms'`,
    `${inside} -l log -d 'the log' -r -F`,
    `${inside} -l format -d 'how' -x -a 'json text'`,
    `${inside} -a 'one two'`,
    "",
  ]);
});

Deno.test("shellCompletions() does without commands", PURE, () => {
  const program: Program = { name: "chat-server", options: PROGRAM.options, commands: {} };
  for (const shell of SHELLS) {
    const script = shellCompletions(shell, program);
    for (const part of ["chat-server", "port", "quiet"]) assertStringIncludes(script, part);
    for (const part of ["commandline", "export", "undefined"]) {
      assertEquals(script.includes(part), false, `${part} for ${shell}`);
    }
  }
});
