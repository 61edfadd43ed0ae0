/**
 * Mentions of a name in a text, for server and clients alike: the name as a word of its own, as
 * its script divides words (after Unicode's UAX #29), in any case and normal form, in no link.
 */

import { fold } from "./names.ts";

/** The parts of `text`, in order; every second one (1, 3, …) is a mention of `name`. */
export function splitAtMentions(text: string, name: string): string[] {
  const parts: string[] = [];
  let end = 0;
  for (const mention of mentionsIn(text, name)) {
    parts.push(text.slice(end, mention.start), text.slice(mention.start, mention.end));
    end = mention.end;
  }
  return [...parts, text.slice(end)];
}

/** Whether `text` mentions `name`. */
export function mentions(text: string, name: string): boolean {
  return !mentionsIn(text, name).next().done;
}

/** A part of a text, by its offsets in code units. */
interface Range {
  start: number;
  end: number;
}

function* mentionsIn(text: string, name: string): Generator<Range, void> {
  const sought = foldedName(name);
  // Nearly every text is dismissed here, before its graphemes are found, which costs far more.
  if (sought === "" || !foldOf(text).includes(sought)) return;
  const links = linksIn(text);
  const { folded, offsets } = foldGraphemes(text);
  for (let at = folded.indexOf(sought); at !== -1; at = folded.indexOf(sought, at + 1)) {
    const [start, end] = [offsets.get(at), offsets.get(at + sought.length)];
    // Neither a part of a grapheme nor of a ligature is a name.
    if (start === undefined || end === undefined) continue;
    while (links[0] !== undefined && links[0].end <= start) links.shift();
    if (links[0] !== undefined && links[0].start < end) continue;
    if (!isWord(text, { start, end })) continue;
    yield { start, end };
    at += sought.length - 1;
  }
}

let last = { name: "", folded: "" };

function foldedName(name: string): string {
  if (last.name !== name) last = { name, folded: foldOf(name) };
  return last.folded;
}

/** The fold of `text`, in which a sigma is the same at the end of a word and in its midst. */
function foldOf(text: string): string {
  return fold(text).replaceAll("ς", "σ");
}

/** Made for the first text that may mention a name: it takes its time. */
let graphemes: Intl.Segmenter | undefined;

/** The fold of `text`, and the offset in `text` of each grapheme by its offset in the fold. */
function foldGraphemes(text: string): { folded: string; offsets: Map<number, number> } {
  let folded = "";
  const offsets = new Map<number, number>();
  graphemes ??= new Intl.Segmenter(undefined, { granularity: "grapheme" });
  for (const { segment, index } of graphemes.segment(text)) {
    offsets.set(folded.length, index);
    folded += foldOf(segment);
  }
  return { folded, offsets: offsets.set(folded.length, text.length) };
}

/** The characters that continue a link: neither the punctuation of scripts without spaces, nor quotes. */
const IN_LINK = String.raw`[^\s<>"、。，！？：；「」『』（）《》〈〉【】…]`;

const LINK = new RegExp(
  [
    // A scheme, or what passes for one: "https://example.com/anna".
    String.raw`(?:\p{L}[\p{L}\p{N}+.\-]{0,31}:\/\/|[Ww]{3}\.)${IN_LINK}+`,
    // A scheme that has no host behind it: "matrix:u/anna:example.com".
    String
      .raw`(?<![\p{L}\p{N}])(?:about|blob|data|geo|magnet|mailto|matrix|sips?|urn|xmpp):${IN_LINK}+`,
    // An address, or a path at a host: "anna@example.com", "git@example.com:anna/chat".
    String
      .raw`[\p{L}\p{N}._%+\-]{1,64}@(?:[\p{L}\p{N}\-]{1,63}\.){1,8}[\p{L}\p{N}\-]+(?::${IN_LINK}{1,255}\/${IN_LINK}*)?`,
    // A host with a path, or one that is well known to be a host: "example.com/anna", "anna.de".
    String
      .raw`(?:[\p{L}\p{N}\-]{1,63}\.){1,8}(?:\p{Ll}{2,24}|[A-Z]{2,24}|xn--[a-z0-9\-]{1,59})[\/?#:]${IN_LINK}*`,
    String
      .raw`(?:localhost|(?:\d{1,3}\.){3}\d{1,3}|\[[\dA-Fa-f:.]{2,45}\])(?::\d{1,5})?\/${IN_LINK}*`,
    String.raw`(?:[a-z0-9\-]{1,63}\.){2,8}[a-z]{2,24}(?![\p{L}\p{N}\-])`,
    String
      .raw`[a-z0-9\-]{1,63}\.(?:com|net|org|edu|gov|info|io|dev|app|de|at|ch|fr|uk|eu|jp|cn|kr|ru|pl|br)(?![\p{L}\p{N}\-])`,
    // A path of two folders or more: "/home/anna".
    String.raw`(?<!\S)(?:~|\.{1,2}|[A-Za-z]:)?[\/\\][^\s\/\\]+[\/\\]\S*`,
  ].join("|"),
  "gu",
);

