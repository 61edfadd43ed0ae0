import { assert, assertEquals, assertMatch, assertNotMatch } from "@std/assert";
import fc from "fast-check";
import { escapeForTerminal, escapeLinesForTerminal, isLongerThan } from "../../protocol/text.ts";
import { PURE } from "../fixtures/pure.ts";

/** Numbers from 0 to below 1, the same ones for the same seed (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

// The parts of hostile texts: controls, escapes, bidi, joiners and the characters they
// join, marks, surrogates, invisible letters, private use, plain letters.
const PARTS = [
  ..."\0\b\t\n\v\r\x1b\x7f\x85\x9b\xad\u061c\u200b\u200c\u200d\u200e\u2028\u2029\u202e\u2066\u2069",
  ..."\ufeff\ufff9\u034f\u115f\u3164\u180b\u2064\ufe00\ufe0e\ufe0f\uf8f0\uf8f1\ufffe\u{1fffe}",
  ..."\u0300\u0301\u0650\u094d\u20e3\u{e0061}\u{e0100}aß<> خمکक्ক❤👩🏽🚀🔥1日",
  ...[
    "\r\n",
    "\u0301".repeat(8),
    "\x1b[2J",
    "\x1b]0;x\x07",
    "\ud800",
    "\udc00",
    "👩\u200d🚀",
    "می\u200cخ",
  ],
];

/** Hostile texts, each with a description to find it again. */
function* texts(count: number): Generator<[text: string, what: string]> {
  const random = randomNumbers(20260101);
  for (let each = 0; each < count; each++) {
    let text = "";
    for (let left = 1 + random() * 16; left > 0; left--) {
      const anything = String.fromCharCode(random() * 0x10000);
      text += random() < 0.1 ? anything : PARTS[Math.floor(random() * PARTS.length)] ?? "";
    }
    yield [text, `text ${each}: ${JSON.stringify(text)}`];
  }
}

/** Characters that no terminal may be sent, without the joiners, which are tested apart. */
const HOSTILE =
  /(?![\u200C\u200D\uFE0E\uFE0F])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]/u;

/** A joiner with nothing to join: after ASCII or another joiner, or before no letter or emoji. */
const IDLE_JOINER =
  /(?<![^\0-\x7f\u200C\u200D])[\u200C\u200D]|[\u200C\u200D](?![\p{L}\p{Extended_Pictographic}])/u;

Deno.test("escapeForTerminal() leaves nothing that a terminal could act on", PURE, () => {
  for (const [text, what] of texts(20_000)) {
    const shown = escapeForTerminal(text);
    assert(!HOSTILE.test(shown), what);
    assert(!IDLE_JOINER.test(shown), what);
    assert(!/\p{M}{9}/u.test(shown), what);
    assert(shown.isWellFormed(), what);
  }
});

Deno.test("escapeForTerminal() of what is shown changes nothing", PURE, () => {
  for (const [text, what] of texts(20_000)) {
    const shown = escapeForTerminal(text);
    assertEquals(escapeForTerminal(shown), shown, what);
    assertEquals(escapeLinesForTerminal(shown), [shown], what);
  }
});

Deno.test(
  "escapeLinesForTerminal() gives the author's lines, each as escapeForTerminal() shows it",
  PURE,
  () => {
    for (const [text, what] of texts(5_000)) {
      const lines = escapeLinesForTerminal(text);
      assertEquals(
        lines,
        text.replaceAll("\r\n", "\n").split(/[\r\n]/).map(escapeForTerminal),
        what,
      );
      assertEquals(lines.join("⏎"), escapeForTerminal(text), what);
    }
    assertEquals(escapeLinesForTerminal(""), [""]);
    assertEquals(escapeLinesForTerminal("\n"), ["", ""]);
    assertEquals(escapeLinesForTerminal("a\r\nb\n\rc\rd"), ["a", "b", "", "c", "d"]);
    assertEquals(escapeLinesForTerminal("Bob: hi\n\x1b[1AEve"), ["Bob: hi", "␛[1AEve"]);
    assertEquals(escapeLinesForTerminal("a\u2028b\u0085c\vd"), ["a<U+2028>b<U+0085>c␋d"]);
  },
);

