import { assert, assertEquals } from "@std/assert";
import { styler } from "../../../client/display/colors.ts";
import { edit, EMPTY_EDITOR, insert } from "../../../client/editor/editor.ts";
import type { Draft } from "../../../core/session/journal.ts";
import { layOut, type PromptParts, promptText } from "../../../client/display/prompt.ts";
import { FrameWriter } from "../../../client/display/frame.ts";
import { textWidth } from "../../../client/editor/width.ts";
import { ScreenModel } from "../../fixtures/screen_model.ts";
import { PURE } from "../../fixtures/pure.ts";

const STYLED = styler("256");

function parts(text: string, more: Partial<PromptParts> = {}): PromptParts {
  const editor = insert(EMPTY_EDITOR, text);
  return { editor, prompt: "General> ", drafts: [], status: undefined, hint: undefined, ...more };
}

Deno.test("the frame writer keeps the line being typed whole while rows arrive", PURE, () => {
  const size = { columns: 40, rows: 10 };
  const screen = new ScreenModel(size.columns, size.rows);
  const writer = new FrameWriter();
  const rows = Array.from({ length: 200 }, (_, index) => `[General] Bob: message ${index}`);
  for (const [index, row] of rows.entries()) {
    const typed = "what is being typed, 日本語 and all of it ".slice(0, index % 40);
    screen.write(writer.frame([row], layOut(parts(typed), size, STYLED), size.columns));
    const shown = screen.text.slice(index + 1).join("");
    assertEquals(shown, `General> ${typed}`.trimEnd().slice(0, shown.length));
  }
  assertEquals(screen.text.slice(0, rows.length), rows);
});

Deno.test("the frame writer writes nothing when nothing has changed", PURE, () => {
  const writer = new FrameWriter();
  const block = layOut(parts("same"), { columns: 40, rows: 10 }, STYLED);
  assert(writer.frame([], block, 40) !== "");
  assertEquals(writer.frame([], block, 40), "");
  writer.resized();
  assert(writer.frame([], block, 40) !== "");
});

Deno.test("the frame writer removes the block and leaves the cursor where it began", PURE, () => {
  const size = { columns: 20, rows: 10 };
  const screen = new ScreenModel(20, 10);
  const writer = new FrameWriter();
  const block = layOut(parts("a line that takes several rows of it"), size, STYLED);
  screen.write(writer.frame(["said"], block, 20));
  screen.write(writer.remove(20));
  assertEquals(screen.text, ["said", ""]);
  assertEquals([screen.row, screen.column], [1, 0]);
});

Deno.test("layOut() puts the cursor where the text is", PURE, () => {
  const size = { columns: 20, rows: 10 };
  let editor = insert(EMPTY_EDITOR, "日本 e\u0301\n👩‍👩‍👧 x");
  const at = () => layOut({ ...parts(""), editor }, size, STYLED).cursor;
  assertEquals(at(), { row: 1, column: 4 });
  editor = edit(edit(editor, "left"), "left");
  assertEquals(at(), { row: 1, column: 2 });
  editor = edit(edit(editor, "left"), "left");
  assertEquals(at(), { row: 0, column: textWidth("General> 日本 e\u0301") });
});

Deno.test("layOut() wraps a long line and never passes the last column", PURE, () => {
  for (const columns of [1, 2, 5, 17, 18, 19, 80]) {
    const block = layOut(parts("日本語 wide and narrow ".repeat(9)), { columns, rows: 50 }, STYLED);
    for (const row of block.rows) assert(row.width <= Math.max(2, columns), `${columns} columns`);
    assert(block.cursor.column < Math.max(2, columns));
  }
});

Deno.test("layOut() shows the part of a tall text that the cursor is in", PURE, () => {
  const size = { columns: 30, rows: 6 };
  const text = Array.from({ length: 40 }, (_, index) => `row ${index}`).join("\n");
  const end = layOut(parts(text), size, STYLED);
  assertEquals(end.rows.length, 5);
  assertEquals(end.rows[end.cursor.row]?.text, "row 39");
  const editor = { ...insert(EMPTY_EDITOR, text), cursor: 0 };
  const start = layOut({ ...parts(""), editor }, size, STYLED);
  assertEquals(start.rows[start.cursor.row]?.text, "General> row 0");
});

Deno.test(
  "layOut() shows what waits to be sent, the link's state and what Tab offers",
  PURE,
  () => {
    const drafts: Draft[] = [1, 2, 3, 4, 5].map((ref) => ({
      ref,
      target: { room: "General" },
      text: `line ${ref}`,
      sent: false,
    }));
    const more = { drafts, status: "offline since 14:03", hint: "Alice  Bob" };
    const { rows } = layOut(parts("x", more), { columns: 40, rows: 20 }, styler("none"));
    assertEquals(rows.map(({ text }) => text), [
      "… [General] line 1",
      "… [General] line 2",
      "… [General] line 3",
      "… and 2 more to be sent",
      "offline since 14:03",
      "General> x",
      "Alice  Bob",
    ]);
  },
);

Deno.test("layOut() shows no control of a pasted text", PURE, () => {
  const { rows } = layOut(parts("a\u202eb\u200bc"), { columns: 40, rows: 20 }, styler("none"));
  assertEquals(rows[0]?.text, "General> a<U+202E>b<U+200B>c");
});

Deno.test("promptText() names the room and what is unread elsewhere", PURE, () => {
  assertEquals(promptText("General", []), "General> ");
  const unread = [{ room: "Work", count: 3, mentions: 0 }, { room: "Ops", count: 1, mentions: 1 }];
  assertEquals(promptText("General", unread), "General (Work 3, Ops 1!)> ");
  assertEquals(promptText(undefined, []), "(no room)> ");
});
