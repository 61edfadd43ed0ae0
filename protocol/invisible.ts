/**
 * Invisible characters that scripts and emoji need, by the characters beside them. Names hold no
 * others (after Unicode's UAX #31, rules A1, A2 and B); a text is shown with or without them.
 */

/** Scripts whose letters join their neighbors. */
const CURSIVE = String
  .raw`\p{sc=Arabic}\p{sc=Syriac}\p{sc=Mongolian}\p{sc=Nko}\p{sc=Adlam}\p{sc=Mandaic}\p{sc=Hanifi_Rohingya}`;

/** Signs that take a consonant's vowel and join it to the next: those of combining class 9. */
const VIRAMA = String
  .raw`\u094D\u09CD\u0A4D\u0ACD\u0B4D\u0BCD\u0C4D\u0CCD\u0D3B\u0D3C\u0D4D\u0DCA\u0F84\u1039\u103A` +
  String
    .raw`\u17D2\u1A60\u1B44\u1BAA\u1BAB\uA806\uA8C4\uA9C0\uAAF6\uABED\u{11046}\u{110B9}\u{11133}` +
  String.raw`\u{11134}\u{111C0}\u{11235}\u{1134D}\u{11442}\u{114C2}\u{115BF}\u{1163F}\u{116B6}`;

// A few marks, as texts have them: without a bound, thousands of them would be scanned again and again.
const AFTER_VIRAMA = String.raw`(?<=\p{L}\p{M}{0,8}[${VIRAMA}]\p{Mn}{0,8})`;

/** ZWJ within an emoji sequence, such as that of a profession or a family. */
const EMOJI_JOINER = String
  .raw`(?<=\p{Extended_Pictographic}[\uFE0F\u{1F3FB}-\u{1F3FF}]?)\u200D(?=\p{Extended_Pictographic})`;

/** Scripts whose consonants a virama joins. */
const INDIC = String
  .raw`\p{scx=Deva}\p{scx=Beng}\p{scx=Gujr}\p{scx=Guru}\p{scx=Knda}\p{scx=Mlym}\p{scx=Orya}\p{scx=Sinh}` +
  String.raw`\p{scx=Taml}\p{scx=Telu}\p{sc=Khmer}\p{sc=Myanmar}\p{sc=Javanese}\p{sc=Balinese}`;

/** ZWJ between a letter and its virama, which keeps the letter whole, as in the Bengali for "Rachel". */
const VIRAMA_JOINER = String.raw`(?<=(?=\p{L})[${INDIC}])\u200D(?=[${VIRAMA}])`;

/** A flag that ends in the tags of a country's part, such as that of England. */
export const TAGGED_FLAG = String
  .raw`\u{1F3F4}[\u{E0061}-\u{E007A}]{2}[\u{E0030}-\u{E0039}\u{E0061}-\u{E007A}]{1,3}\u{E007F}`;

/** Selectors of a Han character's or a Mongolian letter's form, and the Mongolian vowel separator. */
const FORM_SELECTOR = [
  String.raw`(?<=\p{Ideographic})[\uFE00-\uFE02\u{E0100}-\u{E01EF}]`,
  String.raw`(?<=(?=\p{L})\p{sc=Mongolian})[\u180B-\u180D\u180F]`,
  String.raw`(?<=(?=\p{L})\p{sc=Mongolian}[\u180B-\u180D\u180F]?)\u180E(?=[\u1820\u1821])`,
].join("|");

/** Scripts whose shaping uses ZWNJ and ZWJ between letters. */
const SHAPED = String.raw`${CURSIVE}\p{scx=Arab}\p{scx=Syrc}${INDIC}`;

/** Joiners that change how a text looks, which is shown with them. */
export const SHOWN_JOINER = [
  EMOJI_JOINER,
  VIRAMA_JOINER,
  String.raw`(?<=(?!\p{Default_Ignorable_Code_Point})[${SHAPED}])[\u200C\u200D](?=\p{L})`,
].join("|");

/** Scripts without spaces, in which ZWSP and WJ say where a line may break. */
const UNSPACED = String
  .raw`\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}\p{sc=Tai_Le}\p{sc=New_Tai_Lue}\p{sc=Tai_Tham}` +
  String.raw`\p{sc=Tai_Viet}\p{sc=Javanese}\p{sc=Balinese}\p{sc=Tibetan}`;