Deno.test("escapeForTerminal() leaves every character that can be seen as it is", PURE, () => {
  for (let code = 0x20; code < 0x30000; code++) {
    const character = String.fromCodePoint(code);
    if (HOSTILE.test(character) || /[\u200C\u200D]/.test(character)) continue;
    if (escapeForTerminal(`a${character}b`) !== `a${character}b`) {
      assertEquals(escapeForTerminal(`a${character}b`), `a${character}b`);
    }
  }
});

Deno.test(
  "escapeForTerminal() leaves the texts of living scripts and emoji as they are",
  PURE,
  () => {
    const plain = [
      "",
      " ",
      "Hello!",
      "<b>&amp;</b> C:\\x1b[0m",
      "Ünïcödé",
      "日本語 한국어",
      "שלום عليكم",
    ];
    const persian = ["می\u200cخواهم", "کتاب\u200cها", "۱۰\u200cها", "کتابِ\u200cمن"];
    const indic = [
      "क्\u200dष",
      "क्\u200cष",
      "ശ്\u200dര",
      "ශ්\u200dරී",
      "ক্\u200cষ",
      "ர்\u200cஅ",
      "తెలుగు\u200cలో",
    ];
    const families = ["👨‍👩‍👧‍👦", "👩🏽‍🚀", "❤️‍🔥", "🏳️‍🌈", "🏳️‍⚧️", "👁️‍🗨️", "🐻‍❄️", "🏃🏽‍♀️‍➡️", "👩🏼‍❤️‍💋‍👨🏽"];
    const emoji = ["☺︎ ☺️", "1️⃣", "🇩🇪", "👍🏿", "🧑‍🤝‍🧑", "🙂‍↔️"];
    const marked = ["Việt Nam", "e\u0301", "שָׁ֖לוֹם", "กี่", "z̸̧̭͖̈́͘"];
    for (const text of [...plain, ...persian, ...indic, ...families, ...emoji, ...marked]) {
      assertEquals(escapeForTerminal(text), text);
      assertEquals(escapeForTerminal(`${text} – ${text}`), `${text} – ${text}`);
    }
  },
);

Deno.test("escapeForTerminal() shows a mark where something was taken out", PURE, () => {
  const cases: [text: string, shown: string][] = [
    ["a\nb\r\nc\rd", "a⏎b⏎c⏎d"],
    ["a\tb", "a    b"],
    ["\0\x07\b\x1b[2J\x1f\x7f", "␀␇␈␛[2J␟␡"],
    ["\x1b]52;c;aGk=\x07", "␛]52;c;aGk=␇"],
    ["\x80\x85\x9b31m", "<U+0080><U+0085><U+009B>31m"],
    ["abc\u202egnp.exe", "abc<U+202E>gnp.exe"],
    ["\u2066a\u2069\u061c", "<U+2066>a<U+2069><U+061C>"],
    ["a\u2028b\u2029", "a<U+2028>b<U+2029>"],
    ["a\u200bb\ufeffc\u00add", "a<U+200B>b<U+FEFF>c<U+00AD>d"],
    ["\u3164\u115f\u034f\ufe00", "<U+3164><U+115F><U+034F><U+FE00>"],
    ["\u{e0061}\u{e0100}", "<U+E0061><U+E0100>"],
    ["a\ufffe\u{10ffff}", "a<U+FFFE><U+10FFFF>"],
    ["\ud83dx\ude00", "\ufffdx\ufffd"],
  ];
  for (const [text, shown] of cases) assertEquals(escapeForTerminal(text), shown);
});

