/** Every key of the table, pressed in a real terminal, does what the table says. */

import { assertEquals } from "@std/assert";
import { type ActionName, BINDINGS } from "../../../client/editor/bindings.ts";
import type { EditName } from "../../../client/editor/editor.ts";
import type { TestClient } from "../../fixtures/test_client.ts";
import { openAlice, terminalTest, type Tmux } from "../../fixtures/tmux.ts";

/** The bytes that a terminal sends for named keys; the others follow a rule. */
const NAMED: Record<string, string> = {
  "up": "\x1b[A",
  "down": "\x1b[B",
  "right": "\x1b[C",
  "left": "\x1b[D",
  "alt-right": "\x1b[1;3C",
  "alt-left": "\x1b[1;3D",
  "ctrl-right": "\x1b[1;5C",
  "ctrl-left": "\x1b[1;5D",
  "home": "\x1b[H",
  "end": "\x1b[F",
  "delete": "\x1b[3~",
  "ctrl-delete": "\x1b[3;5~",
  "backspace": "\x7f",
  "alt-backspace": "\x1b\x7f",
  "shift-backspace": "\x1b[127;2u",
  "ctrl-alt-h": "\x1b[104;7u",
  "enter": "\r",
  "alt-enter": "\x1b\r",
  "shift-enter": "\x1b[13;2u",
  "ctrl-enter": "\x1b[13;5u",
  "tab": "\t",
  "escape": "\x1b",
  "focus-in": "\x1b[I",
  "focus-out": "\x1b[O",
};

function bytesOf(key: string): string {
  const letter = key.at(-1) ?? "";
  if (NAMED[key] !== undefined) return NAMED[key];
  return key.startsWith("alt-") ? `\x1b${letter}` : String.fromCharCode(letter.charCodeAt(0) & 31);
}

/** The bytes typed before the key, and the line after it, with `|` for the cursor. */
const EDITED: Record<Exclude<EditName, "up" | "down">, [before: string, after: string]> = {
  "left": ["abc", "ab|c"],
  "right": ["abc\x01", "a|bc"],
  "word-left": ["one two", "one |two"],
  "word-right": ["one two\x01", "one| two"],
  "line-start": ["abc", "|abc"],
  "line-end": ["abc\x01", "abc|"],
  "delete-left": ["abc", "ab|"],
  "delete-right": ["abc\x01", "|bc"],
  "kill-word-left": ["one two-three", "one two-|"],
  "kill-word-right": ["one two\x01", "| two"],
  "kill-space-left": ["one two-three", "one |"],
  "kill-to-start": ["abc\x02", "|c"],
  "kill-to-end": ["abc\x02", "ab|"],
  "yank": ["abc\x15", "abc|"],
  "yank-other": ["older\x15newer\x15\x19", "older|"],
  "swap": ["abc", "acb|"],
  "newline": ["abc", "\n|"],
  "undo": ["one two\x17", "one two|"],
  "redo": ["one two\x17\x1f", "one |"],
};

/** Waits until the last row is `marked`, in which `|` is the cursor. */
async function untilLine(tmux: Tmux, marked: string, key: string): Promise<void> {
  const [row = "", column] = [marked.replace("|", "").trimEnd(), marked.indexOf("|")];
  const shown = async () => {
    const screen = await tmux.screen();
    return { row: screen.split("\n").at(-1) ?? "", column: (await tmux.cursor()).column };
  };
  let last = await shown();
  for (let look = 0; look < 200; look++) {
    if (last.row === row && last.column === column) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
    last = await shown();
  }
  assertEquals(last, { row, column }, key);
}

terminalTest("every key that edits the line does so", async (home, server) => {
  await using tmux = await openAlice(home, server);
  for (const [key, binding] of BINDINGS) {
    if (!("edit" in binding)) continue;
    const [before, after] = EDITED[binding.edit as keyof typeof EDITED];
    await tmux.send(before);
    await tmux.send(bytesOf(key));
    // The test sees a new line by the text typed into it.
    if (after.startsWith("\n")) await tmux.send("x");
    const row = after.startsWith("\n") ? "x|" : `General> ${after}`;
    await untilLine(tmux, row, key);
    await tmux.send("\x03");
    await untilLine(tmux, "General> |", `ctrl-c after ${key}`);
  }
});

/** Sends bytes, and waits until the client has read them: what is typed after them is on the screen. */
async function sendAndSettle(tmux: Tmux, bytes: string, key: string): Promise<void> {
  await tmux.send(`${bytes}x`);
  await untilLine(tmux, "General> x|", key);
  await tmux.send("\x03");
  await untilLine(tmux, "General> |", key);
}

