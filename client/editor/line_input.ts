/** What a key makes of the line that is typed: editor, history, search and completion together. */

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
  replace,
  setText,
} from "./editor.ts";
import {
  EMPTY_HISTORY,
  type InputHistory,
  newer,
  older,
  remember,
  searchBack,
  settleHistory,
} from "./input_history.ts";
import type { Key } from "./keys.ts";

/** The line that is typed, and everything that helps to type it. */
export interface LineInput {
  readonly editor: EditorState;
  readonly history: InputHistory;
  /** While searching backwards in the history. */
  readonly search: Search | undefined;
  /** While Tab goes through candidates. */
  readonly offer: Offer | undefined;
}

interface Search {
  readonly query: string;
  /** The line that was found; the number of lines when none was. */
  readonly at: number;
  /** What stood in the line before. */
  readonly typed: string;
}

interface Offer extends Completion {
  /** Which candidate stands in the line. */
  readonly chosen: number;
}

/** What a key asks for besides a change of the line. */
export type KeyOutcome = { submit: string } | { action: ActionName } | undefined;

/** Nothing typed, nothing remembered. */
export const EMPTY_INPUT: LineInput = {
  editor: EMPTY_EDITOR,
  history: EMPTY_HISTORY,
  search: undefined,
  offer: undefined,
};

/** Takes a key in. `known` is what Tab may offer. */
export function press(input: LineInput, key: Key, known: Known): [LineInput, KeyOutcome] {
  if (input.search !== undefined) return pressSearching(input, input.search, key, known);
  if (key.kind !== "named") return [typed(input, key.text), undefined];
  const binding = BINDINGS.get(key.name);
  if (binding === undefined) return [input, undefined];
  if ("edit" in binding) return [changed(input, edit(input.editor, binding.edit)), undefined];
  const act = ACTIONS[binding.action];
  return act === undefined ? [input, { action: binding.action }] : act(input, known);
}

/** What stands below the line while something is offered. */
export function hintOf({ offer }: LineInput): string | undefined {
  if (offer === undefined || offer.candidates.length < 2) return undefined;
  return offer.candidates
    .map((each, index) => index === offer.chosen ? `[${each.trim()}]` : each.trim())
    .join("  ");
}

/** What stands before the line while it is searched for. */
export function searchPrompt({ search, history }: LineInput): string | undefined {
  if (search === undefined) return undefined;
  const found = search.query === "" || search.at < history.lines.length;
  return `(${found ? "" : "not "}found "${search.query}") `;
}

/** The line without its text: it was sent. */
export function sent(input: LineInput, line: string): LineInput {
  return { ...changed(input, clear(input.editor)), history: remember(input.history, line) };
}

type Act = (input: LineInput, known: Known) => [LineInput, KeyOutcome];

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
      : [changed(input, clear(input.editor)), undefined],
  "end": (input) =>
    input.editor.text === ""
      ? [input, { action: "end" }]
      : [changed(input, edit(input.editor, "delete-right")), undefined],
};

function changed(input: LineInput, editor: EditorState): LineInput {
  const history = editor.text === input.editor.text ? input.history : settleHistory(input.history);
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

function offered(input: LineInput, known: Known): LineInput {
  const { editor, offer } = input;
  const fresh = offer ?? { ...complete(editor.text, editor.cursor, known), chosen: -1 };
  if (fresh.candidates.length === 0) return input;
  const chosen = (fresh.chosen + 1) % fresh.candidates.length;
  const text = fresh.candidates[chosen] ?? "";
  const next = replace(editor, [fresh.start, editor.cursor], text);
  // One candidate is the answer; the next Tab asks anew.
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
  known: Known,
): [LineInput, KeyOutcome] {
  const latest = input.history.lines.length;
  if (key.kind !== "named") {
    return [found(input, search, search.query + key.text, latest), undefined];
  }
  const action = BINDINGS.get(key.name);
  const name = action !== undefined && "action" in action ? action.action : "";
  if (name === "search-back") return [found(input, search, search.query, search.at), undefined];
  if (key.name === "backspace") {
    return [found(input, search, search.query.slice(0, -1), latest), undefined];
  }
  if (name === "cancel" || name === "interrupt") {
    return [changed(input, setText(input.editor, search.typed)), undefined];
  }
  // Every other key takes what was found and does with it what it does.
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
