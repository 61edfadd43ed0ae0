/** The key bindings, and the rows of `/help` about them. */

import type { Item } from "../../core/chat/items.ts";
import type { EditName } from "./editor.ts";

/** An action of a key beyond editing the line. */
export type ActionName =
  | "submit"
  | "complete"
  | "older"
  | "newer"
  | "search-back"
  | "cancel"
  | "interrupt"
  | "end"
  | "redraw"
  | "suspend"
  | "next-unread"
  | "focus-in"
  | "focus-out"
  | `room-${number}`;

/** An edit of the line, or an action. */
export type Binding = { readonly edit: EditName } | { readonly action: ActionName };

const edits: Record<EditName, string> = {
  "left": "left ctrl-b",
  "right": "right ctrl-f",
  "word-left": "alt-b ctrl-left alt-left",
  "word-right": "alt-f ctrl-right alt-right",
  "line-start": "home ctrl-a",
  "line-end": "end ctrl-e",
  "up": "",
  "down": "",
  "delete-left": "backspace shift-backspace",
  "delete-right": "delete",
  "kill-word-left": "alt-backspace ctrl-alt-h",
  "kill-word-right": "alt-d ctrl-delete",
  "kill-space-left": "ctrl-w",
  "kill-to-start": "ctrl-u",
  "kill-to-end": "ctrl-k",
  "yank": "ctrl-y",
  "yank-other": "alt-y",
  "swap": "ctrl-t",
  "newline": "alt-enter shift-enter ctrl-enter ctrl-j",
  "undo": "ctrl-_ ctrl-x",
  "redo": "alt-_ alt-r",
};

const actions: Record<Exclude<ActionName, `room-${number}`>, string> = {
  "submit": "enter",
  "complete": "tab",
  "older": "up ctrl-p",
  "newer": "down ctrl-n",
  "search-back": "ctrl-r",
  "cancel": "escape ctrl-g",
  "interrupt": "ctrl-c",
  "end": "ctrl-d",
  "redraw": "ctrl-l",
  "suspend": "ctrl-z",
  "next-unread": "alt-a",
  "focus-in": "focus-in",
  "focus-out": "focus-out",
};

/** Bindings by the key names of `keys.ts`. */
export const BINDINGS: ReadonlyMap<string, Binding> = new Map([
  ...bound(edits, (edit): Binding => ({ edit })),
  ...bound(actions, (action): Binding => ({ action })),
  ...Array.from({ length: 9 }, (_, index): [string, Binding] => [
    `alt-${index + 1}`,
    { action: `room-${index + 1}` },
  ]),
]);

function bound<Name extends string>(
  table: Record<Name, string>,
  binding: (name: Name) => Binding,
): [string, Binding][] {
  return Object.entries<string>(table).flatMap(([name, keys]) =>
    keys.split(" ").filter(Boolean).map((key): [string, Binding] => [key, binding(name as Name)])
  );
}

/** The keys, as `/help` lists them. */
export const KEYS_HELP: readonly [string, string][] = [
  ["Enter, Alt-Enter", "send; begin a new line in the message"],
  ["Tab", "complete a name, a room, a command; again for the next"],
  ["Up, Down", "what you typed before that begins like this; Ctrl-R searches in it"],
  ["Alt-1 … Alt-9, Alt-A", "go to a room; to the next room with something unread"],
  ["Ctrl-A/E, Alt-B/F", "to the line's beginning or end; a word back or on"],
  ["Ctrl-W/U/K, Alt-D", "cut the word or the line before or after; Ctrl-Y, Alt-Y paste it"],
  ["Ctrl-_, Alt-_", "undo, redo"],
  ["Ctrl-C, Ctrl-D", "cut the whole line; leave when it is empty"],
  ["Ctrl-Z, Ctrl-L", "pause; redraw the screen"],
];

/** The list of all commands with the keys below it; any other item as it is. */
export function withKeys(item: Item): Item {
  if (item.kind !== "help" || !item.isWhole) return item;
  return { ...item, rows: [...item.rows, ...KEYS_HELP] };
}
