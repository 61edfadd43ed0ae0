/** A line editor: text, cursor, kill ring, undo. Every edit returns a new state. */

import { clusters } from "./width.ts";

/** Steps of undo. */
const MAX_UNDO = 200;

/** Entries of the kill ring. */
const MAX_KILLED = 16;

/** The state of the editor. */
export interface EditorState {
  readonly text: string;
  /** In UTF-16 code units; always between two grapheme clusters. */
  readonly cursor: number;
  /** The kill ring, the latest first. */
  readonly killed: readonly string[];
  readonly undo: readonly Snapshot[];
  readonly redo: readonly Snapshot[];
  /** The kind of the last edit: consecutive kills are one kill, consecutive letters one undo step. */
  readonly last: EditKind;
}

interface Snapshot {
  readonly text: string;
  readonly cursor: number;
}

type EditKind = "move" | "insert" | "delete" | "kill" | "yank";

/** An editor with nothing in it. */
export const EMPTY_EDITOR: EditorState = {
  text: "",
  cursor: 0,
  killed: [],
  undo: [],
  redo: [],
  last: "move",
};

/** The edits by name. */
export const EDITS = {
  "left": (state) => moved(state, before(state.text, state.cursor)),
  "right": (state) => moved(state, after(state.text, state.cursor)),
  "word-left": (state) => moved(state, wordStart(state)),
  "word-right": (state) => moved(state, wordEnd(state)),
  "line-start": (state) => moved(state, lineStart(state)),
  "line-end": (state) => moved(state, lineEnd(state)),
  "up": (state) => moved(state, lineAbove(state) ?? state.cursor),
  "down": (state) => moved(state, lineBelow(state) ?? state.cursor),
  "delete-left": (state) => cut(state, typedBefore(state), state.cursor, "delete"),
  "delete-right": (state) => cut(state, state.cursor, after(state.text, state.cursor), "delete"),
  "kill-word-left": (state) => cut(state, wordStart(state), state.cursor, "kill"),
  "kill-word-right": (state) => cut(state, state.cursor, wordEnd(state), "kill"),
  "kill-space-left": (state) => cut(state, spaceStart(state), state.cursor, "kill"),
  "kill-to-start": (state) => cut(state, lineStart(state), state.cursor, "kill"),
  "kill-to-end": (state) => cut(state, state.cursor, killEnd(state), "kill"),
  "yank": (state) => inserted(state, state.killed[0] ?? "", "yank"),
  "yank-other": yankOther,
  "swap": swap,
  "newline": (state) => insert(state, "\n"),
  "undo": undo,
  "redo": redo,
} as const satisfies Record<string, (state: EditorState) => EditorState>;

/** The name of an edit. */
export type EditName = keyof typeof EDITS;

/** Does one edit. */
export function edit(state: EditorState, name: EditName): EditorState {
  return EDITS[name](state);
}

/** Inserts `text` at the cursor; line ends become `\n`, controls but tabs are dropped. */
export function insert(state: EditorState, text: string): EditorState {
  return inserted(state, clean(text), "insert");
}

/** Replaces the text between `start` and `end`, with the cursor after the new text. */
export function replace(state: EditorState, [start, end]: [number, number], text: string) {
  const whole = state.text.slice(0, start) + text + state.text.slice(end);
  return changed(state, whole, start + text.length, "delete");
}

/** Replaces the whole text, with the cursor at the end. */
export function setText(state: EditorState, text: string): EditorState {
  return changed(state, text, text.length, "delete");
}

/** Empties the line and its undo; the kill ring stays. */
export function clear(state: EditorState): EditorState {
  return { ...EMPTY_EDITOR, killed: state.killed };
}

/** Kills the whole text. */
export function killAll(state: EditorState): EditorState {
  return cut(state, 0, state.text.length, "kill");
}

/** `text` without what Backspace deletes at its end. */
export function withoutLast(text: string): string {
  return text.slice(0, typedBefore({ text, cursor: text.length }));
}

/** Whether the cursor is in the first line of the text. */
export function inFirstLine({ text, cursor }: EditorState): boolean {
  return !text.slice(0, cursor).includes("\n");
}

/** Whether the cursor is in the last line of the text. */
export function inLastLine({ text, cursor }: EditorState): boolean {
  return !text.slice(cursor).includes("\n");
}

function clean(text: string): string {
  // deno-lint-ignore no-control-regex -- pasted text may hold any control
  return text.toWellFormed().replace(/\r\n?/g, "\n").replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, "");
}

function inserted(state: EditorState, text: string, kind: EditKind): EditorState {
  if (text === "") return state;
  const { cursor } = state;
  const whole = state.text.slice(0, cursor) + text + state.text.slice(cursor);
  return changed(state, whole, cursor + text.length, kind);
}

function moved(state: EditorState, cursor: number): EditorState {
  return { ...state, cursor, last: "move" };
}

function changed(
  state: EditorState,
  text: string,
  cursor: number,
  kind: EditKind,
): EditorState {
  const step = kind === "insert" && state.last === "insert" && !/\s/.test(text[cursor - 1] ?? "");
  const undo = step ? state.undo : [...state.undo, snapshot(state)].slice(-MAX_UNDO);
  return { ...state, text, cursor: settle(text, cursor), undo, redo: [], last: kind };
}

