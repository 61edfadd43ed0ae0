/**
 * Grapheme clusters, and the columns that they take in a terminal. `unicodeWidth`
 * of `@std/cli` won't do: it counts code points, so a family emoji would take eight
 * columns, and its npm distribution lacks the table that it reads.
 */

import { eastAsianWidth } from "get-east-asian-width";

// Marks that don't advance, and the Hangul vowels and finals that join their initial.
const ZERO = /[\p{Mn}\p{Me}\p{Cf}\u1160-\u11FF\uD7B0-\uD7FF]/u;

const PICTURE = /^[\p{Extended_Pictographic}\u{1F1E6}-\u{1F1FF}]/u;
// Emoji presentation by default (regional indicators too), by selector, or in a sequence.
const WIDE_PICTURE = /^\p{Emoji_Presentation}|\uFE0F|\u200D/u;
const KEYCAP = /^[0-9#*]\uFE0F?\u20E3/u;

const ASCII = /^[\x20-\x7e]*$/;

/** Whether the terminal draws characters of ambiguous width (UAX #11), such as "─" and "é", two columns wide. */
let isAmbiguousWide = false;

/** Sets the width of ambiguous characters, which is the terminal's: there is one for each process. */
export function setAmbiguousWide(isWide: boolean): void {
  isAmbiguousWide = isWide;
}

let segmenter: Intl.Segmenter | undefined;
let last: { text: string; clusters: readonly string[] } = { text: "", clusters: [] };

/** The user-perceived characters of `text` (UAX #29). */
export function clusters(text: string): readonly string[] {
  if (ASCII.test(text)) return text.split("");
  // The editor segments the one text that is being typed again and again.
  if (last.text === text) return last.clusters;
  // Made on first use, since a start with plain ASCII never needs it.
  segmenter ??= new Intl.Segmenter(undefined, { granularity: "grapheme" });
  last = { text, clusters: Array.from(segmenter.segment(text), ({ segment }) => segment) };
  return last.clusters;
}

/** Columns that one cluster takes: 0, 1 or 2, or more for clusters of several letters. */
export function clusterWidth(cluster: string): number {
  if (cluster.length === 1 && ASCII.test(cluster)) return 1;
  if (KEYCAP.test(cluster)) return 2;
  // An emoji sequence is one picture, however many code points it has.
  if (PICTURE.test(cluster)) {
    const [first = ""] = cluster;
    return WIDE_PICTURE.test(cluster) ? 2 : codePointWidth(first);
  }
  let width = 0;
  for (const character of cluster) width += codePointWidth(character);
  return width;
}

/** Columns that `text`, which has no control characters, takes. */
export function textWidth(text: string): number {
  if (ASCII.test(text)) return text.length;
  return clusters(text).reduce((width, cluster) => width + clusterWidth(cluster), 0);
}

/** As much of the beginning of `text` as fits into `columns`, ending with `…` if anything is left out. */
export function truncate(text: string, columns: number): string {
  if (textWidth(text) <= columns) return text;
  let shown = "";
  let width = 0;
  for (const cluster of clusters(text)) {
    width += clusterWidth(cluster);
    if (width > columns - clusterWidth("…")) break;
    shown += cluster;
  }
  return columns < clusterWidth("…") ? "" : shown + "…";
}

function codePointWidth(character: string): number {
  if (ZERO.test(character)) return 0;
  return eastAsianWidth(character.codePointAt(0) ?? 0, { ambiguousAsWide: isAmbiguousWide });
}
