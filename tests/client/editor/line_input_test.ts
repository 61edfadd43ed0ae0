import { assertEquals } from "@std/assert";
import type { Known } from "../../../core/chat/completion.ts";
import { historyLine, parseHistory } from "../../../client/editor/input_history.ts";
import type { Key } from "../../../client/editor/keys.ts";
import {
  EMPTY_INPUT,
  hintOf,
  type KeyOutcome,
  type LineInput,
  press,
  searchPrompt,
  sent,
} from "../../../client/editor/line_input.ts";
import { PURE } from "../../fixtures/pure.ts";

const KNOWN: Known = {
  rooms: ["General", "Work"],
  otherRooms: ["Garden"],
  banned: ["Mallory"],
  people: ["Bob", "Bea", "Mary Ann"],
};

/** Types `keys`: `<tab>` and the like are named keys, all else is text. */
function type(input: LineInput, keys: string): { input: LineInput; outcome: KeyOutcome } {
  let outcome: KeyOutcome;
  for (const part of keys.split(/(<[^>]+>)/).filter(Boolean)) {
    const key: Key = part.startsWith("<")
      ? { kind: "named", name: part.slice(1, -1) }
      : { kind: "text", text: part };
    [input, outcome] = press(input, key, () => KNOWN);
  }
  return { input, outcome };
}

function text(input: LineInput, keys: string): string {
  return type(input, keys).input.editor.text;
}

function remembering(...lines: string[]): LineInput {
  return { ...EMPTY_INPUT, history: { lines, browsing: undefined } };
}

Deno.test("Enter asks to send the line, which stays until it is sent", PURE, () => {
  const { input, outcome } = type(EMPTY_INPUT, "hello<enter>");
  assertEquals(outcome, { submit: "hello" });
  assertEquals(input.editor.text, "hello");
  const after = sent(input, "hello");
  assertEquals([after.editor.text, after.history.lines], ["", ["hello"]]);
  assertEquals(sent(after, "hello").history.lines, ["hello"]);
});

Deno.test("Alt-Enter begins a new line in the message", PURE, () => {
  assertEquals(text(EMPTY_INPUT, "one<alt-enter>two"), "one\ntwo");
});

Deno.test("Ctrl-C clears the line, and asks to leave when it is empty", PURE, () => {
  const { input, outcome } = type(EMPTY_INPUT, "half<ctrl-c>");
  assertEquals([input.editor.text, outcome], ["", undefined]);
  assertEquals(type(input, "<ctrl-c>").outcome, { action: "interrupt" });
});

Deno.test("Ctrl-D deletes, and asks to leave when the line is empty", PURE, () => {
  assertEquals(text(EMPTY_INPUT, "ab<ctrl-a><ctrl-d>"), "b");
  assertEquals(type(EMPTY_INPUT, "<ctrl-d>").outcome, { action: "end" });
});

Deno.test("Up goes through what was typed before that begins alike, Down back", PURE, () => {
  const input = remembering("/join Work", "hello", "/who", "hello again");
  assertEquals(text(input, "<up>"), "hello again");
  assertEquals(text(input, "<up><up>"), "/who");
  assertEquals(text(input, "hel<up><up>"), "hello");
  assertEquals(text(input, "hel<up><up><up>"), "hello");
  assertEquals(text(input, "hel<up><up><down><down>"), "hel");
  assertEquals(text(input, "/<up><up>"), "/join Work");
  assertEquals(text(input, "draft<up><down>"), "draft");
});

Deno.test("Up moves within a message of several lines first", PURE, () => {
  const input = remembering("before");
  const { input: moved } = type(input, "one<alt-enter>two<up>");
  assertEquals([moved.editor.text, moved.editor.cursor], ["one\ntwo", 3]);
});