/**
 * Characters that a script has use for where they stand, and a terminal has not: a text that is
 * shown without them looks the same, or nearly, and like nothing else.
 */
const IDLE = [
  FORM_SELECTOR,
  // Forms of Myanmar letters and of operators, the inherent vowels of Khmer, the order of Hebrew points.
  String.raw`(?<=[\p{sc=Myanmar}\p{Sm}])\uFE00|(?<=(?=\p{L})\p{sc=Khmer})[\u17B4\u17B5]`,
  String.raw`(?<=[\u0591-\u05F4])\u034F(?=[\u0591-\u05F4])`,
  // Joiners at the end of a word: ZWJ makes a Malayalam chillu or a cursive letter's initial form.
  String.raw`${AFTER_VIRAMA}[\u200C\u200D](?![\p{L}\p{M}\u200C\u200D])`,
  String.raw`(?<=(?=\p{L})[${CURSIVE}])\u200D(?![\p{L}\p{M}\u200C\u200D])`,
  // Joiners before a mark, but for ZWJ before a virama: they place the mark.
  String
    .raw`(?<=(?!\p{Default_Ignorable_Code_Point})[${SHAPED}])(?:\u200C|\u200D(?![${VIRAMA}]))(?=(?!\p{Default_Ignorable_Code_Point})\p{M})`,
].join("|");

const IDLE_CHARACTER = new RegExp(IDLE, "gu");

const HAS_RIGHT_TO_LEFT =
  /(?=\p{L})[\p{sc=Hebrew}\p{sc=Arabic}\p{sc=Syriac}\p{sc=Thaana}\p{sc=Nko}\p{sc=Adlam}\p{sc=Mandaic}\p{sc=Samaritan}\p{sc=Hanifi_Rohingya}]/u;

const HAS_UNSPACED = new RegExp(String.raw`(?=\p{L})[${UNSPACED}]`, "u");

/** ZWSP and WJ, but for those within a word of another script, which would look like one without. */
const LINE_BREAKS = new RegExp(
  String.raw`(?<!(?![${UNSPACED}])[\p{L}\p{M}\p{N}]|[\u200B\u2060])[\u200B\u2060]+` +
    String
      .raw`|(?<![\u200B\u2060])[\u200B\u2060]+(?!(?![${UNSPACED}])[\p{L}\p{M}\p{N}]|[\u200B\u2060])`,
  "gu",
);

/**
 * `line` without the characters that its scripts need and a terminal does not: among them line
 * breaks in a line of a script without spaces, and the marks of direction in one that runs from
 * right to left, where they only place its punctuation.
 */
export function dropIdle(line: string): string {
  const dropped = line.replace(IDLE_CHARACTER, "");
  if (!/[\u200B\u200E\u200F\u2060]/.test(dropped)) return dropped;
  // By the author's lines, so that one is shown the same beside others and alone.
  return dropped.replace(/[^⏎]+/g, (part) => {
    const unbroken = HAS_UNSPACED.test(part) ? part.replace(LINE_BREAKS, "") : part;
    return HAS_RIGHT_TO_LEFT.test(unbroken) ? unbroken.replace(/[\u200E\u200F]/g, "") : unbroken;
  });
}

/** The invisible characters that a name may hold. */
export const NEEDED_IN_NAME = new RegExp(
  [
    // A1: ZWNJ between two letters of a cursive script. Persian keyboards put it behind letters that
    // do not join, too; there it changes nothing, nor does it in the fold by which names are compared.
    String.raw`(?<=(?=\p{L})[${CURSIVE}]\p{Mn}{0,8})\u200C(?=\p{Mn}{0,8}(?=\p{L})[${CURSIVE}])`,
    // A2, B: ZWNJ between a virama and a letter, ZWJ behind a virama.
    String.raw`${AFTER_VIRAMA}(?:\u200C(?=\p{Mn}{0,8}\p{L})|\u200D(?!\p{M}))`,
    EMOJI_JOINER,
    VIRAMA_JOINER,
    FORM_SELECTOR,
    TAGGED_FLAG,
  ].join("|"),
  "gu",
);