function linksIn(text: string): Range[] {
  // Every pattern has one of these; most texts have none.
  if (!/[.:\/\\]/.test(text)) return [];
  return [...text.matchAll(LINK)].map(({ 0: link, index }) => {
    return { start: index, end: index + link.length };
  });
}

/** Code units beside a name that decide: the longest of the particles, and the letter behind them. */
const CONTEXT = 32;

/** Whether the part of `text` from `start` to `end` is a word, and not a part of one. */
function isWord(text: string, { start, end }: Range): boolean {
  const found = text.slice(start, end);
  return !continuesBefore(text.slice(Math.max(0, start - CONTEXT), start), found) &&
    !continuesAfter(found, text.slice(end, end + CONTEXT));
}

/**
 * Scripts that put no spaces between words: each of their characters may begin a word. Katakana
 * is not among them, since it writes single words, nor Hangul.
 */
const UNSPACED = String
  .raw`\p{Ideographic}\p{sc=Hiragana}\p{sc=Bopomofo}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}` +
  String
    .raw`\p{sc=Tai_Le}\p{sc=New_Tai_Lue}\p{sc=Tai_Tham}\p{sc=Tai_Viet}\p{sc=Javanese}\p{sc=Balinese}`;

const KATAKANA = String.raw`\p{sc=Katakana}ー\uFF70`;

/** Characters that a word is made of. */
const WORD = String.raw`\p{L}\p{M}\p{N}_`;

const BEGINS_WITH_WORD = new RegExp(`^[${WORD}]`, "u");
/** By the letter: a mark alone, such as the selector of an emoji's form, makes no word. */
const ENDS_WITH_WORD = /[\p{L}\p{N}_][\p{M}\p{Default_Ignorable_Code_Point}]*$/u;
const BEGINS_UNSPACED = new RegExp(`^[${UNSPACED}]`, "u");
const ENDS_UNSPACED = new RegExp(String.raw`[${UNSPACED}]\p{M}*$`, "u");
const BEGINS_KATAKANA = new RegExp(`^[${KATAKANA}]`, "u");
const ENDS_KATAKANA = new RegExp(`[${KATAKANA}]$`, "u");

/** A hyphen or middle dot with a letter behind or before it makes one word of two: "Anna-Lena", "Marcel·la". */
const BEGINS_WITH_HYPHEN = /^[-\u2010\u2011\u00B7][\p{L}\p{N}]/u;
const ENDS_WITH_HYPHEN = /[\p{L}\p{M}\p{N}][-\u2010\u2011\u00B7]$/u;

/** A point or comma in a number. */
const BEGINS_WITH_DECIMALS = /^[.,]\p{N}/u;
const ENDS_WITH_DECIMAL_POINT = /\p{N}[.,]$/u;

