import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { mentions, splitAtMentions } from "../../protocol/mentions.ts";
import { fold, parseName } from "../../protocol/names.ts";
import { PURE } from "../fixtures/pure.ts";

Deno.test("mentions() finds a name as a word of its own, in any case", PURE, () => {
  const cases: [text: string, name: string, expected: boolean][] = [
    ["Ann", "Ann", true],
    ["hi ann!", "Ann", true],
    ["ANN?", "ann", true],
    ["(@Ann)", "Ann", true],
    ["a\nAnn\nb", "Ann", true],
    ["Anna", "Ann", false],
    ["Joann", "Ann", false],
    ["Ann2", "Ann", false],
    ["Ann_", "Ann", false],
    ["Änn", "Ann", false],
    ["éAnn", "Ann", false],
    ["Anna and Ann", "Ann", true],
    ["say ÖZGÜR", "özgür", true],
    ["Привет, Оля!", "оля", true],
    ["Оляна", "оля", false],
    ["Anna Lena came", "Anna Lena", true],
    ["C++ is here", "C++", true],
    ["C+", "C++", false],
    ["a.b", "a.b", true],
    ["axb", "a.b", false],
    ["", "Ann", false],
    ["anything", "", false],
  ];
  for (const [text, name, expected] of cases) {
    assertEquals(mentions(text, name), expected, `"${name}" in "${text}"`);
  }
});

Deno.test("mentions() takes no character of a name for a pattern", PURE, () => {
  for (let code = 0x21; code <= 0x7e; code++) {
    const name = `a${String.fromCharCode(code)}b`;
    assertEquals(parseName(name), { name });
    assert(mentions(`a b, (${name})`, name), name);
    if (!/\w/.test(name.charAt(1))) assert(!mentions("a b ab aab axb", name), name);
  }
});

Deno.test("splitAtMentions() gives all of the text, every second part a mention", PURE, () => {
  assertEquals(splitAtMentions("Ann, ann and Anna", "Ann"), ["", "Ann", ", ", "ann", " and Anna"]);
  assertEquals(splitAtMentions("(C++)", "c++"), ["(", "C++", ")"]);
  assertEquals(splitAtMentions("nobody", "Ann"), ["nobody"]);
  assertEquals(splitAtMentions("nobody", ""), ["nobody"]);
  assertEquals(splitAtMentions("", "Ann"), [""]);
});

Deno.test("mentions() of one name does not depend on the name before", PURE, () => {
  for (const name of ["Ann", "Bob", "Bob", "Ann", "Ann"]) {
    assert(mentions("Ann and Bob and Ann", name));
    assert(mentions("Ann and Bob and Ann", name));
    assert(!mentions("Ann and Bob and Ann", `${name}x`));
  }
});

/** By what decides: texts that mention a name, and texts that do not. */
const SCRIPTS: Record<string, [name: string, mentioned: string[], not: string[]][]> = {
  "scripts without spaces": [
    ["田中", ["田中さん", "昨日、田中に会った", "田中3時に来て", "@田中角栄"], ["田", "中田"]],
    ["李明", ["李明你好", "我跟李明说", "Hi李明!"], ["李", "明"]],
    ["สมชาย", ["สวัสดีสมชายครับ", "สมชาย"], ["สม", "ชาย"]],
    ["มา", ["มาลี", "ถามมา"], ["เมา", "ม่า", "โมา"]],
    ["ສົມ", ["ສະບາຍດີສົມ", "ສົມຢູ່ໃສ"], ["ໂສົມ"]],
    ["សុខា", ["សួស្តីសុខាមកលេង"], ["សុខ"]],
    ["အောင်", ["ဦးအောင်လာပြီ"], ["အော"]],
  ],
  "Kana": [
    ["アンナ", ["アンナさん", "アンナ・スミス", "ｱﾝﾅが", "田中アンナ"], [
      "アンナプルナ",
      "マリアンナ",
    ]],
    ["はな", ["はなさん", "はなが来た", "「はな」"], ["はなし", "はなび"]],
    ["Bob", ["Bobさん", "昨日Bobに会った"], ["Bobbyさん"]],
  ],
  "Korean particles": [
    ["민수", ["민수가", "민수야!", "민수님께서는", "민수 씨", "민수인데요", "민수한테도"], [
      "김민수",
      "민수정",
    ]],
    ["김", ["김 씨", "김님"], ["김치 먹자"]],
    ["Anna", ["Anna님", "Anna가 왔다"], ["Annabel님"]],
  ],
  "particles before a name": [
    ["דנה", ["לדנה", "ודנה באה", "שלדנה"], ["דנהא", "אגדנה"]],
    ["أحمد", ["وأحمد", "لأحمد", "أحمد، تعال"], ["أحمدي", "مأحمد"]],
    ["Anna", ["l'Anna", "d’Anna"], []],
  ],
  "marks and normal forms": [
    ["Jose", [], ["Jose\u0301 kommt", "José"]],
    ["José", ["Jose\u0301 kommt", "JOSE\u0301", "José"], ["Jose"]],
    ["Việt", ["Vie\u0323\u0302t", "Vi\u00ea\u0323t", "VIỆT"], ["Viêt", "Viet"]],
    ["अनिल", ["नमस्ते अनिल।"], ["अनिला", "अनिले"]],
    ["علی\u200cرضا", ["علیرضا", "علی\u200cرضا!"], ["علی رضا"]],
    ["Anna", ["An\u00adna", "Ａｎｎａ"], []],
    ["Strasse", ["Straße", "STRASSE"], []],
    ["Ὀδυσσεύς", ["ὈΔΥΣΣΕΎΣ!", "ὀδυσσεύσ"], []],
  ],
  "emoji": [
    ["👩\u200d💻", ["hi 👩\u200d💻!"], ["👩", "👩\u200d🚀"]],
    ["👩", ["👩!"], ["👩\u200d💻", "👩🏽"]],
    ["🇩🇪", ["🇩🇪!", "🇫🇷🇩🇪"], ["🇬🇩🇪🇦"]],
  ],
  "compounds": [
    ["Anna", [
      "Anna - hi",
      "Anna-",
      "Anna's",
      "Anna’nın",
      "**Anna**",
      "Anna:hi",
      "Anna/Bob",
      "(Anna)",
    ], [
      "Anna-Lena",
      "Lena-Anna",
      "anna\u2010lena",
      "_Anna_",
      "Anna2",
    ]],
    ["Brien", ["brien!"], ["O'Brien", "O’Brien"]],
    ["O'Brien", ["O'Brien", "o'brien!"], []],
    ["42", ["42.", "42, 43"], ["3.42", "42.5"]],
  ],
  "links": [
    ["Anna", ["https://example.com/a, Anna", "Danke Anna.Bis morgen", "Anna. de"], [
      "https://example.com/anna",
      "https://anna.example.com/",
      "http://example.com/?q=anna&x",
      "ftp://anna:secret@example.com",
      "example.com/anna",
      "anna.example.com",
      "anna.de",
      "www.anna.de",
      "anna@example.com",
      "mailto:anna@example.com",
      "x.anna@example.com",
      "/home/anna/x",
      "C:\\Users\\anna\\x",
      "matrix://room/anna",
      "matrix:u/anna:example.com",
      "data:text/anna,x/y",
      "git@example.com:anna/chat",
      "Www.Anna.Example",
      "EXAMPLE.COM/ANNA",
      "localhost:8080/anna",
      "127.0.0.1/anna",
      "[::1]:8080/anna",
      "пример.рф/anna",
      "example.xn--p1ai/anna",
    ]],
    ["田中", [
      "https://example.com、田中さん",
      "（https://example.com）田中",
      "example.com/a。田中",
    ], [
      "https://example.com/田中",
    ]],
  ],
  "beside what is no word": [
    ["👩\u200d💻", ["hi👩\u200d💻!", "👩\u200d💻hi", "1👩\u200d💻"], ["👩\u200d💻\u200d💻"]],
    ["Anna", ["😀anna", "❤\ufe0fanna", "anna❤\ufe0f", "🇩🇪anna"], ["anna\u200dx", "é\ufe0fanna"]],
    ["C++", ["C++is", "in C++!"], ["xC++"]],
    ["Marcel", ["Marcel · Anna"], ["Marcel·la"]],
  ],
};