Deno.test("Ctrl-R searches backwards, Escape gives back what was typed", PURE, () => {
  const input = remembering("first apple", "pear", "second Apple", "plum");
  assertEquals(text(input, "<ctrl-r>apple"), "second Apple");
  assertEquals(text(input, "<ctrl-r>apple<ctrl-r>"), "first apple");
  assertEquals(text(input, "<ctrl-r>pear😀<backspace>"), "pear");
  assertEquals(text(input, "typed<ctrl-r>apple<escape>"), "typed");
  assertEquals(text(input, "<ctrl-r>appl<end>!"), "second Apple!");
  assertEquals(type(input, "<ctrl-r>pear<enter>").outcome, { submit: "pear" });
  assertEquals(searchPrompt(type(input, "<ctrl-r>none").input), '(not found "none") ');
});

Deno.test(
  "Tab completes the names of the last speakers first, and goes on to the next",
  PURE,
  () => {
    assertEquals(text(EMPTY_INPUT, "b<tab>"), "Bob: ");
    assertEquals(text(EMPTY_INPUT, "b<tab><tab>"), "Bea: ");
    assertEquals(text(EMPTY_INPUT, "b<tab><tab><tab>"), "Bob: ");
    assertEquals(text(EMPTY_INPUT, "hi @ma<tab>"), "hi @Mary Ann ");
    assertEquals(hintOf(type(EMPTY_INPUT, "b<tab>").input), "[Bob:]  Bea:");
    assertEquals(hintOf(type(EMPTY_INPUT, "b<tab>x").input), undefined);
  },
);

Deno.test("Tab completes a name after punctuation, and doubles no space", PURE, () => {
  assertEquals(text(EMPTY_INPUT, "(b<tab>"), "(Bob ");
  assertEquals(text(EMPTY_INPUT, "hi,ma<tab>"), "hi,Mary Ann ");
  assertEquals(text(EMPTY_INPUT, "«@b<tab><tab>"), "«@Bea ");
  assertEquals(text(EMPTY_INPUT, "/me (b<tab>"), "/me (Bob ");
  assertEquals(text(EMPTY_INPUT, "b there<left><left><left><left><left><left><tab>"), "Bob: there");
  assertEquals(text(EMPTY_INPUT, "hi b there<alt-b><left><tab><tab>!"), "hi Bea! there");
});

Deno.test("Tab completes commands and their arguments", PURE, () => {
  assertEquals(text(EMPTY_INPUT, "/hi<tab>"), "/history ");
  assertEquals(text(EMPTY_INPUT, "/join g<tab>"), "/join Garden ");
  assertEquals(text(EMPTY_INPUT, "/room w<tab>"), "/room Work ");
  assertEquals(text(EMPTY_INPUT, "/msg mary a<tab>"), "/msg Mary Ann ");
  assertEquals(text(EMPTY_INPUT, "/help ign<tab>"), "/help ignore ");
  assertEquals(text(EMPTY_INPUT, "/me greets b<tab>"), "/me greets Bob ");
  assertEquals(text(EMPTY_INPUT, "/nothing x<tab>"), "/nothing x");
  assertEquals(text(EMPTY_INPUT, "//wh<tab>"), "//wh");
});

Deno.test("Tab changes nothing when nothing fits", PURE, () => {
  assertEquals(text(EMPTY_INPUT, "zzz<tab>"), "zzz");
  assertEquals(text(EMPTY_INPUT, "<tab>"), "");
});

Deno.test("an unknown key changes nothing", PURE, () => {
  assertEquals(type(EMPTY_INPUT, "a<f12>"), {
    input: type(EMPTY_INPUT, "a").input,
    outcome: undefined,
  });
});

Deno.test("Alt and a digit ask for a room", PURE, () => {
  assertEquals(type(EMPTY_INPUT, "<alt-3>").outcome, { action: "room-3" });
  assertEquals(type(EMPTY_INPUT, "<alt-a>").outcome, { action: "next-unread" });
});

Deno.test("parseHistory() reads what historyLine() wrote, and skips what is damaged", PURE, () => {
  const lines = ["one", "two\nlines", 'quo"te'];
  assertEquals(parseHistory(lines.map(historyLine).join("")), lines);
  assertEquals(parseHistory(historyLine("a") + '"unfinis\n' + "{}\n" + historyLine("b")), [
    "a",
    "b",
  ]);
});
