// deno-lint-ignore-file no-control-regex -- keys are made of controls
/**
 * Bytes from a terminal → keys, by ECMA-48. The parser never waits: a sequence may come
 * in pieces. A sequence that is no key gives none, whole or broken off anywhere.
 */

import {
  altKey,
  decode,
  ESCAPE,
  escape,
  FORMS,
  LATE_REST,
  type Mode,
  STRINGS,
  TYPED,
  TYPED_BEGUN,
} from "./key_forms.ts";
import type { Key } from "./key_names.ts";

export type { Key };

/** The held beginning: an Escape, which may be a key or begin a sequence; a sequence; a paste. */
export type Waiting = "nothing" | "escape" | "sequence" | "paste";

/** Characters kept of one paste; more than the longest message. */
const MAX_PASTED = 65_536;

const PASTE_END = "\x1b[201~";

/** Turns the bytes that a terminal sends into keys. */
export class KeyParser {
  #pending = "";
  #mode: Mode = "keys";
  #pasted = "";
  /** The beginning that {@linkcode flush} has given up, in case its rest comes after all. */
  #torn: { mode: Mode; pending: string } | undefined;

  /** The beginning that is held; the caller decides how long to wait for the rest. */
  get waiting(): Waiting {
    if (this.#mode !== "keys") return this.#mode === "paste" ? "paste" : "sequence";
    const text = this.#pending;
    if (text === "" || TYPED_BEGUN.test(text)) return "nothing";
    return ESCAPE.test(text) ? "escape" : "sequence";
  }

  /** Takes the next bytes; returns the keys that they complete. */
  push(bytes: Uint8Array): Key[] {
    const text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
    if (this.#torn !== undefined) this.#mend(this.#torn, text);
    this.#pending += text;
    const keys: Key[] = [];
    for (let [mode, rest] = ["", ""]; this.#pending !== rest || this.#mode !== mode;) {
      [mode, rest] = [this.#mode, this.#pending];
      const key = this.#mode === "keys" ? this.#key() : this.#content(this.#mode);
      if (key !== undefined) keys.push(key);
    }
    return keys;
  }

  /** Gives the rest up: an Escape was the key, a paste is over, a sequence is dropped. */
  flush(): Key[] {
    const [mode, pending] = [this.#mode, this.#pending];
    if (this.waiting === "nothing") return [];
    this.#torn = { mode, pending };
    [this.#mode, this.#pending] = ["keys", ""];
    if (mode === "paste") {
      const end = pending.search(/\x1b(?:\[(?:2(?:01?)?)?)?$/);
      const rest = end < 0 ? "" : pending.slice(end);
      this.#torn.pending = rest;
      return [this.#endPaste(pending.slice(0, pending.length - rest.length))];
    }
    if (mode !== "keys" || !ESCAPE.test(pending)) return [];
    const [, character = ""] = pending;
    return [character === "" || character === "\x1b" ? escape() : altKey(character)];
  }

  /** Takes a given-up beginning back when `text` is its rest, and not typed. */
  #mend({ mode, pending }: { mode: Mode; pending: string }, text: string): void {
    if (text === "") return;
    this.#torn = undefined;
    const isRest = mode === "paste"
      ? (pending + text).includes(PASTE_END)
      : mode !== "keys" || /^\x1b[PX\]^_]$/.test(pending)
      ? /\x07|\x1b\\|\xc2\x9c/.test(text)
      // Nobody types so much of a sequence, nor its rest after an Escape, in one read.
      : pending.length > 2 || text.length > 1 && LATE_REST.test(pending + text);
    if (isRest) [this.#mode, this.#pending] = [mode, pending];
  }

  /** The next key; nothing when more bytes are needed, or the bytes are no key. */
  #key(): Key | undefined {
    const text = this.#pending;
    const typed = TYPED.exec(text)?.[0];
    if (typed !== undefined) return { kind: "text", text: decode(this.#take(typed.length)) };
    if (text === "" || TYPED_BEGUN.test(text)) return undefined;
    for (const { whole, begun, gives } of FORMS) {
      if (begun?.test(text)) return undefined;
      const match = whole.exec(text);
      if (match !== null) return this.#enter(gives(match), match[0].length);
    }
    return undefined;
  }

  #enter(given: Key | Exclude<Mode, "keys"> | undefined, length: number): Key | undefined {
    this.#take(length);
    if (typeof given !== "string") return given;
    this.#mode = given;
    return undefined;
  }

  #take(length: number): string {
    const taken = this.#pending.slice(0, length);
    this.#pending = this.#pending.slice(length);
    return taken;
  }

  #content(mode: Exclude<Mode, "keys">): Key | undefined {
    if (mode === "paste") return this.#paste();
    this.#take(STRINGS[mode].body.exec(this.#pending)?.[0].length ?? 0);
    const end = STRINGS[mode].end.exec(this.#pending);
    if (end !== null) {
      this.#take(end[0].length);
      this.#mode = "keys";
    } else if (!/^\x1b?$/.test(this.#pending) && !TYPED_BEGUN.test(this.#pending)) {
      // Not UTF-8.
      this.#take(1);
    }
    return undefined;
  }

  #paste(): Key | undefined {
    const end = this.#pending.indexOf(PASTE_END);
    if (end >= 0) {
      const key = this.#endPaste(this.#take(end));
      this.#take(PASTE_END.length);
      return key;
    }
    // The last characters may be the beginning of the end.
    this.#keepPasted(this.#take(Math.max(0, this.#pending.length - PASTE_END.length + 1)));
    return undefined;
  }

  #endPaste(rest: string): Key {
    this.#keepPasted(rest);
    const text = decode(this.#pasted).slice(0, MAX_PASTED);
    [this.#pasted, this.#mode] = ["", "keys"];
    return { kind: "paste", text };
  }

  #keepPasted(text: string): void {
    this.#pasted = (this.#pasted + text).slice(0, 4 * MAX_PASTED);
  }
}
