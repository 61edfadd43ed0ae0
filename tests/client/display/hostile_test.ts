// deno-lint-ignore-file no-control-regex -- controls are what must not get through
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { styler } from "../../../client/display/colors.ts";
import { EMPTY_EDITOR, insert } from "../../../client/editor/editor.ts";
import type { Item } from "../../../core/chat/items.ts";
import { format, plainText } from "../../../client/display/format.ts";
import { layOut } from "../../../client/display/prompt.ts";
import { FrameWriter } from "../../../client/display/frame.ts";
import { wrap } from "../../../client/display/wrap.ts";
import { ScreenModel } from "../../fixtures/screen_model.ts";
import { PURE } from "../../fixtures/pure.ts";

/** Strings that each property is tried with; CHAT_FUZZ_RUNS=1000000 for a long night. */
const RUNS = Number(Deno.env.get("CHAT_FUZZ_RUNS")) || 4_000;

const PIECES = fc.constantFrom(
  ..."\x1b[2J|\x1b[1;1H|\x1b]0;t\x07|\x1b]52;c;aGk=\x1b\\|\x1b]8;;http://x\x1b\\|\x1bP1$r|\x1b_x|\x1b^|\x9b31m|\x9d0;|\x1b"
    .split("|"),
  ..."\r|\n|\r\n|\b|\t|\v|\f|\0|\x7f|\x85|\u2028|\u2029".split("|"),
  ..."\u202e|\u202d|\u2066|\u2069|\u200e|\u061c|\u200b|\u200d|\u200c|\u2060|\ufeff|\u00ad|\u034f"
    .split("|"),
  ..."\ud800|\udfff|\u{e0041}|\u{1d173}|\ufff9|\uffff|\uf8f0|\u3164|\u2800".split("|"),
  "e" + "\u0301".repeat(30),
  "👩‍👩‍👧",
  "🇩🇪",
  "❤️",
  "日本",
  "می‌خواهم",
  " ".repeat(37),
  "12:00 [General] Alice: ",
  "https://example.org/" + "a".repeat(70),
);
const TEXT = fc.array(fc.oneof(PIECES, fc.string({ unit: "binary", maxLength: 12 })), {
  maxLength: 12,
}).map((parts) => parts.join(""));
const COLUMNS = fc.integer({ min: 1, max: 90 });

function said(sender: string, room: string, text: string): Item {
  const message = { sender, room, text, seq: 1, at: 0 };
  return { kind: "message", message, own: false, mention: false, past: false };
}

function items(sender: string, room: string, text: string): Item[] {
  return [
    said(sender, room, text),
    said(sender, room, `/me ${text}`),
    { kind: "direct", direct: { sender, to: room, text, seq: 1, at: 0 }, own: false },
    { kind: "happened", what: { event: "topic", name: sender, topic: text }, room, at: 0 },
    { kind: "happened", what: { event: "other", message: text }, room: undefined, at: 0 },
    { kind: "problem", text },
    { kind: "failed", target: { room }, text, reason: text },
    { kind: "people", room, names: [sender, text] },
    { kind: "mark", mark: { room, seq: 1, unread: 2, mentions: 1 } },
    { kind: "rooms", rooms: [{ room, members: 1, topic: text }] },
    { kind: "found", messages: [{ sender, room, text, seq: 1, at: 0 }] },
    ...aboutRights(sender, room, text),
  ];
}

