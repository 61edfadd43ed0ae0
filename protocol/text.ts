/**
 * The length of texts, and making any text from the network safe to show. The wire
 * carries a text exactly as it was written; only a screen needs it made safe.
 */

import { dropIdle, SHOWN_JOINER, TAGGED_FLAG } from "./invisible.ts";

/** Whether `text` has more than `limit` code points, without counting a huge one. */
export function isLongerThan(text: string, limit: number): boolean {
  if (text.length <= limit) return false;
  if (text.length > limit * 2) return true;
  return [...text].length > limit;
}

/** Combining marks shown on one character: what living scripts need, against zalgo. */
export const MARKS_SHOWN = 8;

const EXCESS_MARKS = new RegExp(`(\\p{M}{${MARKS_SHOWN}})\\p{M}+`, "gu");

// Characters that move a cursor, reorder text or are invisible. Tab and newline are replaced
// before, joiners after; the emoji and text variation selectors stay, and so do the tags of a flag.
const UNSAFE = new RegExp(
  `(${TAGGED_FLAG})|` +
    String
      .raw`(?![\u200C\u200D\uFE0E\uFE0F])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]`,
  "gu",
);

const JOINER = new RegExp(`(${SHOWN_JOINER})|[\\u200C\\u200D]`, "gu");

/**
 * `text` as one line that cannot act on a terminal: every control, escape, bidi or
 * invisible character is shown as a mark, or dropped where its script needs it and a
 * terminal does not. A line break becomes `⏎`, so that a text
 * cannot imitate a line of its own.
 */
export function escapeForTerminal(text: string): string {
  return mark(text.replace(/\r\n?|\n/g, "⏎"));
}

/** `text` as the lines that its author wrote, each made safe like {@linkcode escapeForTerminal}. */
export function escapeLinesForTerminal(text: string): string[] {
  return text.split(/\r\n?|\n/).map(mark);
}

function mark(line: string): string {
  // Nearly every line is plain ASCII and safe as it is.
  if (/^[\x20-\x7e]*$/.test(line)) return line;
  return dropIdle(line)
    .replace(EXCESS_MARKS, "$1")
    .replaceAll("\t", "    ")
    .replace(UNSAFE, (unsafe, flag?: string) => flag ?? markOf(unsafe))
    // Last, because a joiner is judged by the characters that are left beside it.
    .replace(JOINER, (joiner, needed?: string) => needed ?? markOf(joiner));
}

function markOf(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20) return String.fromCodePoint(0x2400 + code); // ␀ … ␟
  if (code === 0x7f) return "␡";
  if (code >= 0xd800 && code <= 0xdfff) return "\uFFFD";
  return `<U+${code.toString(16).toUpperCase().padStart(4, "0")}>`;
}
