/**
 * The rules for names, and when two of them are the same. Rooms obey the same rules, so
 * that a room's name can be shown wherever a name can.
 */

import { NEEDED_IN_NAME } from "./invisible.ts";
import { LIMITS } from "./message.ts";
import { MARKS_SHOWN } from "./text.ts";

// No control (Cc), format (Cf, which holds the bidi controls and ZWJ), surrogate
// (Cs) or unassigned (Cn) character, and no line or paragraph separator (Zl, Zp).
const FORBIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Cn}\p{Zl}\p{Zp}]/u;

// Other spaces look like U+0020; invisible letters (Hangul fillers, combining grapheme
// joiner) and symbols that are blank by design (braille, music, hieroglyphs, Khitan)
// would make a name that nobody can see. The two variation selectors are allowed: every
// keyboard sends them with emoji.
const INVISIBLE =
  /(?! )\p{Zs}|(?![\uFE0E\uFE0F])\p{Default_Ignorable_Code_Point}|[\u2800\u{1D159}\u{13441}\u{13442}\u{16FE4}]/u;

/** Names that differ in marks which no screen shows would look the same. */
const UNSHOWN_MARK = new RegExp(`\\p{M}{${MARKS_SHOWN + 1}}`, "u");

const NOT_ASCII = /\P{ASCII}/u;

const IGNORABLE = /\p{Default_Ignorable_Code_Point}/gu;

/** A name in its canonical form (NFC), or what is wrong with it. */
export type ParsedName = { name: string } | { problem: string };

/** Checks `text` as a name, or as a room's name. */
export function parseName(text: string): ParsedName {
  // NFC composes at most six code units into one code point, so a huge text is refused unread.
  if (text.length > LIMITS.name * 8) return { problem: tooLong() };
  const name = text.normalize("NFC");
  const length = [...name].length;
  if (length === 0) return { problem: "is empty" };
  if (length > LIMITS.name) return { problem: tooLong() };
  const problem = problemOf(name);
  return problem === undefined ? { name } : { problem };
}

function problemOf(name: string): string | undefined {
  const seen = name.replace(NEEDED_IN_NAME, "");
  const forbidden = FORBIDDEN.exec(seen) ?? INVISIBLE.exec(seen);
  if (forbidden !== null) {
    return `has the forbidden character ${codePoint(forbidden[0])}`;
  }
  if (name.startsWith(" ") || name.endsWith(" ")) {
    return "begins or ends with a space";
  }
  if (name.includes("  ")) return "has two spaces in a row";
  if (/^\p{M}/u.test(name)) return "begins with a combining mark";
  if (UNSHOWN_MARK.test(name)) return `has more than ${MARKS_SHOWN} marks on one character`;
  if (fold(name) === "") return "has nothing that can be seen";
  return undefined;
}

function tooLong(): string {
  return `has more than ${LIMITS.name} characters`;
}

function codePoint(character: string): string {
  const hex = character.codePointAt(0)?.toString(16).toUpperCase() ?? "";
  return `U+${hex.padStart(4, "0")}`;
}

/**
 * The form in which names are compared: two names are the same when their folds
 * are equal. After Unicode's NFKC_Casefold (UAX #31, R4): compatibility forms,
 * case and ignorable characters make no difference. JavaScript has no case folding,
 * so lower, upper and again lower case stand in for it (the first because "ẞ" is its
 * own upper case); that equates a little more ("ı" and "i"), never less.
 */
export function fold(name: string): string {
  // The common case, and a frequent one: for ASCII the rest gives the same result.
  if (!NOT_ASCII.test(name)) return name.toLowerCase();
  const caseless = name.normalize("NFKC").toLowerCase().toUpperCase().toLowerCase();
  return caseless.replace(IGNORABLE, "").normalize("NFKC");
}
