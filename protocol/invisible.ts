/**
 * Invisible characters that scripts and emoji need, by the characters beside them: patterns
 * for names, which hold no other (after Unicode's UAX #31, rules A1, A2 and B), and for texts.
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

const AFTER_VIRAMA = String.raw`(?<=\p{L}\p{M}*[${VIRAMA}]\p{Mn}*)`;

/** ZWJ within an emoji sequence, such as that of a profession or a family. */
export const EMOJI_JOINER = String
  .raw`(?<=\p{Extended_Pictographic}[\uFE0F\u{1F3FB}-\u{1F3FF}]?)\u200D(?=\p{Extended_Pictographic})`;

/** ZWJ between Bengali or Kannada ra and its virama, which keeps the letter whole. */
export const RA_JOINER = String.raw`(?<=[\u09B0\u0CB0])\u200D(?=[\u09CD\u0CCD])`;

/** The flags of England, Scotland and Wales, which end in tag characters. */
export const TAGGED_FLAG = String.raw`\u{1F3F4}\u{E0067}\u{E0062}` +
  String
    .raw`(?:\u{E0065}\u{E006E}\u{E0067}|\u{E0073}\u{E0063}\u{E0074}|\u{E0077}\u{E006C}\u{E0073})\u{E007F}`;

/** Selectors of a Han character's or a Mongolian letter's form, and the Mongolian vowel separator. */
export const FORM_SELECTOR = [
  String.raw`(?<=\p{Ideographic})[\uFE00-\uFE02\u{E0100}-\u{E01EF}]`,
  String.raw`(?<=\p{sc=Mongolian})[\u180B-\u180D\u180F]`,
  String.raw`(?<=\p{sc=Mongolian}[\u180B-\u180D\u180F]?)\u180E(?=[\u1820\u1821])`,
].join("|");

/** What a name may hold of characters that can't be seen. */
export const NEEDED_IN_NAME = new RegExp(
  [
    // A1: ZWNJ between two letters of a cursive script. Persian keyboards put it behind letters that
    // do not join, too; there it changes nothing, nor does it in the fold by which names are compared.
    String.raw`(?<=(?=\p{L})[${CURSIVE}]\p{Mn}*)\u200C(?=\p{Mn}*(?=\p{L})[${CURSIVE}])`,
    // A2, B: ZWNJ between a virama and a letter, ZWJ behind a virama.
    String.raw`${AFTER_VIRAMA}(?:\u200C(?=\p{Mn}*\p{L})|\u200D(?!\p{M}))`,
    EMOJI_JOINER,
    RA_JOINER,
    FORM_SELECTOR,
    TAGGED_FLAG,
  ].join("|"),
  "gu",
);
