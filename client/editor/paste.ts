/**
 * Pastes without brackets. Where the terminal has no bracketed paste, pasted text comes as
 * keys, its line ends as Enter; it is known by how close together the keys come, as irssi
 * and WeeChat do.
 */

import type { Key } from "./keys.ts";

const BREAKS: ReadonlyMap<string, string> = new Map([
  ["enter", "\n"],
  ["ctrl-j", "\n"],
  ["tab", "\t"],
]);

/**
 * Turns keys that came together into a paste when text follows an Enter or a Tab among them:
 * one line and its Enter may be a script's. With `continues`, a paste came just before, and
 * every Enter belongs to it. Returns `keys` itself where there is no paste.
 */
export function joinPaste(keys: Key[], continues: boolean): Key[] {
  const first = keys.findIndex((key) => textOf(key) !== undefined);
  const lastText = keys.findLastIndex(({ kind }) => kind === "text");
  const lastBreak = keys.findLastIndex(isBreak);
  const firstBreak = keys.findIndex(isBreak);
  if (firstBreak < 0 || !continues && firstBreak > lastText) return keys;
  const end = Math.max(lastText, lastBreak) + 1;
  // Other keys between pasted characters are pasted controls.
  const text = keys.slice(first, end).map((key) => textOf(key) ?? "").join("");
  return [...keys.slice(0, first), { kind: "paste", text }, ...keys.slice(end)];
}

function textOf(key: Key): string | undefined {
  return key.kind === "named" ? BREAKS.get(key.name) : key.text;
}

function isBreak(key: Key): boolean {
  return key.kind === "named" && BREAKS.has(key.name);
}
