// deno-lint-ignore-file no-control-regex -- controls are what keys are made of
/** Bytes from a terminal → keys. The parser never waits: a sequence may come in pieces. */

/** What somebody did at the keyboard. */
export type Key =
  /** Typed characters, none of them a control. */
  | { kind: "text"; text: string }
  /** Pasted text, as it was: it may hold anything (bracketed paste, mode 2004). */
  | { kind: "paste"; text: string }
  /** A key that has a name: `enter`, `ctrl-a`, `alt-b`, `ctrl-alt-left`, `focus-in`… */
  | { kind: "named"; name: string };

/** What the parser has the beginning of. */
export type Waiting = "nothing" | "sequence" | "paste";

/** Characters of one paste that are kept; nobody sends more than a message's worth. */
const MAX_PASTED = 65_536;

/** Characters after which an unfinished sequence is given up. */
const LONGEST_SEQUENCE = 1_024;

const PASTE_END = "\x1b[201~";

// ECMA-48 5.4: parameters, intermediates, one final character.
const CSI = /^\x1b\[([0-?]*)[ -/]*([@-~])/;
const CSI_BEGUN = /^\x1b\[[0-?]*[ -/]*$/;
const SS3 = /^\x1bO([0-9;]*)([@-~])/;
const SS3_BEGUN = /^\x1bO[0-9;]*$/;
// OSC, DCS, SOS, PM, APC: a terminal's answers, which are no keys.
const STRING = /^\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)/;
const STRING_BEGUN = /^\x1b[\]PX^_][^\x07\x1b]*\x1b?$/;

const FINALS: Record<string, string> = {
  A: "up",
  B: "down",
  C: "right",
  D: "left",
  F: "end",
  H: "home",
  I: "focus-in",
  M: "enter",
  O: "focus-out",
  Z: "shift-tab",
};

const TILDES: Record<string, string> = {
  1: "home",
  2: "insert",
  3: "delete",
  4: "end",
  5: "page-up",
  6: "page-down",
  7: "home",
  8: "end",
};

const CODES: Record<number, string> = { 9: "tab", 13: "enter", 27: "escape", 127: "backspace" };

/** Turns what a terminal sends into keys. */
export class KeyParser {
  #pending = "";
  #pasted: string | undefined;
  readonly #decoder = new TextDecoder();

  /** What has begun and is not finished: the caller decides how long to wait for the rest. */
  get waiting(): Waiting {
    if (this.#pasted !== undefined) return "paste";
    return this.#pending === "" ? "nothing" : "sequence";
  }

  /** Takes the next bytes; gives the keys that they complete. */
  push(bytes: Uint8Array): Key[] {
    this.#pending += this.#decoder.decode(bytes, { stream: true });
    return this.#drain();
  }

  /** Says that the rest does not come: an Escape was the key, a paste is over. */
  flush(): Key[] {
    const rest = this.#pending;
    this.#pending = "";
    if (this.#pasted !== undefined) return [this.#endPaste(rest)];
    if (!rest.startsWith("\x1b")) return [];
    // "Alt-[" and "Alt-O" look like the beginning of a longer sequence.
    return [named(rest.length === 2 ? `alt-${rest.slice(1)}` : "escape")];
  }

  #drain(): Key[] {
    const keys: Key[] = [];
    while (this.#pending !== "") {
      const found = this.#pasted === undefined ? this.#next() : this.#paste();
      if (found === undefined) break;
      if (found !== "no key") keys.push(found);
    }
    return keys;
  }

  /** The next key; `undefined` when more bytes are needed. */
  #next(): Key | "no key" | undefined {
    const text = this.#pending;
    if (text.startsWith("\x1b")) return this.#sequence(text);
    const typed = /^[^\x00-\x1f\x7f]+/.exec(text)?.[0];
    if (typed === undefined) return this.#take(1, controlName(text.charCodeAt(0)));
    this.#pending = text.slice(typed.length);
    return { kind: "text", text: typed };
  }

