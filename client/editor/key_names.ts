/** Control sequences → keys: xterm's, the VT100 keypad's, modifyOtherKeys and CSI u (kitty's protocol). */

/** A key press, or text. */
export type Key =
  /** Typed characters, none of them a control. */
  | { kind: "text"; text: string }
  /** Pasted text, unchanged: it may hold any character (bracketed paste, mode 2004). */
  | { kind: "paste"; text: string }
  /** A key with a name: `enter`, `ctrl-a`, `alt-b`, `ctrl-alt-left`, `focus-in`… */
  | { kind: "named"; name: string };

const SHIFT = 1;
const ALT = 2;
const CTRL = 4;
const CAPS_LOCK = 64;
const NUM_LOCK = 128;

const FINALS: ReadonlyMap<string, string> = new Map([
  ["A", "up"],
  ["B", "down"],
  ["C", "right"],
  ["D", "left"],
  ["F", "end"],
  ["H", "home"],
]);

const TILDES: ReadonlyMap<string, string> = new Map([
  ["1", "home"],
  ["2", "insert"],
  ["3", "delete"],
  ["4", "end"],
  ["5", "page-up"],
  ["6", "page-down"],
  ["7", "home"],
  ["8", "end"],
]);

/** The first of kitty's codes for the keypad, and the keys from there on. */
const KITTY_KEYPAD = 57_399;
const KEYPAD = [
  ..."0123456789./*-+",
  ..."enter = , left right up down page-up page-down home end insert delete".split(" "),
];

const CODES: ReadonlyMap<number, string> = new Map([
  [8, "backspace"],
  [9, "tab"],
  [13, "enter"],
  [27, "escape"],
  [127, "backspace"],
  ...KEYPAD.map((key, index): [number, string] => [KITTY_KEYPAD + index, key]),
]);

/** The key of `CSI parameters final`; nothing for a sequence that is no key of ours. */
export function csiKey(parameters: string, final: string, meta: boolean): Key | undefined {
  if (final === "u") return codeKey(parameters, meta);
  if (final === "~") return tildeKey(parameters, meta);
  if (final === "R") return cursorReport(parameters);
  if (parameters === "" && final === "I") return named("focus-in");
  if (parameters === "" && final === "O") return named("focus-out");
  if (parameters === "" && final === "Z") return named("shift-tab");
  const match = /^(?:1;([\d:]*))?$/.exec(parameters);
  return match === null ? undefined : keyOf(FINALS.get(final), heldKeys(match[1], meta));
}

/** The key of `SS3 parameters final`: the VT100's cursor keys and keypad. */
export function ss3Key(parameters: string, final: string, meta: boolean): Key | undefined {
  const match = /^(?:(?:1;)?(\d+))?$/.exec(parameters);
  return match === null ? undefined : keyOf(keypadKey(final), heldKeys(match[1], meta));
}

/** The name of the key that sends a C0 control or DEL. */
export function controlName(code: number): string {
  if (code === 0) return "ctrl-space";
  return CODES.get(code) ?? `ctrl-${String.fromCharCode(code + 0x40).toLowerCase()}`;
}

function keypadKey(final: string): string | undefined {
  if (final === "M") return "enter";
  if (final === "X") return "=";
  if (final === " ") return " ";
  // The VT100 sends each of these 0x40 above its character.
  if (/[j-y]/.test(final)) return String.fromCharCode(final.charCodeAt(0) - 0x40);
  return FINALS.get(final);
}

function tildeKey(parameters: string, meta: boolean): Key | undefined {
  const other = /^27;([\d:]+);(\d{1,7})$/.exec(parameters);
  if (other !== null) return characterKey(Number(other[2]), heldKeys(other[1], meta));
  const [, code = "", held] = /^(\d+)(?:;([\d:]*))?$/.exec(parameters) ?? [];
  return keyOf(TILDES.get(code), heldKeys(held, meta));
}

/** `CSI code:shifted:base ; held:event ; text u`, of which most may be left out. */
function codeKey(parameters: string, meta: boolean): Key | undefined {
  const match = /^(\d{0,7})(?::(\d{0,7})(?::(\d{0,7}))?)?(?:;([\d:]*)(?:;([\d:]*))?)?$/
    .exec(parameters);
  const held = heldKeys(match?.[4], meta);
  if (match === null || held === undefined) return undefined;
  const [code = 0, shifted = 0, base = 0] = match.slice(1, 4).map(Number);
  const isPlain = (held & (ALT | CTRL)) === 0;
  const text = isPlain ? textOf(match[5] ?? "") : "";
  if (text !== "") return { kind: "text", text };
  // A shortcut on a keyboard of another script is the key's in the Latin layout.
  if (!isPlain && code > 0x7f && base > 0) return characterKey(base, held);
  return characterKey(held & SHIFT && shifted > 0 ? shifted : code, held);
}

/** The modifiers of a parameter `1 + bits : event`; nothing for a release or an unknown modifier. */
function heldKeys(parameter: string | undefined, meta: boolean): number | undefined {
  const match = /^(\d{0,3})(?::([12]?))?$/.exec(parameter ?? "");
  if (match === null) return undefined;
  const bits = (Number(match[1]) || 1) - 1 & ~NUM_LOCK | (meta ? ALT : 0);
  return (bits & ~(SHIFT | ALT | CTRL | CAPS_LOCK)) === 0 ? bits : undefined;
}

function characterKey(code: number, held: number | undefined): Key | undefined {
  const known = CODES.get(code);
  if (known !== undefined || held === undefined) return keyOf(known, held);
  const character = characterOf(code);
  const isPlain = (held & (ALT | CTRL)) === 0;
  const isUpper = (held & SHIFT) !== 0 !== (isPlain && (held & CAPS_LOCK) !== 0);
  return keyOf(isUpper ? upperCase(character) : character, held);
}

/** A key by its name or its one character, to which Shift is applied already. */
function keyOf(name: string | undefined, held: number | undefined): Key | undefined {
  if (!name || held === undefined) return undefined;
  const isCharacter = [...name].length === 1;
  if (isCharacter && (held & (ALT | CTRL)) === 0) return { kind: "text", text: name };
  const shift = held & SHIFT && !isCharacter ? "shift-" : "";
  return named(`${held & CTRL ? "ctrl-" : ""}${held & ALT ? "alt-" : ""}${shift}${name}`);
}

function upperCase(character: string): string {
  const upper = character.toUpperCase();
  return [...upper].length === 1 ? upper : character;
}

function textOf(codes: string): string {
  return codes.split(":").map((code) => characterOf(Number(code))).join("");
}

/** The character of a code; "" for controls, surrogates, and kitty's codes of keys without one. */
function characterOf(code: number): string {
  if (!(code <= 0x10ffff)) return "";
  const character = String.fromCodePoint(code);
  return /[\p{Cc}\p{Cs}\uE000-\uF8FF]/u.test(character) ? "" : character;
}

/** The terminal's answer to DSR 6. It has the form of xterm's F3 with modifiers, which is no key of ours. */
function cursorReport(parameters: string): Key | undefined {
  const column = /^\d+;(\d+)$/.exec(parameters)?.[1];
  return column === undefined ? undefined : named(`cursor-column-${column}`);
}

/** Whether the terminal sent it by itself: nobody pressed a key. */
export function isReport(key: Key): boolean {
  return key.kind === "named" && /^(?:focus-|cursor-column-)/.test(key.name);
}

/** A key by its name. */
export function named(name: string): Key {
  return { kind: "named", name };
}
