import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { formatAddress, parseAddress } from "../../../client/net/address.ts";
import { BACKOFF, backoff } from "../../../core/session/backoff.ts";
import { describeUsage, parseInvocation, USAGES } from "../../../client/startup/options.ts";
import { configDirectory, stateDirectory } from "../../../cli/directories.ts";
import {
  type Config,
  NO_CONFIG,
  parseConfig,
  resolveSettings,
} from "../../../client/startup/settings.ts";
import { PURE } from "../../fixtures/pure.ts";

Deno.test(
  "parseAddress() reads hosts, ports and IPv6, and formatAddress() writes them",
  PURE,
  () => {
    const cases: [string, string][] = [
      ["localhost", "localhost:12345"],
      ["localhost:80", "localhost:80"],
      ["127.0.0.1:1", "127.0.0.1:1"],
      ["[::1]:12345", "[::1]:12345"],
      ["[::1]", "[::1]:12345"],
      ["::1", "[::1]:12345"],
      ["chat.example.org", "chat.example.org:12345"],
    ];
    for (const [written, expected] of cases) {
      const parsed = parseAddress(written);
      assert(!("problem" in parsed), written);
      assertEquals(formatAddress(parsed), expected);
    }
    for (const written of ["", ":1", "h:", "h:0", "h:65536", "h:x", "[::1]x", "a b", "h:1e3"]) {
      assert("problem" in parseAddress(written), written);
    }
  },
);

Deno.test("parseInvocation() knows the chat, the commands and their short options", PURE, () => {
  const chat = parseInvocation(["host:1", "--name", "Alice"]);
  assert(chat.run === "chat" && chat.values.name === "Alice" && chat.operands[0] === "host:1");
  const tail = parseInvocation(["tail", "-n", "3", "-f"]);
  assert(tail.run === "tail" && tail.values.lines === 3 && tail.values.follow);
  const send = parseInvocation(["send", "--", "-n", "--name"]);
  assert(send.run === "send");
  assertEquals(send.operands, ["-n", "--name"]);
  assertEquals(parseInvocation(["-h"]), { run: "help", usage: "chat" });
  assertEquals(parseInvocation(["who", "--help"]), { run: "help", usage: "who" });
  assertEquals(parseInvocation(["--version"]), { run: "version" });
});

const HINT = "; write -- before the text, which may then begin with -";

Deno.test("parseInvocation() says in one line what is wrong", PURE, () => {
  const cases: [string[], string][] = [
    [["--nmae", "x"], 'Unknown option "--nmae"'],
    [["a", "b"], 'Unexpected argument "b"'],
    [["--name"], "--name must not be empty"],
    [["tail", "-n", "x"], "--lines must be a whole number from 0 to 100000"],
    [["search", "x", "-n", "0"], "--lines must be a whole number from 1 to 500"],
    [["send"], '"send" needs TEXT…' + HINT],
    [["send", "--nope", "x"], 'Unknown option "--nope"' + HINT],
    [["--name", "Z", "rooms"], "Write the command first: chat-client rooms …"],
    [["--name", "Z", "send", "hi"], "Write the command first: chat-client send …"],
    [["completions", "tcsh"], 'Cannot completions "tcsh": use bash, zsh, fish'],
  ];
  for (const [args, message] of cases) {
    assertEquals(parseInvocation(args), { run: "problem", message }, args.join(" "));
  }
});

Deno.test("--help names every option, every command and every exit code", PURE, () => {
  const help = describeUsage("chat");
  for (const name of Object.keys(USAGES.chat.options)) assertStringIncludes(help, `--${name}`);
  for (const name of Object.keys(USAGES)) assertStringIncludes(help, name);
  for (
    const word of [
      "CHAT_SERVER",
      "CHAT_NAME",
      "CHAT_ROOM",
      "CHAT_PASSWORD",
      "0 done",
      "1 refused",
      "2 wrong usage",
    ]
  ) {
    assertStringIncludes(help, word);
  }
});

Deno.test("resolveSettings() takes each value from the first that has it", PURE, () => {
  const config: Config = { ...NO_CONFIG, name: "C", room: "CR", servers: { lab: "[::1]:9" } };
  const decided = resolveSettings([{ server: "lab" }, { name: "E" }, config], config);
  assertEquals(decided, { address: { hostname: "::1", port: 9 }, name: "E", room: "CR" });
  assertEquals(resolveSettings([], NO_CONFIG), {
    address: { hostname: "127.0.0.1", port: 12345 },
    name: undefined,
    room: undefined,
  });
  assertEquals(resolveSettings([{ name: "a\nb" }], NO_CONFIG), {
    problem: "Cannot use the name: it has the forbidden character U+000A",
  });
});

Deno.test("parseConfig() takes what it knows and names what it does not", PURE, () => {
  assertEquals(parseConfig('{"name": "A", "bell": false}'), {
    ...NO_CONFIG,
    name: "A",
    bell: false,
  });
  const wrong: [string, string][] = [
    ["[]", "it is not a JSON object"],
    ['{"nmae": "A"}', 'it has the unknown field "nmae"'],
    ['{"name": 1}', '"name" must be a string'],
    ['{"servers": {"a": 1}}', '"servers" must be an object'],
  ];
  for (const [text, problem] of wrong) {
    const parsed = parseConfig(text);
    assert("problem" in parsed && parsed.problem.startsWith(problem), text);
  }
  assert("problem" in parseConfig("{"));
});

Deno.test("directories follow the platform", PURE, () => {
  const on = (os: string, env: Record<string, string>) => {
    const platform = { os, env: (name: string) => env[name] };
    return [configDirectory(platform, "chat-client"), stateDirectory(platform, "chat-client")];
  };
  assertEquals(on("linux", { HOME: "/h" }), [
    "/h/.config/chat-client",
    "/h/.local/state/chat-client",
  ]);
  assertEquals(on("linux", { HOME: "/h", XDG_CONFIG_HOME: "/c", XDG_STATE_HOME: "relative" }), [
    "/c/chat-client",
    "/h/.local/state/chat-client",
  ]);
  const library = "/h/Library/Application Support/chat-client";
  assertEquals(on("darwin", { HOME: "/h" }), [library, library]);
  assertEquals(on("windows", { APPDATA: "A", LOCALAPPDATA: "L" }), [
    "A\\chat-client",
    "L\\chat-client",
  ]);
  assertEquals(on("linux", {}), [undefined, undefined]);
});

Deno.test("backoff() doubles up to its bound, and leaves half of it to chance", PURE, () => {
  assertEquals(backoff(0, 1), BACKOFF.first);
  assertEquals(backoff(0, 0), BACKOFF.first / 2);
  assertEquals(backoff(3, 1), BACKOFF.first * 8);
  assertEquals(backoff(1_000, 1), BACKOFF.longest);
  for (let attempt = 0; attempt < 20; attempt++) {
    assert(backoff(attempt, 0) >= backoff(attempt, 1) / 2 - 1);
  }
});