/** Moves the cursor to the end of its cluster, since inserted text may combine with what follows it. */
function settle(text: string, cursor: number): number {
  let end = 0;
  for (const cluster of clusters(text)) {
    if (end >= cursor) break;
    end += cluster.length;
  }
  return end;
}

function snapshot({ text, cursor }: EditorState): Snapshot {
  return { text, cursor };
}

function cut(state: EditorState, start: number, end: number, kind: "delete" | "kill"): EditorState {
  if (start === end) return state;
  const taken = state.text.slice(start, end);
  const next = changed(state, state.text.slice(0, start) + state.text.slice(end), start, kind);
  return kind === "delete" ? next : { ...next, killed: killed(state, taken, start) };
}

function killed({ killed: known, last, cursor }: EditorState, taken: string, start: number) {
  if (last !== "kill") return [taken, ...known].slice(0, MAX_KILLED);
  const [latest = "", ...older] = known;
  return [start < cursor ? taken + latest : latest + taken, ...older];
}

function yankOther(state: EditorState): EditorState {
  const [latest, ...older] = state.killed;
  if (state.last !== "yank" || latest === undefined || older.length === 0) return state;
  const start = state.cursor - latest.length;
  const turned = { ...state, killed: [...older, latest] };
  return { ...replace(turned, [start, state.cursor], older[0] ?? ""), last: "yank" };
}

function swap(state: EditorState): EditorState {
  const { text, cursor } = state;
  const middle = cursor === text.length ? before(text, cursor) : cursor;
  const start = before(text, middle);
  const end = after(text, middle);
  if (start === middle || middle === end) return state;
  return replace(state, [start, end], text.slice(middle, end) + text.slice(start, middle));
}

function undo(state: EditorState): EditorState {
  const step = state.undo.at(-1);
  if (step === undefined) return state;
  return {
    ...state,
    ...step,
    undo: state.undo.slice(0, -1),
    redo: [...state.redo, snapshot(state)],
    last: "move",
  };
}

function redo(state: EditorState): EditorState {
  const step = state.redo.at(-1);
  if (step === undefined) return state;
  return {
    ...state,
    ...step,
    redo: state.redo.slice(0, -1),
    undo: [...state.undo, snapshot(state)],
    last: "move",
  };
}

function before(text: string, cursor: number): number {
  let start = 0;
  for (const cluster of clusters(text)) {
    if (start + cluster.length >= cursor) break;
    start += cluster.length;
  }
  return cursor === 0 ? 0 : start;
}

// Clusters of scripts whose vowel signs, tones and joined letters are typed one by one.
const SPELLED =
  /^(?!\p{sc=Latn}|\p{sc=Grek}|\p{sc=Cyrl}|\p{sc=Han}|\p{sc=Hira}|\p{sc=Kana}|\p{sc=Hang}|\p{sc=Bopo}|\p{sc=Zyyy}|\p{sc=Zinh})[\p{L}\p{M}]/u;

/** Where Backspace deletes from: the last character that was typed, not the whole syllable. */
function typedBefore({ text, cursor }: Pick<EditorState, "text" | "cursor">): number {
  const start = before(text, cursor);
  const cluster = text.slice(start, cursor);
  return SPELLED.test(cluster) ? cursor - ([...cluster].at(-1)?.length ?? 0) : start;
}

function after(text: string, cursor: number): number {
  let end = 0;
  for (const cluster of clusters(text)) {
    end += cluster.length;
    if (end > cursor) break;
  }
  return end;
}

const WORD_BEFORE = /[\p{L}\p{N}\p{M}_]+[^\p{L}\p{N}\p{M}_]*$/u;
const WORD_AFTER = /^[^\p{L}\p{N}\p{M}_]*[\p{L}\p{N}\p{M}_]+/u;

function wordStart({ text, cursor }: EditorState): number {
  return Math.max(0, text.slice(0, cursor).search(WORD_BEFORE));
}

function wordEnd({ text, cursor }: EditorState): number {
  const found = WORD_AFTER.exec(text.slice(cursor));
  return found === null ? text.length : cursor + found[0].length;
}

function spaceStart({ text, cursor }: EditorState): number {
  return text.slice(0, cursor).replace(/\S*\s*$/, "").length;
}

function lineStart({ text, cursor }: EditorState): number {
  return text.slice(0, cursor).lastIndexOf("\n") + 1;
}

function lineEnd({ text, cursor }: EditorState): number {
  const end = text.indexOf("\n", cursor);
  return end < 0 ? text.length : end;
}

/** The end of the line, or past the newline when the cursor is at the end already. */
function killEnd(state: EditorState): number {
  const end = lineEnd(state);
  return end === state.cursor ? after(state.text, end) : end;
}

function lineAbove(state: EditorState): number | undefined {
  const start = lineStart(state);
  if (start === 0) return undefined;
  return sameColumn(state, lineStart({ ...state, cursor: start - 1 }));
}

function lineBelow(state: EditorState): number | undefined {
  const end = lineEnd(state);
  return end === state.text.length ? undefined : sameColumn(state, end + 1);
}

/** The offset in the line starting at `start` that is as many clusters in as the cursor is. */
function sameColumn(state: EditorState, start: number): number {
  const column = clusters(state.text.slice(lineStart(state), state.cursor)).length;
  const line = state.text.slice(start, lineEnd({ ...state, cursor: start }));
  return start + clusters(line).slice(0, column).join("").length;
}