  #sequence(text: string): Key | "no key" | undefined {
    const csi = CSI.exec(text);
    if (csi !== null) {
      if (csi[0] === "\x1b[200~") this.#pasted = "";
      return this.#take(csi[0].length, csiName(csi[1] ?? "", csi[2] ?? ""));
    }
    const ss3 = SS3.exec(text);
    if (ss3 !== null) return this.#take(ss3[0].length, csiName(ss3[1] ?? "", ss3[2] ?? ""));
    const string = STRING.exec(text);
    if (string !== null) return this.#take(string[0].length, undefined);
    const begun = text === "\x1b" || CSI_BEGUN.test(text) || SS3_BEGUN.test(text) ||
      STRING_BEGUN.test(text);
    if (begun && text.length < LONGEST_SEQUENCE) return undefined;
    return this.#alt(text);
  }

  #alt(text: string): Key | "no key" {
    const character = String.fromCodePoint(text.codePointAt(1) ?? 0);
    if (character === "\x1b" || text.length >= LONGEST_SEQUENCE) return this.#take(1, "escape");
    const code = character.charCodeAt(0);
    const name = code < 0x20 || code === 0x7f ? controlName(code) : character;
    return this.#take(1 + character.length, name === "ctrl-j" ? "alt-enter" : `alt-${name}`);
  }

  #take(length: number, name: string | undefined): Key | "no key" {
    this.#pending = this.#pending.slice(length);
    return name === undefined ? "no key" : named(name);
  }

  #paste(): Key | undefined {
    const end = this.#pending.indexOf(PASTE_END);
    if (end >= 0) {
      const key = this.#endPaste(this.#pending.slice(0, end));
      this.#pending = this.#pending.slice(end + PASTE_END.length);
      return key;
    }
    // The end's first characters may be all that has come of it.
    const sure = Math.max(0, this.#pending.length - PASTE_END.length + 1);
    this.#keepPasted(this.#pending.slice(0, sure));
    this.#pending = this.#pending.slice(sure);
    return undefined;
  }

  #endPaste(rest: string): Key {
    this.#keepPasted(rest);
    const text = this.#pasted ?? "";
    this.#pasted = undefined;
    return { kind: "paste", text };
  }

  #keepPasted(text: string): void {
    this.#pasted = ((this.#pasted ?? "") + text).slice(0, MAX_PASTED);
  }
}

function named(name: string): Key {
  return { kind: "named", name };
}

function controlName(code: number): string {
  if (code === 0x0d) return "enter";
  if (code === 0x09) return "tab";
  if (code === 0x7f || code === 0x08) return "backspace";
  if (code === 0) return "ctrl-space";
  return `ctrl-${String.fromCharCode(code + 0x40).toLowerCase()}`;
}

/** The key of a control sequence, or nothing for one that is no key of ours. */
function csiName(parameters: string, final: string): string | undefined {
  const [first = "", second = "", third = ""] = parameters.split(/[;:]/);
  if (final === "u") return withModifiers(codeName(Number(first)), second);
  if (final === "~" && first === "27") return withModifiers(codeName(Number(third)), second);
  if (final === "~") return withModifiers(TILDES[first], second);
  return withModifiers(FINALS[final], second);
}

function codeName(code: number): string | undefined {
  if (CODES[code] !== undefined) return CODES[code];
  return code > 0x20 && code < 0x110000 ? String.fromCodePoint(code) : undefined;
}

/** xterm: the parameter is 1 plus 1 for Shift, 2 for Alt, 4 for Control. */
function withModifiers(name: string | undefined, parameter: string): string | undefined {
  if (name === undefined) return undefined;
  const bits = Math.max(0, (Number(parameter) || 1) - 1);
  const shift = bits & 1 && name.length > 1 ? "shift-" : "";
  return `${bits & 4 ? "ctrl-" : ""}${bits & 2 ? "alt-" : ""}${shift}${name}`;
}
