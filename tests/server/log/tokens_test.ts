/** Search in every script: the same in every log, in every normal form. */

import { assert, assertEquals } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { matches, parseQuery, toExpression } from "../../../server/log/search_query.ts";
import { tokensOf } from "../../../server/log/tokens.ts";
import { onEachLog, says } from "../../fixtures/log.ts";
import { PURE } from "../../fixtures/pure.ts";

Deno.test("tokensOf() cuts words, pairs of letters, and what both are made of", PURE, () => {
  const cut: [text: string, tokens: string][] = [
    ["Hello, World! 3.14 a_b can't", "hello world 3 14 a b can t"],
    ["L'Été à Ångström", "l ete a angstrom"],
    ["ΚΑΛΗΜΈΡΑ καλημέρας ᾠδή", "καλημερα καλημερασ ωδη"],
    ["Straße STRASSE ﬁn ℌ ①", "strasse strasse fin h 1"],
    ["Foo™ 10㎏ x² ½ №5 ㌔メ Ⅳa", "foo tm 10 kg x 2 1 2 no 5 キロ ロメ メ iva"],
    ["İstanbul ISTANBUL ıstanbul", "istanbul istanbul istanbul"],
    ["Ёлка й", "елка и"],
    ["שָׁלוֹם مُحَمَّد ســلام", "שלום محمد سلام"],
    ["நீ நா कि की", "நீ நா कि की"],
    ["天気", "天気 気"],
    ["今日は、晴れ", "今日 日は は 晴れ れ"],
    ["ｶﾞｷﾞ がぎ か", "ガギ ギ がぎ ぎ か"],
    ["학교에 가", "학교 교에 에 가"],
    ["ที่นี่", "ที่นี่ นี่"],
    ["ទៅ\u200Bសាលា", "ទៅសា សាលា លា"],
    ["可iPhone3を", "可 iphone3 を"],
    ["می\u200Cخواهم foo\u200Bbar soft\u00ADware", "میخواهم foo bar software"],
    ["\u0301 , 👍 \u200B", ""],
  ];
  for (const [text, tokens] of cut) assertEquals(tokensOf(text).join(" "), tokens, text);
});

/** Texts, with queries that find them and queries that don't. */
const SEARCHES: [text: string, found: string[], missed: string[]][] = [
  ["今日は天気がいい", ["天気", "今日", "気", "い", "天気が", "今日 天気", '"日は天"'], [
    "天日",
    "気天",
    "雨",
  ]],
  ["東京タワーに行った", ["東京", "タワー", "ﾀﾜｰ", "行っ", "行"], ["京東", "タウ"]],
  ["學校今天放假", ["今天", "學校", "放假"], ["天今"]],
  ["학교에 갔다가 집에서 잤다", ["학교", "학교에", "집", "갔다", "잤다"], ["교학", "병원"]],
  ["สวัสดีครับ วันนี้อากาศดี", ["สวัสดี", "ครับ", "วันนี้", "อากาศ", "ดี"], ["ฝน"]],
  ["ສະບາຍດີ", ["ສະບາຍ", "ດີ"], ["ຝົນ"]],
  ["ខ្ញុំទៅសាលារៀន", ["ទៅ", "សាលា", "រៀន", "ទៅ\u200Bសាលា"], ["ភ្លៀង"]],
  ["မင်္ဂလာပါခင်ဗျာ", ["မင်္ဂလာ", "ပါ"], ["မိုး"]],
  ["நீ எங்கே", ["நீ", "எங்கே", "எ*"], ["நா", "ந", "நி"]],
  ["नमस्ते दुनिया", ["नमस्ते", "दुनिया", "दुनि*"], ["नमस्त", "दुनियो"]],
  ["Καλημέρα σας, ο ΟΔΟΣ", ["καλημερα", "ΚΑΛΗΜΈΡΑ", "οδος", "οδοσ", "ΟΔΟΣ"], ["καλη"]],
  ["Привет, Ёжик", ["привет", "ежик", "ЁЖИК"], ["прив"]],
  ["السَّلامُ عَلَيْكُم", ["السلام", "عليكم", "السَّلام"], ["سلامم"]],
  ["שָׁלוֹם לכולם", ["שלום", "לכולם", "שָׁלוֹם"], ["שלו"]],
  ["می‌خواهم بروم", ["می‌خواهم", "میخواهم", "بروم"], ["خواه"]],
  ["Füße und STRASSE", ["fusse", "FÜẞE", "straße", "strasse"], ["fuse"]],
  ["iPhoneを買った, l'homme", ["iphone", "iPhoneを", "買", "homme", "l'homme"], ["iphon", "hom"]],
];

