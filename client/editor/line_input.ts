/** The input line: editor, history, search and completion, driven by keys. */

import { type ActionName, BINDINGS } from "./bindings.ts";
import { complete, type Completion, type Known } from "../../core/chat/completion.ts";
import {
  clear,
  edit,
  type EditorState,
  EDITS,
  EMPTY_EDITOR,
  inFirstLine,
  inLastLine,
  insert,
  killAll,
  replace,
  setText,
  withoutLast,
} from "./editor.ts";
import {
  EMPTY_HISTORY,
  type InputHistory,
  newer,
  older,
  remember,
  searchBack,
  stopBrowsing,
} from "./input_history.ts";
import type { Key } from "./keys.ts";

/** The state of the input line. */
export interface LineInput {
  readonly editor: EditorState;
  readonly history: InputHistory;
  /** The search in the history, while there is one. */
  readonly search: Search | undefined;
  /** The candidates of Tab, while it goes through them. */
  readonly offer: Offer | undefined;
}

interface Search {
  readonly query: string;
  /** The index of the line found; the number of lines when there is none. */
  readonly at: number;
  /** The line's text before the search. */
  readonly typed: string;
}

interface Offer extends Completion {
  /** The index of the candidate in the line. */
  readonly chosen: number;
}

/** The action that a key asks of the app, if it does. */
export type KeyOutcome = { submit: string } | { action: ActionName } | undefined;

/** An empty line without history. */
export const EMPTY_INPUT: LineInput = {
  editor: EMPTY_EDITOR,
  history: EMPTY_HISTORY,
  search: undefined,
  offer: undefined,
};

/** Applies a key. `known` is what Tab completes from. */
export function press(input: LineInput, key: Key, known: () => Known): [LineInput, KeyOutcome] {
  if (input.search !== undefined) return pressSearching(input, input.search, key, known);
  if (key.kind !== "named") return [typed(input, key.text), undefined];
  const binding = BINDINGS.get(key.name);
  if (binding === undefined) return [input, undefined];
  if ("edit" in binding) return [changed(input, edit(input.editor, binding.edit)), undefined];
  const act = ACTIONS[binding.action];
  return act === undefined ? [input, { action: binding.action }] : act(input, known);
}

/** The row below the line that lists Tab's candidates. */
export function hintOf({ offer }: LineInput): string | undefined {
  if (offer === undefined || offer.candidates.length < 2) return undefined;
  return offer.candidates
    .map((each, index) => index === offer.chosen ? `[${each.trim()}]` : each.trim())
    .join("  ");
}

/** The prompt of a search in the history. */
export function searchPrompt({ search, history }: LineInput): string | undefined {
  if (search === undefined) return undefined;
  const found = search.query === "" || search.at < history.lines.length;
  return `(${found ? "" : "not "}found "${search.query}") `;
}

/** Empties the line after it was sent, and adds `line` to the history. */
export function sent(input: LineInput, line: string): LineInput {
  return { ...changed(input, clear(input.editor)), history: remember(input.history, line) };
}

/** The line as it was typed: a search has put nothing in its place. */
export function typedIn({ editor, search }: LineInput): EditorState {
  return search === undefined ? editor : setText(editor, search.typed);
}

/** The same input with another line; the history and the kill ring are shared. */
export function withEditor(input: LineInput, editor: EditorState): LineInput {
  const { killed } = input.editor;
  const history = stopBrowsing(input.history);
  return { ...EMPTY_INPUT, history, editor: { ...editor, killed, last: "move" } };
}

type Act = (input: LineInput, known: () => Known) => [LineInput, KeyOutcome];

const ACTIONS: Partial<Record<ActionName, Act>> = {
  "submit": (input) => [changed(input, input.editor), { submit: input.editor.text }],
  "complete": (input, known) => [offered(input, known), undefined],
  "older": (input) => [up(input), undefined],
  "newer": (input) => [down(input), undefined],
  "search-back": (input) => [beginSearch(input), undefined],
  "cancel": (input) => [changed(input, input.editor), undefined],
  "interrupt": (input) =>
    input.editor.text === ""
      ? [input, { action: "interrupt" }]
      : [changed(input, killAll(input.editor)), undefined],
  "end": (input) =>
    input.editor.text === ""
      ? [input, { action: "end" }]
      : [changed(input, edit(input.editor, "delete-right")), undefined],
};

function changed(input: LineInput, editor: EditorState): LineInput {
  const history = editor.text === input.editor.text ? input.history : stopBrowsing(input.history);
  return { editor, history, search: undefined, offer: undefined };
}

function typed(input: LineInput, text: string): LineInput {
  return changed(input, insert(input.editor, text));
}

function up(input: LineInput): LineInput {
  if (!inFirstLine(input.editor)) return changed(input, EDITS.up(input.editor));
  return browsed(input, older(input.history, input.editor.text));
}

function down(input: LineInput): LineInput {
  if (!inLastLine(input.editor)) return changed(input, EDITS.down(input.editor));
  return browsed(input, newer(input.history, input.editor.text));
}

function browsed(input: LineInput, [history, text]: [InputHistory, string]): LineInput {
  const same = text === input.editor.text;
  const editor = same ? input.editor : setText(input.editor, text);
  return { editor, history, search: undefined, offer: undefined };
}

function offered(input: LineInput, known: () => Known): LineInput {
  const { editor, offer } = input;
  const fresh = offer ?? { ...complete(editor.text, editor.cursor, known()), chosen: -1 };
  if (fresh.candidates.length === 0) return input;
  const chosen = (fresh.chosen + 1) % fresh.candidates.length;
  const text = fresh.candidates[chosen] ?? "";
  const next = replace(editor, [fresh.start, editor.cursor], text);
  // A single candidate is final; the next Tab completes anew.
  const open = fresh.candidates.length > 1 ? { ...fresh, chosen } : undefined;
  return { ...input, editor: next, offer: open };
}

function beginSearch(input: LineInput): LineInput {
  const at = input.history.lines.length;
  return { ...input, offer: undefined, search: { query: "", at, typed: input.editor.text } };
}

function pressSearching(
  input: LineInput,
  search: Search,
  key: Key,
  known: () => Known,
): [LineInput, KeyOutcome] {
  const latest = input.history.lines.length;
  if (key.kind !== "named") {
    return [found(input, search, search.query + key.text, latest), undefined];
  }
  const action = BINDINGS.get(key.name);
  const name = action !== undefined && "action" in action ? action.action : "";
  if (name === "search-back") return [found(input, search, search.query, search.at), undefined];
  if (key.name === "backspace") {
    return [found(input, search, withoutLast(search.query), latest), undefined];
  }
  if (name === "cancel" || name === "interrupt") {
    return [changed(input, typedIn(input)), undefined];
  }
  // Any other key accepts the line found, and acts on it.
  return press({ ...input, search: undefined }, key, known);
}

function found(input: LineInput, search: Search, query: string, from: number): LineInput {
  const at = searchBack(input.history, query, from);
  const line = input.history.lines[at];
  if (line === undefined) {
    return { ...input, search: { ...search, query, at: input.history.lines.length } };
  }
  return { ...input, editor: setText(input.editor, line), search: { ...search, query, at } };
}