Deno.test("mentions() knows words by the rules of each script", PURE, () => {
  for (const [what, rows] of Object.entries(SCRIPTS)) {
    for (const [name, mentioned, not] of rows) {
      for (const text of mentioned) assert(mentions(text, name), `${what}: ${name} in ${text}`);
      for (const text of not) assert(!mentions(text, name), `${what}: ${name} in ${text}`);
    }
  }
});

const NAMES = Object.values(SCRIPTS).flat().map(([name]) => name);

Deno.test("mentions() finds every name between spaces, in every normal form and case", PURE, () => {
  const anyName = fc.oneof(
    fc.constantFrom(...NAMES),
    fc.string({ unit: "grapheme", minLength: 1 }),
  );
  const form = fc.constantFrom("NFC", "NFD", "NFKC", "NFKD");
  const beside = fc.constantFrom("", " ", "\n", "¡", "“", ", ", "! ", "。");
  fc.assert(fc.property(anyName, form, beside, beside, (text, form, before, after) => {
    const parsed = parseName(text);
    if ("problem" in parsed) return;
    for (const written of [parsed.name, parsed.name.toUpperCase(), parsed.name.toLowerCase()]) {
      if (fold(written) !== fold(parsed.name)) continue;
      const parts = splitAtMentions(`${before} ${written.normalize(form)} ${after}`, parsed.name);
      assertEquals(parts.length, 3);
      assertEquals(parts.join(""), `${before} ${written.normalize(form)} ${after}`);
    }
  }));
});

Deno.test("mentions() finds no name in a link", PURE, () => {
  const scheme = fc.constantFrom("https://", "http://", "ftp://", "www.", "");
  const segments = fc.array(fc.stringMatching(/^[a-z0-9~_.-]{0,6}$/), { maxLength: 3 });
  const tail = fc.constantFrom("", "?q=1&r=%20", "#top", "?anna=anna#anna");
  const parts = fc.tuple(
    scheme,
    fc.constantFrom("example.com", "a-b.example.co.uk", "anna.bücher.example"),
    segments,
    segments,
    tail,
  );
  fc.assert(fc.property(parts, fc.constantFrom("Anna", "田中"), (parts, name) => {
    const [scheme, host, before, behind, query] = parts;
    const text = `see ${scheme}${host}/${[...before, name, ...behind].join("/")}${query}`;
    assert(!mentions(text, name), text);
    assert(mentions(`${text} ${name}`, name), text);
  }));
});

Deno.test("splitAtMentions() gives all of a text that is nothing but beginnings", PURE, () => {
  const texts = ["anna ", "a.", "a@", "/a", "a-", "anna@a.", "님", "א", "👩\u200d", "https://a "];
  for (const text of texts) {
    const parts = splitAtMentions(text.repeat(4096 / text.length), "anna");
    assertEquals(parts.join(""), text.repeat(4096 / text.length));
  }
});