onEachLog("search finds words in every script", async (test) => {
  await test.append(...SEARCHES.map(([text]) => says(text)));
  for (const [text, found, missed] of SEARCHES) {
    for (const form of FORMS) {
      for (const query of found) {
        const texts = await test.found(query.normalize(form));
        assert(texts.includes(text), `${query} (${form}) finds ${texts}, not ${text}`);
      }
      for (const query of missed) {
        const texts = await test.found(query.normalize(form));
        assert(!texts.includes(text), `${query} (${form}) finds ${text}`);
      }
    }
  }
});

const FORMS = ["NFC", "NFD", "NFKC", "NFKD"] as const;

/** Letters of many scripts, words of theirs, marks, and characters with special forms. */
const PIECES = [
  ...SEARCHES.flatMap(([text]) => [...new Intl.Segmenter("und").segment(text)])
    .map(({ segment }) => segment),
  ...SEARCHES.flatMap(([, found]) => found).filter((each) => !/["*]/.test(each)),
  ..."ﬁ ㍿ ½ ² Ⅳ ẞ ŉ ǰ ΐ ﷺ ９ ゛ か\u3099 \u0301 \u0345 \u1161 \u11A8 ᄒ 각 👍 👩‍💻 𝔸 𐐀 𠮷 ﾞ ー 々 ⁠"
    .split(" "),
  ...[" ", " ", " ", ", ", "\u200B", "\u200C", "\u00AD", "-", "'", "\0", "\n", "。", "\u00A8"],
];

const someText = fc.array(fc.constantFrom(...PIECES), { maxLength: 12 })
  .map((pieces) => pieces.join(""));
const anyText = fc.oneof(someText, fc.string({ unit: "grapheme", maxLength: 20 }));

/** Texts in an index like the log's. */
class Index implements Disposable {
  readonly #database = new DatabaseSync(":memory:");

  constructor(texts: readonly string[]) {
    this.#database.exec(
      "CREATE VIRTUAL TABLE docs USING fts5 (text, sender, content='', tokenize='ascii')",
    );
    const insert = this.#database.prepare("INSERT INTO docs (rowid, text) VALUES (?, ?)");
    texts.forEach((text, index) => insert.run(index, tokensOf(text).join(" ")));
  }

  /** Which of the texts a query finds. */
  found(query: string): number[] {
    const expression = toExpression(query);
    if ("problem" in expression) return [];
    const rows = this.#database.prepare("SELECT rowid FROM docs WHERE docs MATCH ? ORDER BY rowid");
    return rows.all(expression.match).map(({ rowid }) => rowid as number);
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }
}

/** Which of the texts a query finds in memory. */
function foundInMemory(texts: readonly string[], query: string): number[] {
  const parsed = parseQuery(query);
  if ("problem" in parsed) return [];
  return texts.flatMap((text, index) => matches(parsed.terms, text) ? [index] : []);
}

/** The words of a text by UAX #29 and its dictionaries; none that ends amid a syllable. */
function wordsOf(text: string): string[] {
  const clusters = new Intl.Segmenter("und").segment(text);
  const isWhole = (at: number) => at === text.length || clusters.containing(at)?.index === at;
  return [...new Intl.Segmenter("und", { granularity: "word" }).segment(text)]
    .filter(({ isWordLike, index, segment }) =>
      isWordLike && isWhole(index) && isWhole(index + segment.length)
    )
    .map(({ segment }) => segment);
}

Deno.test("a text is found by any of its words, in any normal form, in every log", PURE, () => {
  fc.assert(
    fc.property(anyText, fc.constantFrom(...FORMS), (text, form) => {
      using index = new Index([text]);
      for (const word of wordsOf(text)) {
        const query = word.normalize(form);
        if (tokensOf(query).length === 0) continue;
        assertEquals(foundInMemory([text], query), [0], JSON.stringify([text, query]));
        assertEquals(index.found(query), [0], JSON.stringify([text, query]));
      }
    }),
    { numRuns: 2000 },
  );
});

Deno.test("both logs find the same texts, whatever the query", PURE, () => {
  const texts = fc.array(anyText, { maxLength: 8 });
  const part = fc.tuple(fc.constantFrom("", " ", '"', "*", '" "'), anyText);
  const queries = fc.array(part, { maxLength: 3 }).map((parts) => parts.flat().join(""));
  fc.assert(
    fc.property(texts, queries, (texts, query) => {
      using index = new Index(texts);
      assertEquals(index.found(query), foundInMemory(texts, query), JSON.stringify(query));
    }),
    { numRuns: 2000 },
  );
});
