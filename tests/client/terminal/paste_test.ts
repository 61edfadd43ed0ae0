/** Pastes where the terminal has no brackets for them, and lines of scripts, which are none. */

import { assertEquals } from "@std/assert";
import type { Key } from "../../../client/editor/keys.ts";
import { joinPaste } from "../../../client/editor/paste.ts";
import { readBursts } from "../../../client/terminal/key_reader.ts";
import { PURE } from "../../fixtures/pure.ts";
import { openAlice, terminalTest } from "../../fixtures/tmux.ts";

/** Keys of a text: line ends are Enter, tabs are Tab, `^` is some other key. */
function keysOf(typed: string): Key[] {
  const names: Record<string, string> = { "\r": "enter", "\t": "tab", "\n": "ctrl-j", "^": "up" };
  return typed.split(/([\r\t\n^])/).filter(Boolean).map((part): Key => {
    const name = names[part];
    return name === undefined ? { kind: "text", text: part } : { kind: "named", name };
  });
}

function shown(keys: Key[]): string {
  return keys.map((key) => key.kind === "named" ? `<${key.name}>` : `${key.kind}:${key.text}`)
    .join(" ");
}

Deno.test("joinPaste() makes one paste of several lines, and of tabs before text", PURE, () => {
  const cases: [typed: string, keys: string][] = [
    ["one\rtwo\rthree", "paste:one\ntwo\nthree"],
    ["one\rtwo\r", "paste:one\ntwo\n"],
    ["/quit\rsecret", "paste:/quit\nsecret"],
    ["a\tb\r", "paste:a\tb\n"],
    ["\rindented", "paste:\nindented"],
    ["one\ntwo\n", "paste:one\ntwo\n"],
    ["^one\r^two^", "<up> paste:one\ntwo <up>"],
    // A script's: one line and its Enter, a completion, an empty line.
    ["one\r", "text:one <enter>"],
    ["bo\t", "text:bo <tab>"],
    ["bo\t\r", "text:bo <tab> <enter>"],
    ["\r\r", "<enter> <enter>"],
    ["one^", "text:one <up>"],
  ];
  for (const [typed, keys] of cases) {
    assertEquals(shown(joinPaste(keysOf(typed), false)), keys, JSON.stringify(typed));
  }
  assertEquals(shown(joinPaste(keysOf("three\r"), true)), "paste:three\n");
  assertEquals(shown(joinPaste(keysOf("^"), true)), "<up>");
});

/** The bursts that reads make, each at once after the one before. */
async function bursts(...reads: string[]): Promise<string[]> {
  const source = {
    read(buffer: Uint8Array): Promise<number | null> {
      const next = reads.shift();
      if (next === undefined) return Promise.resolve(null);
      return Promise.resolve(new TextEncoder().encodeInto(next, buffer).written);
    },
  };
  const all: string[] = [];
  for await (const { keys } of readBursts(source)) all.push(shown(keys));
  return all;
}

Deno.test(
  "readBursts() holds an Enter that did not come alone for what follows",
  PURE,
  async () => {
    assertEquals(await bursts("one\r", "two\r", "th", "ree"), [
      "text:one <enter> text:two <enter> text:th",
      "text:ree",
    ]);
    assertEquals(await bursts("a", "b", "\r", "c"), ["text:a", "text:b", "<enter> text:c"]);
  },
);

terminalTest(
  "a paste without brackets is one draft that waits for Enter, with its tabs",
  async (home, server) => {
    await using tmux = await openAlice(home, server);
    using bob = await server.join("Bob");
    await tmux.untilSeen("Bob has joined");
    await tmux.paste("one\n\ttwo\n/quit\nbo", "without brackets");
    await tmux.untilSeen("\nbo\nPasted as one message");
    assertEquals(await bob.settled(), []);
    await tmux.press("Enter");
    const { payload } = await bob.receive("message");
    assertEquals(payload.text, "one\n\ttwo\n/quit\nbo");
    const long = Array.from({ length: 900 }, (_, index) => `line ${index} of it`).join("\n");
    await tmux.paste(`${long}\n`, "without brackets");
    await tmux.until((screen) => screen.includes("line 899 of it"));
    assertEquals(await bob.settled(), []);
  },
);

terminalTest("a line that a script types with its Enter is sent", async (home, server) => {
  await using tmux = await openAlice(home, server);
  using bob = await server.join("Bob");
  await tmux.untilSeen("Bob has joined");
  const ways: (() => Promise<void>)[] = [
    () => tmux.type("hello\r"),
    () => tmux.press("h", "e", "l", "l", "o", "Enter"),
    async () => (await tmux.type("hello"), await tmux.press("Enter")),
    () => tmux.paste("hello\n", "without brackets"),
  ];
  for (const type of ways) {
    await type();
    assertEquals((await bob.receive("message")).payload.text, "hello");
  }
});

terminalTest("what is typed behind a leave is not said", async (home, server) => {
  await using tmux = await openAlice(home, server);
  using bob = await server.join("Bob");
  await tmux.untilSeen("Bob has joined");
  await tmux.press("C-c", "b", "e", "h", "i", "n", "d", "Enter");
  assertEquals((await bob.receive("notification")).payload.message, "Alice has left the room.");
  assertEquals(await bob.settled(), []);
});