/** "O'Brien" is one word; behind an elided article, as in "l'Anna", a name is a word of its own. */
const ENDS_WITH_O = /(?<![\p{L}\p{M}\p{N}_])O['’]$/iu;

/** Vowels that are written before the consonant behind which they are spoken: "เ" of "เมา". */
const ENDS_WITH_EARLY_VOWEL = /\p{Logical_Order_Exception}$/u;

/** Thai and Lao vowels that stand behind their consonant. */
const BEGINS_WITH_LATE_VOWEL = /^[\u0E30\u0E32\u0E33\u0E45\u0EB0\u0EB2\u0EB3]/;

/** Hebrew and Arabic particles that are written as one word with what follows: "and", "to", "in". */
const PROCLITIC = [
  /^\p{sc=Hebrew}(?:.*\p{sc=Hebrew}){2}/u,
  /(?<![\p{L}\p{M}\p{N}_])[ושהכלמב]{1,3}$/u,
  /^\p{sc=Arabic}(?:.*\p{sc=Arabic}){2}/u,
  /(?<![\p{L}\p{M}\p{N}_])[وفبكل]{1,2}$/u,
] as const;

/** Korean titles, particles and forms of "to be", of which a noun may have several behind it. */
const KOREAN_PARTICLES = new RegExp(
  "^(?:님|씨|군|양|이|가|은|는|을|를|과|와|의|에|에게|에게서|한테|한테서|께|께서|도|만|로|으로|랑|이랑|하고|" +
    "보다|처럼|같이|같은|까지|부터|마저|조차|밖에|만큼|뿐|대로|든지|이든지|든|이든|야말로|이야말로|" +
    "야|아|여|이여|네|이네|요|이요|죠|이죠|지|이지|라고|이라고|라는|이라는|라도|이라도|라면|이라면|라니|이라니|" +
    "인|일|인데|이면|이다|이야|이고|이나|나|들|입니다|입니까|이에요|예요|였다|였어|이었다|이었어|" +
    "선생|선배|언니|오빠|누나|형|샘|쌤)+" +
    String.raw`(?![\p{L}\p{M}\p{N}_])`,
  "u",
);

/** Japanese titles and particles that may follow a name in Hiragana. */
const JAPANESE_PARTICLES =
  /^(?:さん|さま|ちゃん|くん|たん|せんせい|が|は|を|に|の|と|へ|も|や|か|から|まで|より|って|で|だ|な|ね|よ|ら|たち|です|なら|だけ|ばかり|しか|こそ|さえ|でも)/;

/** Whether the word that begins with `found` has begun before. */
function continuesBefore(before: string, found: string): boolean {
  if (ENDS_WITH_EARLY_VOWEL.test(before)) return true;
  if (BEGINS_UNSPACED.test(found) || ENDS_UNSPACED.test(before)) return false;
  if (ENDS_WITH_HYPHEN.test(before) || ENDS_WITH_O.test(before)) return true;
  if (ENDS_WITH_DECIMAL_POINT.test(before)) return /^\p{N}/u.test(found);
  if (!ENDS_WITH_WORD.test(before) || !BEGINS_WITH_WORD.test(found)) return false;
  if (ENDS_KATAKANA.test(before) !== BEGINS_KATAKANA.test(found)) return false;
  return !isProclitic(before, found);
}

/** Whether the word that ends with `found` goes on behind it. */
function continuesAfter(found: string, after: string): boolean {
  if (BEGINS_WITH_LATE_VOWEL.test(after)) return true;
  if (/\p{sc=Hiragana}$/u.test(found) && /^\p{sc=Hiragana}/u.test(after)) {
    return !JAPANESE_PARTICLES.test(after);
  }
  if (ENDS_UNSPACED.test(found) || BEGINS_UNSPACED.test(after)) return false;
  if (BEGINS_WITH_HYPHEN.test(after)) return true;
  if (BEGINS_WITH_DECIMALS.test(after)) return /\p{N}$/u.test(found);
  if (!BEGINS_WITH_WORD.test(after) || !ENDS_WITH_WORD.test(found)) return false;
  if (ENDS_KATAKANA.test(found) !== BEGINS_KATAKANA.test(after)) return false;
  return !KOREAN_PARTICLES.test(after);
}

function isProclitic(before: string, found: string): boolean {
  const [hebrewName, hebrewParticle, arabicName, arabicParticle] = PROCLITIC;
  return hebrewName.test(found) && hebrewParticle.test(before) ||
    arabicName.test(found) && arabicParticle.test(before);
}