Deno.test("escapeForTerminal() marks a joiner that joins nothing", PURE, () => {
  const cases: [text: string, shown: string][] = [
    ["a\u200db", "a<U+200D>b"],
    ["Al\u200cice", "Al<U+200C>ice"],
    ["\u200d👩", "<U+200D>👩"],
    ["👩\u200d", "👩<U+200D>"],
    ["👩\u200dx", "👩<U+200D>x"],
    ["👩\u200c🚀", "👩<U+200C>🚀"],
    ["👩\u200d\u200d🚀", "👩<U+200D><U+200D>🚀"],
    ["می\u200c ", "می<U+200C> "],
    ["می\u200c\u200cخ", "می<U+200C><U+200C>خ"],
    ["\u061c\u200cخ", "<U+061C><U+200C>خ"],
    ["ক\u200d\u115f", "ক<U+200D><U+115F>"],
    [`क${"\u0301".repeat(8)}\u094d\u200dक`, `क${"\u0301".repeat(8)}<U+200D>क`],
  ];
  for (const [text, shown] of cases) assertEquals(escapeForTerminal(text), shown);
});

const ENGLAND = "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}";
const WALES = "🏴\u{e0067}\u{e0062}\u{e0077}\u{e006c}\u{e0073}\u{e007f}";

const TEXAS = "🏴\u{e0075}\u{e0073}\u{e0074}\u{e0078}\u{e007f}";

/** Texts with invisible characters that their scripts need, by how they are shown. */
const NEEDED: Record<string, [text: string, shown?: string][]> = {
  "line breaks of scripts without spaces": [
    ["ខ្ញុំ\u200bចង់\u200bទៅ\u200bផ្សារ។", "ខ្ញុំចង់ទៅផ្សារ។"],
    ["ខ \u200b(2020\u200b ខ)\u200b", "ខ (2020 ខ)"],
    ["ภาษา\u200bไทย\u2060!", "ภาษาไทย!"],
    ["ພາສາ\u200bລາວ", "ພາສາລາວ"],
    ["မြန်မာ\u200bစာ", "မြန်မာစာ"],
    ["ꦲꦏ\u200bꦱꦫ", "ꦲꦏꦱꦫ"],
    ["བོད་\u200bཡིག", "བོད་ཡིག"],
  ],
  "tags of a flag": [[ENGLAND], [`${ENGLAND}${WALES} 1:0!`], [TEXAS]],
  "joiners": [["র\u200d্যাব"], ["অ\u200d্যাপ"], ["ᠠ\u200dᠪ"], ["ߞ\u200cߊ"], ["ក\u200cក"]],
  "joiners at the end of a word": [
    ["രാജന്\u200d വന്നു", "രാജന് വന്നു"],
    ["ه\u200d.ش", "ه.ش"],
    ["राजन्\u200c आया", "राजन् आया"],
  ],
  "joiners before a mark": [["ប\u200c៊ី", "ប៊ី"], ["کتاب\u200c\u0650", "کتاب\u0650"]],
  "forms": [
    ["葛\u{e0100}城と辻\u{e0101}", "葛城と辻"],
    ["ᠮᠣᠩᠭᠣᠯ\u180eᠠ ᠠ\u180b", "ᠮᠣᠩᠭᠣᠯᠠ ᠠ"],
    ["က\ufe00 ∩\ufe00", "က ∩"],
    ["\u05d0\u05b0\u034f\u05b1", "\u05d0\u05b0\u05b1"],
  ],
  "marks of direction": [
    ["שלום!\u200f", "שלום!"],
    ["أستخدم C++\u200e كثيرا", "أستخدم C++ كثيرا"],
  ],
};

Deno.test(
  "escapeForTerminal() shows or drops the invisible characters that a script needs",
  PURE,
  () => {
    for (const [what, texts] of Object.entries(NEEDED)) {
      for (const [text, shown = text] of texts) {
        assertEquals(escapeForTerminal(text), shown, what);
        assertEquals(escapeLinesForTerminal(`${text}\n${text}`), [shown, shown], what);
        assertEquals(escapeForTerminal(shown), shown, what);
      }
    }
  },
);

