import { assert, assertEquals, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import { fold, parseName } from "../../protocol/names.ts";
import { PURE } from "../fixtures/pure.ts";

/** Every code point of the planes that hold letters, but for the surrogates. */
function* characters(): Generator<string> {
  for (let code = 0; code < 0x20000; code++) {
    if (code < 0xd800 || code > 0xdfff) yield String.fromCodePoint(code);
  }
}

Deno.test("parseName() takes the names that people have", PURE, () => {
  const names = [
    "a",
    "Alice",
    "Anna Lena van der Berg",
    "O'Brien",
    "Müller-Lüdenscheidt",
    "李小龍",
  ];
  names.push(
    "हिन्दी",
    "ไทย",
    "한국어",
    "שלום",
    "عليكم",
    "🧑",
    "❤️",
    "C++ & C#",
    "#general",
    "42",
    "~^_^~",
  );
  names.push("__proto__", "constructor", "null", "x".repeat(32), "😀".repeat(32), "é".repeat(32));
  for (const name of names) assertEquals(parseName(name), { name });
});

Deno.test("parseName() gives NFC, and counts its code points", PURE, () => {
  const cases: [string, string][] = [
    ["Zoe\u0308", "Zoë"],
    ["\u1112\u1161\u11ab\u1100\u1173\u11af", "한글"],
    ["\u212b", "\u00c5"],
    ["e\u0301".repeat(32), "é".repeat(32)],
    ["\u03b1\u0313\u0300\u0345".repeat(32), "\u1f82".repeat(32)],
  ];
  for (const [text, name] of cases) assertEquals(parseName(text), { name });
});

Deno.test("parseName() says what is wrong", PURE, () => {
  const tooLong = "has more than 32 characters";
  const spaced = "begins or ends with a space";
  const cases: [text: string, problem: string][] = [
    ["", "is empty"],
    ["x".repeat(33), tooLong],
    ["😀".repeat(33), tooLong],
    ["e\u0301".repeat(33), tooLong],
    ["x".repeat(10_000_000), tooLong],
    [" ", spaced],
    [" Alice", spaced],
    ["Alice ", spaced],
    ["Alice  B", "has two spaces in a row"],
    ["\u0301Alice", "begins with a combining mark"],
    ["\u20e3", "begins with a combining mark"],
    [`A${"\u0331".repeat(9)}`, "has more than 8 marks on one character"],
    [`Al\u0301${"\u0331\u20d0".repeat(5)}x`, "has more than 8 marks on one character"],
    ["\ufe0f", "begins with a combining mark"],
  ];
  for (const [text, problem] of cases) assertEquals(parseName(text), { problem });
});

const FORBIDDEN = {
  control: [0x00, 0x07, 0x09, 0x0a, 0x0d, 0x1b, 0x7f, 0x80, 0x85, 0x9b],
  "format or bidi": [0xad, 0x61c, 0x200b, 0x200c, 0x200d, 0x200e, 0x202a, 0x202e, 0x2066, 0x2069],
  "byte order mark or tag": [0xfeff, 0xfff9, 0xe0001, 0xe0061],
  "line or paragraph separator": [0x2028, 0x2029],
  "space of another kind": [0xa0, 0x1680, 0x2002, 0x2003, 0x2009, 0x202f, 0x205f, 0x3000],
  "invisible letter or mark": [0x34f, 0x115f, 0x1160, 0x17b4, 0x180b, 0x2064, 0x3164, 0xfe00],
  "blank symbol": [0x2800, 0x16fe4, 0x1d159, 0x13441, 0x13442],
  "half of a surrogate pair": [0xd800, 0xdbff, 0xdc00, 0xdfff],
  "unassigned or no character": [0x378, 0xfdd0, 0xfffe, 0xffff, 0x1ffff, 0xe0fff, 0x10ffff],
};

Deno.test("parseName() names the forbidden character", PURE, () => {
  for (const [kind, codes] of Object.entries(FORBIDDEN)) {
    for (const code of codes) {
      const hex = code.toString(16).toUpperCase().padStart(4, "0");
      const problem = `has the forbidden character U+${hex}`;
      const character = String.fromCodePoint(code);
      assertEquals(parseName(`a${character}b`), { problem }, kind);
      assertEquals(parseName(character), { problem }, kind);
    }
  }
});

Deno.test("parseName() takes every character that can be seen, and no other", PURE, () => {
  const blank = FORBIDDEN["blank symbol"].map((code) => String.fromCodePoint(code));
  let taken = 0;
  for (const character of characters()) {
    const isSeen = /[\p{L}\p{M}\p{N}\p{P}\p{S}\p{Co}\uFE0E\uFE0F ]/u.test(character) &&
      (!/\p{Default_Ignorable_Code_Point}/u.test(character) || /[\uFE0E\uFE0F]/.test(character)) &&
      !blank.includes(character);
    const parsed = parseName(`a${character}b`);
    assertEquals("name" in parsed, isSeen, `U+${character.codePointAt(0)?.toString(16)}`);
    if (!("name" in parsed)) continue;
    taken++;
    assertEquals(parsed.name, parsed.name.normalize("NFC"));
    assertNotEquals(fold(parsed.name), "");
  }
  assert(taken > 90_000, `${taken} taken`);
});

/** Names that need a character which can't be seen, by the need. */
const NEEDED = {
  "ZWNJ between cursive letters": [
    "علی\u200cرضا",
    "محمد\u200cرضا",
    "می\u200cترا",
    "کتاب\u064f\u200cها",
    "ܒ\u200cܒ",
  ],
  "ZWNJ behind a virama": ["क्\u200cषमा", "ட்\u200cட", "ক্\u200cষ"],
  "ZWJ behind a virama": ["क्\u200dषमा", "ශ්\u200dරී", "രാജന്\u200d", "ഗോപന്\u200d നായര്\u200d"],
  "ZWJ before a virama": ["র\u200d্যাচেল", "ರ\u200d್ಕ", "অ\u200d্যানা"],
  "ZWJ in emoji": [
    "👩\u200d💻",
    "👩🏽\u200d🚀",
    "👨\u200d👩\u200d👧\u200d👦",
    "🏳️\u200d🌈",
    "Ann 👩\u200d💻",
  ],
  "tags in a flag": ["🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f} Kane"],
  "form selectors": ["葛\u{e0100}城", "辻\u{e0101}", "ᠮᠣᠩᠭᠣᠯ\u180eᠠ", "ᠠ\u180bᠪ"],
};

Deno.test(
  "parseName() takes an invisible character where a script or an emoji needs it",
  PURE,
  () => {
    for (const [need, names] of Object.entries(NEEDED)) {
      for (const name of names) {
        assertEquals(parseName(name), { name }, need);
        // Names that differ only in invisible characters are the same name.
        assertNotEquals(fold(name), name.toLowerCase(), need);
        assertEquals(
          fold(name),
          fold(name.replace(/\p{Default_Ignorable_Code_Point}/gu, "")),
          need,
        );
      }
    }
  },
);

Deno.test("parseName() takes an invisible character nowhere else", PURE, () => {
  const idle = [
    "a\u200cb",
    "a\u200db",
    "\u200cعلی",
    "علی\u200c",
    "علی\u200c\u200cرضا",
    "علی\u200c رضا",
    "علی\u200cReza",
    "علی\u200dرضا",
    "क\u200dष",
    "क्\u200c",
    "क्\u200dि",
    "👩\u200d",
    "👩\u200d\u200d🚀",
    "👩\u200c🚀",
    "a\u{e0100}",
    "葛\u{e0100}\u{e0101}",
    "a\u180b",
    "🏴\u{e0067}\u{e007f}",
    "\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
  ];
  for (const name of idle) assert("problem" in parseName(name), JSON.stringify(name));
  const hidden = fc.constantFrom(
    ..."\u200b\u200c\u200d\u2060\ufeff\u00ad\u202e\u034f\u{e0067}\u{e0100}\u180b",
  );
  const visible = fc.string({ unit: "grapheme-ascii", maxLength: 8 });
  fc.assert(fc.property(visible, hidden, visible, (before, hidden, after) => {
    assert("problem" in parseName(`${before}${hidden}${after}`));
  }));
});

Deno.test("fold() is the same for names that differ in case, form or invisibly", PURE, () => {
  const same = [
    [
      "Alice",
      "ALICE",
      "aLiCe",
      "Ａｌｉｃｅ",
      "𝐀𝓁𝖎𝚌𝑒",
      "Ⓐⓛⓘⓒⓔ",
      "Al\u200bi\u00adc\u2060e",
      "A\u034flice",
    ],
    ["straße", "STRASSE", "STRAẞE", "Straſſe"],
    ["Ὀδυσσεύς", "ὈΔΥΣΣΕΎΣ", "ὀδυσσεύσ"],
    ["Zoë", "ZOË", "Zoe\u0308", "ZOE\u0308", "Zoe\ufe0f\u0308"],
    ["file", "FILE", "ﬁle", "ﬁLE"],
    ["kelvin", "\u212aelvin"],
    ["ガ", "ｶﾞ", "\u30ab\u3099"],
    ["room 1", "ROOM ①", "Room １", "room\u20031"],
    ["ık", "IK", "ik"],
    ["❤", "❤\ufe0f", "❤\ufe0e"],
    ["Ꭰ", "ꭰ"],
    ["𐐀", "𐐨"],
    ["ǆ", "ǅ", "Ǆ", "dž", "DŽ"],
  ];
  for (const [first = "", ...others] of same) {
    for (const other of others) assertEquals(fold(other), fold(first), `${other} and ${first}`);
  }
  const folds = same.map(([first = ""]) => fold(first));
  assertEquals(new Set(folds).size, folds.length);
});

Deno.test("fold() keeps apart what people tell apart", PURE, () => {
  const apart: [string, string][] = [["e", "é"], ["a b", "ab"], ["o", "0"], ["o", "ö"], ["l", "1"]];
  apart.push(["Anna", "Αnna"], ["и", "й"], ["か", "が"], ["か", "カ"], ["ss", "s"], ["a", "a."]);
  for (const [one, other] of apart) assertNotEquals(fold(one), fold(other));
});

Deno.test("fold() of a fold is that fold, for every character", PURE, () => {
  for (const character of characters()) {
    for (const name of [character, `Σ${character}ß`]) {
      const folded = fold(name);
      if (fold(folded) !== folded) assertEquals(fold(folded), folded, JSON.stringify(name));
    }
  }
});

Deno.test("fold() is the same for all normal forms of a name", PURE, () => {
  for (const character of characters()) {
    const folded = fold(character);
    for (const form of ["NFC", "NFD", "NFKC", "NFKD"]) {
      const other = character.normalize(form);
      if (other !== character && fold(other) !== folded) assertEquals(fold(other), folded, form);
    }
  }
});

Deno.test("fold() makes one of all letters that a case-insensitive match does", PURE, () => {
  const cased = [...characters()].filter((each) =>
    /[\p{Cased}\p{Changes_When_Casemapped}]/u.test(each)
  );
  const all = cased.join("");
  let pairs = 0;
  for (const letter of cased) {
    if (!/\p{Changes_When_Casemapped}/u.test(letter)) continue;
    for (const match of all.match(new RegExp(letter, "giu")) ?? []) {
      if (match !== letter) pairs++;
      if (fold(match) !== fold(letter)) assertEquals(fold(match), fold(letter), letter + match);
    }
  }
  assert(pairs > 2800, `${pairs} pairs`);
});
