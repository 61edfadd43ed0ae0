/**
 * A text → the tokens that search finds it by: one rule for every log, for texts and queries.
 *
 * A word is a run of letters and digits with the marks that belong to them, as in UAX #29,
 * but without the punctuation that it allows inside, so that "homme" finds "l'homme". In
 * scripts that put no spaces between words, or that append particles to them, people do not
 * look for such runs: there, each letter makes a token with the next one, so that any part
 * of a run can be found: "天気" in "今日は天気がいい", "학교" in "학교에".
 *
 * Compatibility forms, case and invisible characters make no difference. Nor do marks where
 * they are accents or points that writers may leave out: in Latin, Greek, Cyrillic and their
 * kin, Hebrew, Arabic, Syriac. The vowel signs of other scripts are as good as letters.
 *
 * Regular expressions, not `Intl.Segmenter`: that takes ten times as long, and finds words
 * of Thai or Japanese by dictionaries, which differ from one version to the next.
 */

/** The characters that have these scripts among their extensions, as part of a class. */
function withScripts(...scripts: string[]): string {
  return scripts.map((script) => String.raw`\p{scx=${script}}`).join("");
}

const LETTER = String.raw`[\p{L}\p{N}]`;

/** Letters that are indexed in pairs: ideographs, syllables, and South East Asia's line break class SA. */
const PAIRED = `[${LETTER}&&[${
  withScripts(
    ...["Han", "Hiragana", "Katakana", "Bopomofo", "Yi", "Tangut", "Nushu", "Khitan_Small_Script"],
    ...["Hangul", "Thai", "Lao", "Khmer", "Myanmar", "Javanese", "Balinese", "Ahom"],
    ...["Tai_Le", "New_Tai_Lue", "Tai_Tham", "Tai_Viet"],
  )
}]]`;

/** Letters whose marks are accents or points. */
const ACCENTED = `[\\p{N}${
  ["Latin", "Greek", "Cyrillic", "Armenian", "Georgian", "Coptic", "Hebrew", "Arabic", "Syriac"]
    .map((script) => String.raw`\p{sc=${script}}`).join("")
}]`;

/** Runs of paired letters, other words, and private characters, of which nobody knows what they are. */
const RUNS = new RegExp(
  `(?<paired>(?:${PAIRED}\\p{M}*)+)|` +
    `[${LETTER}--${PAIRED}](?:[${LETTER}--${PAIRED}]|\\p{M})*|\\p{Co}`,
  "gv",
);
const UNITS = /\P{M}\p{M}*/gu;
/** Accents; also the iota subscript by itself, whose upper case is a letter. */
const ACCENTS = new RegExp(`(${ACCENTED})\\p{M}+|\u0345`, "gv");
/** Invisible characters and the Arabic letter that only stretches a word. */
const IGNORABLE = /[[\p{Default_Ignorable_Code_Point}\u0640]--\u200B]/gv;
/** Zero-width spaces between letters that need no space between words. */
const INNER_SPACES = new RegExp(`(${PAIRED}\\p{M}*)\\u200B+(?=${PAIRED})`, "gv");
/** Symbols that are no part of the word beside them, though they may stand for letters: the ™ of "Foo™". */
const SYMBOLS = /[[\p{No}\p{S}]--[\p{Alphabetic}\p{sc=Katakana}]]/gv;
const NOT_ASCII = /\P{ASCII}/u;

/** The tokens of a text, in their order. */
export function tokensOf(text: string): string[] {
  // The common case; for ASCII the rest gives the same result.
  if (!NOT_ASCII.test(text)) return text.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  return runsOf(text).flatMap(({ units, letters }) =>
    units === undefined ? [letters] : units.map((unit, index) => unit + (units[index + 1] ?? ""))
  );
}

/** Tokens that follow each other in a text. */
export interface Phrase {
  tokens: string[];
  /** Whether the last token may go on. */
  isPrefix: boolean;
}

/** The tokens that every text has which `text` is a part of; the part may end amid a word where `isPrefix`. */
export function phraseOf(text: string, isPrefix: boolean): Phrase {
  const tokens = tokensOf(text);
  const last = NOT_ASCII.test(text) ? runsOf(text).at(-1)?.units : undefined;
  if (last === undefined) return { tokens, isPrefix };
  // Its last letter may be one of a pair in the text, so that it is no token there by itself.
  if (last.length === 1) return { tokens, isPrefix: true };
  return { tokens: tokens.slice(0, -1), isPrefix };
}

/** A run of letters; of paired ones, each with its marks. */
interface Run {
  letters: string;
  units?: string[];
}

function runsOf(text: string): Run[] {
  const runs = foldText(text).matchAll(RUNS);
  return Array.from(runs, ({ 0: letters, groups }) => {
    if (groups?.["paired"] === undefined) return { letters };
    return { letters, units: letters.match(UNITS) ?? [] };
  });
}

function foldText(text: string): string {
  const visible = text.replace(SYMBOLS, " $& ").normalize("NFKC").replace(IGNORABLE, "");
  const plain = visible.normalize("NFD").replace(ACCENTS, "$1").normalize("NFC");
  // JavaScript has no case folding: see `fold()` in protocol/names.ts.
  const caseless = plain.toLowerCase().toUpperCase().toLowerCase().replaceAll("ς", "σ");
  return caseless.normalize("NFKC").replace(INNER_SPACES, "$1");
}