/** Items about who may what; a hostile server may write anything into each of their fields. */
function aboutRights(sender: string, room: string, text: string): Item[] {
  // deno-lint-ignore no-explicit-any -- words that this version does not know
  const word = text as any;
  const acts = ["configured", "role", "banned", word].map((event) => ({
    ...{ sender, room, text, seq: 1, at: 0, kind: "act" as const },
    act: { event, name: room, role: word, access: word, slow: 1, topic_by: word, reason: text },
  }));
  const removal = { by: sender, room, reason: text, until: 8.64e15 + 1 };
  const rules = { access: word, slow: 1, topic_by: word, owners: [sender], moderators: [text] };
  const ban = { name: sender, kind: "ban", by: text, at: 0, reason: text } as const;
  const invite = { room, code: text, uses: 1, until: Infinity };
  return [
    ...acts.map((message): Item => ({ ...said(sender, room, text), message } as Item)),
    { kind: "acts", room, acts, isAll: false },
    { kind: "acts", room, acts: [], isAll: true },
    { kind: "happened", what: { event: "banned", removal }, room, at: 0 },
    { kind: "about", room: { room, topic: text, ...rules, you: word } },
    { kind: "bans", room, bans: [ban] },
    { kind: "bans", room, bans: [] },
    { kind: "invitation", invite, link: undefined },
    { kind: "rooms", rooms: [{ room, members: 1, topic: text, access: word }] },
  ];
}

Deno.test("nothing from the network moves the cursor or touches the line being typed", PURE, () => {
  const styled = styler("256");
  fc.assert(
    fc.property(TEXT, TEXT, TEXT, COLUMNS, (sender, room, text, columns) => {
      const size = { columns, rows: 24 };
      const block = layOut(
        {
          editor: insert(EMPTY_EDITOR, "typed"),
          prompt: "G> ",
          drafts: [],
          status: text,
          hint: room,
        },
        size,
        styled,
      );
      // A character without width takes no cell.
      const bare = (row: string) =>
        row.replace(/\x1b\[[0-9;]*m|[\p{M}\u1160-\u11ff\ud7b0-\ud7ff]/gu, "").trimEnd();
      const typed = block.rows.map((row) => bare(row.text));
      const screen = new ScreenModel(Math.max(2, columns), size.rows);
      const writer = new FrameWriter();
      for (const item of items(sender, room, text)) {
        const rows = format(item, "Alice").flatMap((line) => wrap(line, columns, styled, "14:03"));
        // The model throws at any control sequence that is not the frame writer's own.
        screen.write(writer.frame(rows, block, Math.max(2, columns)));
        assertEquals(screen.last(typed.length).map(bare), typed);
      }
    }),
    { numRuns: RUNS / 4 },
  );
});

Deno.test("no text of another person begins a row of the screen", PURE, () => {
  const styled = styler("none");
  const spaced = fc.constantFrom(16, 20, 40, 80, 120);
  fc.assert(
    fc.property(TEXT, spaced, (text, columns) => {
      const lines = format(said("Eve", "General", text), "Alice");
      const rows = lines.flatMap((line) => wrap(line, columns, styled, "14:03"));
      assert(rows[0]?.startsWith("14:03 "));
      for (const row of rows.slice(1)) assert(row.startsWith("    "), JSON.stringify(row));
    }),
    { numRuns: RUNS * 5 },
  );
});

Deno.test("--plain is one line without controls for each event, whatever is in it", PURE, () => {
  // Joiners inside an emoji or a word belong to the text; they are no controls.
  const forbidden = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;
  fc.assert(
    fc.property(TEXT, TEXT, TEXT, (sender, room, text) => {
      for (const item of items(sender, room, text)) {
        for (const line of format(item, "Alice")) assert(!forbidden.test(plainText(line)));
      }
    }),
    { numRuns: RUNS * 2 },
  );
});

Deno.test("pasted text can do nothing to the screen either", PURE, () => {
  const styled = styler("256");
  fc.assert(
    fc.property(TEXT, COLUMNS, (text, columns) => {
      const editor = insert(EMPTY_EDITOR, text);
      const parts = { editor, prompt: text, drafts: [], status: undefined, hint: undefined };
      const block = layOut(parts, { columns, rows: 24 }, styled);
      const screen = new ScreenModel(Math.max(4, columns), 24);
      screen.write(new FrameWriter().frame(["said"], block, Math.max(4, columns)));
      assertEquals(screen.text[0], "said");
      assertEquals(screen.lines.length, 1 + block.rows.length);
    }),
    { numRuns: RUNS },
  );
});
