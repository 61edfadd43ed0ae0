// deno-lint-ignore-file no-control-regex -- keys are made of controls
/** The forms that input from a terminal has (ECMA-48, xterm), as patterns over bytes. */

import { controlName, csiKey, type Key, named, ss3Key } from "./key_names.ts";

// Patterns are over bytes: U+0000 to U+00FF. A C1 control is ESC and a letter, one byte, or
// that byte's two in UTF-8.
const CSI = "(?:\\x1b\\[|\\xc2?\\x9b)";
const SS2 = "(?:\\x1bN|\\xc2?\\x8e)";
const SS3 = "(?:\\x1bO|\\xc2?\\x8f)";
const CHARACTER = "[ -~]|\\xc2[\\xa0-\\xbf]|[\\xc3-\\xdf][\\x80-\\xbf]|" +
  "[\\xe0-\\xef][\\x80-\\xbf]{2}|[\\xf0-\\xf4][\\x80-\\xbf]{3}";
/** Typed characters. */
export const TYPED: RegExp = at(`(?:${CHARACTER})+`);

/** The beginning of a typed character, and no more. */
export const TYPED_BEGUN: RegExp = at(
  "(?:[\\xc2-\\xf4]|[\\xe0-\\xf4][\\x80-\\xbf]|[\\xf0-\\xf4][\\x80-\\xbf]{2})$",
);

// ESC before a sequence: Alt, as rxvt and PuTTY send it.
const META = "(\\x1b?)";

/** A sequence that may be the key Escape, or Alt and a character. */
export const ESCAPE: RegExp = /^\x1b[^]?$/;

/** Whole sequences whose rest may come after their Escape was given up. */
export const LATE_REST: RegExp =
  /^\x1b(?:\[M[ -\xff]{3}|\[\[?[ -?]*[@-~]|[P\]X^_][^\x07\x1b]*(?:\x07|\x1b\\))$/;

/**
 * The content of a DCS, SOS, PM or APC string, and of an OSC, which BEL ends too; and the
 * ends of both. ESC, CAN and SUB end a string that is broken off.
 */
export const STRINGS: Record<"string" | "osc", { readonly body: RegExp; readonly end: RegExp }> = {
  string: {
    body: at(`(?:[^\\x18\\x1a\\x1b\\x80-\\xff]|${CHARACTER})*`),
    end: at("(?:\\x1b\\\\|\\xc2?\\x9c|[\\x18\\x1a]|(?=\\x1b[^]))"),
  },
  osc: {
    body: at(`(?:[^\\x07\\x18\\x1a\\x1b\\x80-\\xff]|${CHARACTER})*`),
    end: at("(?:\\x07|\\x1b\\\\|\\xc2?\\x9c|[\\x18\\x1a]|(?=\\x1b[^]))"),
  },
};

/** The state of the parser: between keys, or in the content of a paste or a string. */
export type Mode = "keys" | "paste" | "string" | "osc";

/** One form of input: its pattern, the pattern of its beginnings, and the key or mode that it gives. */
export interface Form {
  readonly whole: RegExp;
  readonly begun?: RegExp;
  readonly gives: (match: RegExpExecArray) => Key | Exclude<Mode, "keys"> | undefined;
}

const nothing = () => undefined;

/**
 * The forms of input; the first that matches decides. After a sequence stands the form
 * of one that was broken off by a byte that cannot be in it; CAN and SUB do so and are no keys then.
 */
export const FORMS: readonly Form[] = [
  // X10 mouse reports: three bytes follow that are no part of a control sequence.
  {
    whole: at(`${CSI}M[ -\\xff]{3}`),
    begun: at(`${CSI}M[ -\\xff]{0,2}$`),
    gives: nothing,
  },
  // The Linux console's F1 to F5.
  { whole: at(`${CSI}\\[[ -~]`), begun: at(`${CSI}\\[$`), gives: nothing },
  { whole: at(`${CSI}200~`), gives: () => "paste" },
  {
    whole: at(`${META}${CSI}([ -?]*)([@-~])`),
    begun: at(`${META}${CSI}[ -?]*$`),
    gives: ([, meta, parameters = "", final = ""]) => csiKey(parameters, final, meta !== ""),
  },
  { whole: at(`${META}${CSI}[ -?]*[\\x18\\x1a]?`), gives: nothing },
  {
    whole: at(`${META}${SS3}([0-9;]*)([ -/:<-~])`),
    begun: at(`${META}${SS3}[0-9;]*$`),
    gives: ([, meta, parameters = "", final = ""]) => ss3Key(parameters, final, meta !== ""),
  },
  { whole: at(`${META}${SS3}[0-9;]*[\\x18\\x1a]?`), gives: nothing },
  { whole: at(`${META}${SS2}[ -~\\x18\\x1a]?`), begun: at(`${META}${SS2}$`), gives: nothing },
  { whole: at("(?:\\x1b\\](?=[^])|\\xc2?\\x9d)"), begun: at("\\x1b\\]$"), gives: () => "osc" },
  {
    whole: at("(?:\\x1b[PX^_](?=[^])|\\xc2?[\\x90\\x98\\x9e\\x9f])"),
    begun: at("\\x1b[PX^_]$"),
    gives: () => "string",
  },
  { whole: at("\\x1b[ -/]+[0-~]"), begun: at("\\x1b[ -/]*$"), gives: nothing },
  { whole: at("\\x1b(?=\\x1b[^])"), begun: at("\\x1b\\x1b$"), gives: escape },
  {
    whole: at(`\\x1b([\\x00-\\x1a\\x1c-\\x1f\\x7f]|${CHARACTER})`),
    begun: at("\\x1b[\\xc2-\\xf4][\\x80-\\xbf]{0,2}$"),
    gives: ([, character = ""]) => altKey(character),
  },
  { whole: at("\\x1b"), gives: escape },
  { whole: at("\\xc2?[\\x80-\\x9f]"), gives: nothing },
  {
    whole: at("[\\x00-\\x1f\\x7f]"),
    gives: ([control]) => named(controlName(control.charCodeAt(0))),
  },
  { whole: at("[^]"), gives: () => ({ kind: "text", text: "\ufffd" }) },
];

function at(pattern: string): RegExp {
  return new RegExp(`^(?:${pattern})`);
}

/** Decodes a string of bytes as UTF-8. */
export function decode(bytes: string): string {
  return new TextDecoder().decode(Uint8Array.from(bytes, (byte) => byte.charCodeAt(0)));
}

/** The key that sends ESC and `character`, given as bytes. */
export function altKey(character: string): Key {
  const code = character.charCodeAt(0);
  const name = code < 0x20 || code === 0x7f ? controlName(code) : decode(character);
  return named(name === "ctrl-j" ? "alt-enter" : `alt-${name}`);
}

/** The key Escape. */
export function escape(): Key {
  return named("escape");
}
