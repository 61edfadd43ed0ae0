import { assert, assertEquals } from "@std/assert";
import {
  clear,
  edit,
  type EditName,
  type EditorState,
  EDITS,
  EMPTY_EDITOR,
  insert,
} from "../../../client/editor/editor.ts";
import { clusters } from "../../../client/editor/width.ts";
import { PURE } from "../../fixtures/pure.ts";

/** An editor from a text in which `|` is the cursor. */
function at(marked: string): EditorState {
  const cursor = marked.indexOf("|");
  return { ...EMPTY_EDITOR, text: marked.replace("|", ""), cursor };
}

function marked({ text, cursor }: EditorState): string {
  return `${text.slice(0, cursor)}|${text.slice(cursor)}`;
}

function run(start: string, ...names: EditName[]): string {
  return marked(names.reduce(edit, at(start)));
}

const FAMILY = "👩‍👩‍👧";

Deno.test("edits move and delete by what a reader calls a character", PURE, () => {
  assertEquals(run(`a${FAMILY}|b`, "left"), `a|${FAMILY}b`);
  assertEquals(run(`a|${FAMILY}b`, "right"), `a${FAMILY}|b`);
  assertEquals(run(`a${FAMILY}|b`, "delete-left"), "a|b");
  assertEquals(run("e\u0301|", "delete-left"), "|");
  assertEquals(run("🇩🇪|🇫🇷", "delete-right"), "🇩🇪|");
  assertEquals(run("|a", "left", "delete-left"), "|a");
  assertEquals(run("a|", "right", "delete-right"), "a|");
});

Deno.test(
  "Backspace deletes what was typed last: a mark where marks are typed one by one",
  PURE,
  () => {
    const cases: [text: string, left: string][] = [
      ["ที่", "ที"], // Thai
      ["นำ", "น"],
      ["ຮູ້", "ຮູ"], // Lao
      ["ខ្មែ", "ខ្ម"], // Khmer
      ["မြို့", "မြို"], // Myanmar
      ["क्षि", "क्ष"], // Devanagari
      ["நீ", "ந"], // Tamil
      ["ক্ষো", "ক্ষ"], // Bengali
      ["بَّ", "بَ"], // Arabic
      ["בָּ", "בּ"], // Hebrew
      ["བོད", "བོ"], // Tibetan
      // One keystroke, or one picture, is deleted whole.
      ["e\u0301", ""],
      ["ệ".normalize("NFD"), ""],
      ["가".normalize("NFD"), ""],
      ["が".normalize("NFD"), ""],
      ["葛\u{E0100}", ""],
      ["й".normalize("NFD"), ""],
      [FAMILY, ""],
      ["👍🏽", ""],
      ["🇩🇪", ""],
      ["1️⃣", ""],
    ];
    for (const [text, left] of cases) {
      assertEquals(run(`a${text}|b`, "delete-left"), `a${left}|b`, text);
      assertEquals(run(`a|${text}b`, "delete-right").startsWith("a|"), true, text);
    }
  },
);

Deno.test("edits move by words and lines", PURE, () => {
  assertEquals(run("one two-three|", "word-left"), "one two-|three");
  assertEquals(run("one two-three|", "word-left", "word-left", "word-left"), "|one two-three");
  assertEquals(run("|one, Ünïcode x", "word-right", "word-right"), "one, Ünïcode| x");
  assertEquals(run("one\ntw|o\nthree", "line-start"), "one\n|two\nthree");
  assertEquals(run("one\ntw|o\nthree", "line-end"), "one\ntwo|\nthree");
  assertEquals(run("one\ntw|o\nthree", "up"), "on|e\ntwo\nthree");
  assertEquals(run("one\nt|wo\n日本", "down"), "one\ntwo\n日|本");
  assertEquals(run("one\nlonger l|ine", "up"), "one|\nlonger line");
});

Deno.test("kills in a row are yanked as one", PURE, () => {
  assertEquals(run("one two three|", "kill-word-left", "kill-word-left", "yank"), "one two three|");
  assertEquals(run("one |two three", "kill-to-end", "line-start", "yank"), "two three|one ");
  assertEquals(run("one two|", "kill-to-start", "yank", "yank"), "one twoone two|");
  assertEquals(run("path/to a-b|", "kill-space-left"), "path/to |");
  assertEquals(run("a|\nb", "kill-to-end"), "a|b");
});

Deno.test("yank-other goes through what was killed before", PURE, () => {
  assertEquals(
    run("one two|", "kill-word-left", "left", "line-end", "kill-word-left", "yank", "yank-other"),
    "two|",
  );
});

Deno.test("undo takes back typing word by word, and redo brings it back", PURE, () => {
  let state: EditorState = EMPTY_EDITOR;
  for (const letter of "one two") state = insert(state, letter);
  assertEquals(marked(edit(state, "undo")), "one|");
  assertEquals(marked(edit(edit(state, "undo"), "undo")), "|");
  assertEquals(marked(edit(edit(state, "undo"), "redo")), "one two|");
  assertEquals(marked(edit(EMPTY_EDITOR, "undo")), "|");
});

Deno.test("insert() makes pasted line ends newlines and leaves controls out", PURE, () => {
  assertEquals(marked(insert(at("<|>"), "a\r\nb\rc\x1b[31m\x07\x9bd\te")), "<a\nb\nc[31md\te|>");
  assertEquals(marked(insert(at("|"), "\ud800")), "\ufffd|");
});

Deno.test("insert() leaves the cursor behind a cluster that its text has joined", PURE, () => {
  assertEquals(marked(insert(at("e|x"), "\u0301")), "e\u0301|x");
  assertEquals(marked(insert(at("👩|\u200d👧"), "!")).includes("|"), true);
});

Deno.test("swap exchanges two characters", PURE, () => {
  assertEquals(run("ab|", "swap"), "ba|");
  assertEquals(run("a|b", "swap"), "ba|");
  assertEquals(run("|a", "swap"), "|a");
});

Deno.test("clear() keeps what was killed", PURE, () => {
  const state = clear(edit(at("gone|"), "kill-to-start"));
  assertEquals(marked(edit(state, "yank")), "gone|");
});

Deno.test("no row of edits leaves the cursor inside a cluster or outside the text", PURE, () => {
  const names = Object.keys(EDITS) as EditName[];
  const texts = ["", "a", FAMILY, "e\u0301", "日本 ", "\n", "🇩🇪", "क्षि", "word "];
  // A small linear congruential generator: every run does the same.
  let seed = 20261122;
  const next = (below: number) => (seed = (seed * 48271) % 2147483647) % below;
  let state: EditorState = EMPTY_EDITOR;
  for (let step = 0; step < 5_000; step++) {
    const name = names[next(names.length)] ?? "left";
    state = next(3) === 0 ? insert(state, texts[next(texts.length)] ?? "") : edit(state, name);
    if (state.text.length > 200) state = clear(state);
    let end = 0;
    const boundaries = new Set([0, ...clusters(state.text).map((each) => end += each.length)]);
    assert(boundaries.has(state.cursor), `${name}: ${JSON.stringify(marked(state))}`);
  }
});
