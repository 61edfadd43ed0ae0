/** Each room has a line of its own, and a line that was given up can be had back. */

import { assertEquals } from "@std/assert";
import {
  EMPTY_INPUT,
  type LineInput,
  press,
  typedIn,
  withEditor,
} from "../../../client/editor/line_input.ts";
import { EMPTY_EDITOR } from "../../../client/editor/editor.ts";
import { PURE } from "../../fixtures/pure.ts";
import { openAlice, terminalTest } from "../../fixtures/tmux.ts";

const KNOWN = { rooms: [], otherRooms: [], people: [], banned: [] };

function typed(input: LineInput, keys: string): LineInput {
  return keys.split(/(<[^>]+>)/).filter(Boolean).reduce((line, part) => {
    const key = part.startsWith("<")
      ? { kind: "named" as const, name: part.slice(1, -1) }
      : { kind: "text" as const, text: part };
    return press(line, key, () => KNOWN)[0];
  }, input);
}

Deno.test("another room's line has its own text and undo, and shares what was cut", PURE, () => {
  const first = typed(EMPTY_INPUT, "one two<ctrl-w>");
  const kept = typedIn(first);
  const second = typed(withEditor(first, EMPTY_EDITOR), "other <ctrl-y>");
  assertEquals(second.editor.text, "other two");
  assertEquals(typed(second, "<ctrl-_><ctrl-_><ctrl-_>").editor.text, "");
  const back = withEditor(second, kept);
  assertEquals(back.editor.text, "one ");
  assertEquals(typed(back, "<ctrl-_>").editor.text, "one two");
});

Deno.test("a room is left with what was typed, not with what a search has found", PURE, () => {
  const history = { lines: ["found before"], browsing: undefined };
  assertEquals(typedIn(typed({ ...EMPTY_INPUT, history }, "typed<ctrl-r>found")).text, "typed");
});

Deno.test("a line that Ctrl-C cleared comes back by Ctrl-Y, and by undo", PURE, () => {
  const cleared = typed(EMPTY_INPUT, "half a line<left><left><ctrl-c>");
  assertEquals(cleared.editor.text, "");
  assertEquals(typed(cleared, "<ctrl-y>").editor.text, "half a line");
  const undone = typed(cleared, "<ctrl-_>").editor;
  assertEquals([undone.text, undone.cursor], ["half a line", 9]);
});

terminalTest("what is typed in one room is not said in another", async (home, server) => {
  await using tmux = await openAlice(home, server);
  await tmux.type("/join Work");
  await tmux.press("Enter");
  await tmux.untilLast("Work>");
  using bob = await server.join("Bob");
  await tmux.press("M-1");
  await tmux.untilLast("General>");
  await tmux.type("only for General");
  await tmux.untilLast("General> only for General");
  await tmux.press("M-2");
  await tmux.untilLast("Work>");
  await tmux.press("Enter");
  await tmux.type("for Work");
  await tmux.untilLast("Work> for Work");
  await tmux.type("\r");
  await tmux.untilSeen("[Work] Alice: for Work");
  await tmux.press("M-1");
  await tmux.untilLast("General> only for General");
  await tmux.press("C-c");
  await tmux.untilLast("General>");
  await tmux.press("C-y");
  await tmux.untilLast("General> only for General");
  await tmux.press("Enter");
  assertEquals((await bob.receive("message")).payload.text, "only for General");
});