type Seen = (tmux: Tmux, key: string, bob: TestClient) => Promise<void>;

const ACTED: Record<Exclude<ActionName, `room-${number}`>, Seen> = {
  "submit": async (tmux, key) => {
    await tmux.type("sent by Enter");
    await tmux.send(bytesOf(key));
    await tmux.untilSeen("Alice: sent by Enter");
  },
  "complete": async (tmux, key) => {
    await tmux.type("bo");
    await tmux.send(bytesOf(key));
    await untilLine(tmux, "General> Bob: |", key);
    await tmux.send("\x03");
  },
  "older": async (tmux, key) => {
    await tmux.type("remembered\r");
    await untilLine(tmux, "General> |", key);
    await tmux.send(bytesOf(key));
    await untilLine(tmux, "General> remembered|", key);
    await tmux.send("\x03");
  },
  "newer": async (tmux, key) => {
    for (const line of ["first", "second"]) await tmux.enter(line);
    await tmux.send("\x10\x10");
    await untilLine(tmux, "General> first|", key);
    await tmux.send(bytesOf(key));
    await untilLine(tmux, "General> second|", key);
    await tmux.send("\x03");
  },
  "search-back": async (tmux, key) => {
    for (const line of ["a needle in hay", "nothing"]) await tmux.enter(line);
    await tmux.send(bytesOf(key));
    await tmux.type("needle");
    await untilLine(tmux, '(found "needle") a needle in hay|', key);
    await tmux.send("\x07");
  },
  "cancel": async (tmux, key) => {
    await tmux.type("kept\x12hay");
    await untilLine(tmux, '(found "hay") a needle in hay|', key);
    await tmux.send(bytesOf(key));
    await untilLine(tmux, "General> kept|", key);
    await tmux.send("\x03");
  },
  "interrupt": async (tmux, key) => {
    await tmux.type("cleared");
    await untilLine(tmux, "General> cleared|", key);
    await tmux.send(bytesOf(key));
    await untilLine(tmux, "General> |", key);
  },
  "end": async (tmux, key) => {
    await tmux.type("ab\x02");
    await tmux.send(bytesOf(key));
    await untilLine(tmux, "General> a|", key);
    await tmux.send("\x03");
  },
  "redraw": async (tmux, key) => {
    await tmux.send(bytesOf(key));
    await tmux.until((screen) => screen === "General>", key);
  },
  "suspend": async (tmux, key) => {
    await tmux.send(bytesOf(key));
    await tmux.until((screen) => screen.endsWith("shell$"), key);
    await tmux.type("fg\r");
    await tmux.untilLast("General>");
  },
  "next-unread": async (tmux, key, bob) => {
    await tmux.type("/join Second\r");
    await tmux.untilIn("Second");
    await bob.send("message", { text: "unread" });
    await tmux.untilLast("Second (General 1)>");
    await tmux.send(bytesOf(key));
    await tmux.untilLast("General>");
  },
  "focus-out": async (tmux, key, bob) => {
    await sendAndSettle(tmux, bytesOf(key), key);
    await bob.send("message", { text: "seen by nobody" });
    await tmux.until((screen) => /── unread ─+\n.*seen by nobody/.test(screen), key);
  },
  "focus-in": async (tmux, key, bob) => {
    await sendAndSettle(tmux, bytesOf(key) + NAMED["focus-out"], key);
    await bob.send("message", { text: "nor this" });
    await tmux.until((screen) => /── unread ─+\n.*nor this/.test(screen), key);
    await tmux.send(bytesOf(key));
  },
};

terminalTest("every key that does something else does so", async (home, server) => {
  await using tmux = await openAlice(home, server);
  using bob = await server.join("Bob");
  await tmux.untilSeen("Bob has joined");
  for (const [key, binding] of BINDINGS) {
    if (!("action" in binding) || /^room-/.test(binding.action)) continue;
    await ACTED[binding.action as keyof typeof ACTED](tmux, key, bob);
    await untilLine(tmux, "General> |", `after ${key}`);
  }
});

terminalTest("Alt with a number goes to that room", async (home, server) => {
  await using tmux = await openAlice(home, server);
  const rooms = ["General", ...Array.from({ length: 8 }, (_, index) => `Room${index + 2}`)];
  for (const room of rooms.slice(1)) await tmux.enter(`/join ${room}`);
  await tmux.untilLast("Room9>");
  for (const [index, room] of rooms.entries()) {
    await tmux.send(`\x1b${index + 1}`);
    await tmux.untilLast(`${room}>`);
  }
  const numbered = [...BINDINGS.values()].filter((binding) =>
    "action" in binding && /^room-/.test(binding.action)
  );
  assertEquals(numbered.length, rooms.length);
});