Deno.test("escapeForTerminal() marks invisible characters where they could deceive", PURE, () => {
  const cases: [text: string, shown: string][] = [
    ["Al\u200bice ខ", "Al<U+200B>ice ខ"],
    ["Al\u200b\u2060ice ខ", "Al<U+200B><U+2060>ice ខ"],
    ["田\u200b中", "田<U+200B>中"],
    ["a\u200eb", "a<U+200E>b"],
    ["שלום\na\u200eb", "שלום⏎a<U+200E>b"],
    ["\u202egnp.exe שלום", "<U+202E>gnp.exe שלום"],
    ["\u2066שלום\u2069", "<U+2066>שלום<U+2069>"],
    ["🏴\u{e0068}\u{e0069}\u{e007f}", "🏴<U+E0068><U+E0069><U+E007F>"],
    ["a\u{e0067}\u{e0062}", "a<U+E0067><U+E0062>"],
    ["葛\u{e0100}\u{e0101}", "葛<U+E0101>"],
    ["a\u{e0100}", "a<U+E0100>"],
    ["a\u180bb", "a<U+180B>b"],
    ["a\u17b4", "a<U+17B4>"],
  ];
  for (const [text, shown] of cases) assertEquals(escapeForTerminal(text), shown);
});

Deno.test("escapeForTerminal() loses nothing that can be seen, in any script", PURE, () => {
  const hidden =
    /[\u200b-\u200f\u2060\u180b-\u180e\u034f\u17b4\ufe00\u{e0000}-\u{e0fff}]|<U\+[0-9A-F]+>/gu;
  const letters = fc.constantFrom(..."aé1 .<ขมກខကꦲབअक्র্ന്யබשלאبیᠠᠪ葛田∩🏴👩🚀");
  const invisible = fc.constantFrom(
    ..."\u200b\u200c\u200d\u200e\u200f\u2060\u180b\u180e\u034f\u17b4\ufe00\u{e0100}",
    ENGLAND.slice(2),
  );
  fc.assert(fc.property(fc.array(fc.oneof(letters, invisible), { maxLength: 24 }), (parts) => {
    const text = parts.join("");
    const shown = escapeForTerminal(text);
    assertEquals(shown.replace(hidden, ""), text.replace(hidden, ""));
    assertEquals(escapeForTerminal(shown), shown);
    assert(!HOSTILE.test(shown.replaceAll(ENGLAND, "")), shown);
    // Between two letters of a script that needs none, nothing goes unseen.
    const latin = `a${parts.filter((part) => part.replace(hidden, "") === "").join("")}b`;
    assertEquals(escapeForTerminal(latin).match(hidden)?.length, latin.match(hidden)?.length);
  }));
});

Deno.test("escapeForTerminal() shows eight marks on one character and no more", PURE, () => {
  const marks = (count: number) => "\u0301\u0323".repeat(count / 2);
  assertEquals(escapeForTerminal("a" + marks(8)), "a" + marks(8));
  assertEquals(escapeForTerminal("a" + marks(10)), "a" + marks(8));
  assertEquals(escapeForTerminal(`a${marks(4000)}b${marks(4000)}`), `a${marks(8)}b${marks(8)}`);
  assertMatch(escapeForTerminal(`a${marks(8)}\u200b${marks(8)}`), /^a\p{M}{8}<U\+200B>\p{M}{8}$/u);
  assertNotMatch(escapeForTerminal(`a${`${marks(8)}\u034f`.repeat(9)}`), /\p{M}{9}/u);
});

Deno.test("isLongerThan() counts code points, half of a pair as one", PURE, () => {
  for (const character of ["x", "é", "日", "😀", "\ud83d", "\u0301"]) {
    for (const limit of [1, 2, 3, 4096]) {
      assert(!isLongerThan("", limit));
      assert(!isLongerThan(character.repeat(limit - 1), limit));
      assert(!isLongerThan(character.repeat(limit), limit));
      assert(isLongerThan(character.repeat(limit + 1), limit));
      assert(isLongerThan(character.repeat(limit * 2 + 1), limit));
    }
  }
  assert(!isLongerThan("x😀", 2));
  assert(isLongerThan("x😀x", 2));
  assert(isLongerThan("x", 0));
});
