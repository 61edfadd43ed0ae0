import { assertEquals } from "@std/assert";
import { UnreadBuffer } from "../../../client/display/unread_buffer.ts";
import type { Item } from "../../../core/chat/items.ts";
import {
  applyLine,
  emptyJournal,
  isSaidBy,
  type JournalLine,
  journalLine,
  parseJournal,
  writeJournal,
} from "../../../core/session/journal.ts";
import { PURE } from "../../fixtures/pure.ts";

const LINES: JournalLine[] = [
  { session: "token" },
  { stays: true },
  { ignored: ["Eve", "Mallory"] },
  { draft: { ref: 1, target: { room: "General" }, text: "one\ntwo" } },
  { sent: 1 },
  { draft: { ref: 2, target: { to: "Bob" }, text: "psst" } },
  { draft: { ref: 3, target: { room: "Work" }, text: "three" } },
  { done: 1 },
];

Deno.test(
  "parseJournal() gives what is not acknowledged, in order, and whether it was sent",
  PURE,
  () => {
    const { session, stays, ignored, drafts, lastRef } = parseJournal(
      LINES.map(journalLine).join(""),
    );
    assertEquals([session, stays, lastRef], ["token", true, 3]);
    assertEquals(ignored, ["Eve", "Mallory"]);
    assertEquals([...drafts.values()], [
      { ref: 2, target: { to: "Bob" }, text: "psst", sent: false },
      { ref: 3, target: { room: "Work" }, text: "three", sent: false },
    ]);
  },
);

Deno.test(
  "parseJournal() reads as far as a killed process came, cut at every character",
  PURE,
  () => {
    const text = LINES.map(journalLine).join("");
    const state = emptyJournal();
    let whole = 0;
    for (let cut = 0; cut < text.length; cut++) {
      const ended = text.slice(0, cut).split("\n").length - 1;
      for (; whole < ended; whole++) applyLine(state, LINES[whole] as JournalLine);
      const read = parseJournal(text.slice(0, cut));
      // A line that lacks its newline alone is complete all the same.
      if (text[cut] === "\n") continue;
      assertEquals([...read.drafts.values()], [...state.drafts.values()], `cut at ${cut}`);
    }
  },
);

Deno.test("parseJournal() skips what is damaged", PURE, () => {
  const damaged = [
    "null",
    "[]",
    "{}",
    '{"done": "x"}',
    '{"ignored": [1]}',
    '{"draft": {"ref": 1}}',
    "\u0000",
    "{",
  ];
  const text = damaged.join("\n") + "\n" + journalLine({ session: "kept" });
  assertEquals(parseJournal(text), {
    session: "kept",
    stays: false,
    ignored: [],
    drafts: new Map(),
    lastRef: 0,
  });
});

Deno.test("writeJournal() amounts to the same, and refs go on rising", PURE, () => {
  const state = parseJournal(LINES.map(journalLine).join(""));
  assertEquals(parseJournal(writeJournal(state)), state);
  applyLine(state, { done: 2 });
  applyLine(state, { done: 3 });
  const again = parseJournal(writeJournal(state));
  assertEquals([again.lastRef, again.drafts.size], [3, 0]);
});

Deno.test(
  "parseJournal() gives drafts that were moved their new refs, behind all others",
  PURE,
  () => {
    const moved: JournalLine = { moved: [[2, 9], [1, 12]] };
    const { drafts, lastRef } = parseJournal([...LINES, moved].map(journalLine).join(""));
    // The first one was done before, and does not come back.
    assertEquals([lastRef, [...drafts.values()]], [12, [
      { ref: 3, target: { room: "Work" }, text: "three", sent: false },
      { ref: 9, target: { to: "Bob" }, text: "psst", sent: false },
    ]]);
  },
);

Deno.test(
  "parseJournal() knows what was sent in an earlier session, also when rewritten",
  PURE,
  () => {
    const lines: JournalLine[] = [...LINES, { sent: 2 }, { session: "next" }, { sent: 3 }];
    const state = parseJournal(lines.map(journalLine).join(""));
    const strays = () => [...state.drafts.values()].map(({ isStray = false }) => isStray);
    assertEquals([state.session, strays()], ["next", [true, false]]);
    assertEquals(parseJournal(writeJournal(state)), state);
    applyLine(state, { session: "next" });
    assertEquals(strays(), [true, false]);
  },
);

Deno.test(
  "isSaidBy() compares the kind, the place as names are, and the text as it is",
  PURE,
  () => {
    const draft = { ref: 1, target: { room: "Café" }, text: "é", sent: true };
    const said = { sender: "Alice", room: "CAFE\u0301", text: "é", seq: 1, at: 0 };
    assertEquals(isSaidBy(draft, said), true);
    assertEquals(isSaidBy(draft, { ...said, text: "e\u0301" }), false);
    assertEquals(isSaidBy(draft, { ...said, room: "Cafe" }), false);
    const direct = { sender: "Alice", to: "Café", text: "é", seq: 1, at: 0 };
    assertEquals(isSaidBy(draft, direct), false);
    assertEquals(isSaidBy({ ...draft, target: { to: "café" } }, direct), true);
    assertEquals(isSaidBy({ ...draft, target: { to: "café" } }, said), false);
  },
);

Deno.test(
  "the unread buffer counts what is unread, keeps the latest and says how much it left out",
  PURE,
  () => {
    const buffer = new UnreadBuffer();
    const item = (seq: number, more: Partial<Item> = {}) => ({
      kind: "message",
      message: { sender: "Bob", room: "Work", text: `${seq}`, seq, at: 0 },
      own: false,
      mention: false,
      past: false,
      ...more,
    } as Item);
    for (let seq = 1; seq <= 250; seq++) buffer.keep("Work", item(seq));
    buffer.keep("Work", item(251, { own: true } as Partial<Item>));
    buffer.keep("Ops", item(1, { mention: true } as Partial<Item>));
    const counts = buffer.unread.map(({ room, count, mentions }) => [room, count, mentions]);
    assertEquals(counts, [["Work", 250, 0], ["Ops", 1, 1]]);
    assertEquals(buffer.next, "Ops");
    const { items, left, count } = buffer.take("work");
    assertEquals([items.length, left, count], [200, 51, 250]);
    assertEquals(buffer.take("Work").items, []);
  },
);
