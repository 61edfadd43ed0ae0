import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { fold, parseName } from "../../../protocol/mod.ts";
import { lookAlike, skeleton, skeletonsOf } from "../../../server/hub/state/skeletons.ts";
import { PURE } from "../../fixtures/pure.ts";

const ALIKE: [what: string, one: string, other: string][] = [
  ["a Cyrillic А", "Alice", "\u0410lice"],
  ["all Cyrillic but the l", "paypal", "\u0440\u0430\u0443\u0440\u0430l"],
  ["a palochka for an l", "apple", "\u0430\u0440\u0440\u04cf\u0435"],
  ["a capital I for an l", "Alice", "AIice"],
  ["an l for a capital I, in capitals", "ALICE", "ALlCE"],
  ["a capital I for an l, of a name in capitals", "ALICE", "AIice"],
  ["a zero for an o", "Bob", "B0b"],
  ["a capital I at the end of a word", "Paul", "PauI"],
  ["a capital I within a word", "Paulina", "PauIina"],
  ["an l within capitals", "BILL", "BlLL"],
  ["a one for an l", "Paul", "Pau1"],
  ["a one for a capital I", "Ian", "1an"],
  ["a Latin letter that only looks like one", "Ian", "\u0196an"],
  ["a click for a capital I", "Ian", "\u01C0an"],
  ["a Latin alpha", "alice", "\u0251lice"],
  ["a Cyrillic І before Latin", "Ian", "\u0406an"],
  ["a letter that looks like half of another's capital", "Straße", "\u01bdtrasse"],
  ["another alphabet alone", "coco", "\u0441\u043e\u0441\u043e"],
  ["rn for m in another alphabet", "Amo", "\u0410rno"],
  ["a caron for a breve", "Mărin", "M\u01cerin"],
  ["a cedilla for a comma", "Ștefan", "\u015etefan"],
  ["an eth for a d with stroke", "Đoko", "\u00d0oko"],
  ["an Arabic kaf for a Persian one", "\u06a9امران", "\u0643امران"],
  ["a Kana letter for a Han one", "工", "エ"],
  ["a letter that Thai no longer uses", "ขาว", "\u0e03าว"],
  ["a joiner", "علی\u200cرضا", "على\u200cرضا"],
  ["mathematical letters", "Alice", "\u{1D400}lice"],
  ["a Greek omicron", "Bob", "B\u03bfb"],
  ["an Armenian letter", "Sophie", "S\u0585phie"],
  ["accents that are written apart", "Zoë", "Zo\u0435\u0308"],
];

Deno.test("names look alike that a reader would take for each other", PURE, () => {
  for (const [what, one, other] of ALIKE) {
    assert(lookAlike(one, other), what);
    assert(lookAlike(other, one), what);
  }
});

/** Names of one script that share a skeleton, and are two ordinary names. */
const ORDINARY: [one: string, other: string][] = [
  ["Ian", "Lan"],
  ["AI", "Al"],
  ["Arno", "Amo"],
  ["Tom", "Torn"],
  ["ARNO", "AMO"],
  ["ian", "lan"],
  ["Iisa", "Lisa"],
  ["Ian 2", "Lan 2"],
  ["Ian 🎉", "Lan 🎉"],
  ["Iris Maler", "Lris Maler"],
  ["Íris", "Ĺris"],
  ["Ασα", "Αοα"],
  ["דן", "דו"],
  ["Գոռ", "Գոո"],
  ["ثری", "پری"],
  ["ดา", "ตา"],
  ["ரவி", "ஈவி"],
  ["രവി", "റവി"],
  ["士", "土"],
];

Deno.test("two ordinary names of one script do not look alike", PURE, () => {
  for (const [one, other] of ORDINARY) {
    assert(!lookAlike(one, other), `${one} ${other}`);
    assert(!lookAlike(other, one), `${other} ${one}`);
  }
});

/** A word of Latin letters, beginning with a capital or not. */
const WORD = fc.tuple(
  fc.constantFrom("I", "L", "A", "i", "l", "a"),
  fc.stringMatching(/^[a-z]{0,6}$/),
)
  .map((parts) => parts.join(""));

Deno.test("no letter of another script passes for one of a Latin name", PURE, () => {
  const cyrillic: Record<string, string> = {
    a: "а",
    c: "с",
    e: "е",
    i: "і",
    o: "о",
    p: "р",
    x: "х",
  };
  fc.assert(fc.property(WORD, fc.nat(), (word, at) => {
    const places = [...word].flatMap((letter, index) => letter in cyrillic ? [index] : []);
    const place = places[at % places.length];
    if (place === undefined) return;
    const other = word.slice(0, place) + cyrillic[word[place] ?? ""] + word.slice(place + 1);
    assert(lookAlike(word, other), `${word} ${other}`);
  }));
});

Deno.test("ordinary Latin names look alike to nobody but themselves", PURE, () => {
  fc.assert(fc.property(WORD, WORD, (one, other) => {
    assertEquals(lookAlike(one, other), fold(one) === fold(other), `${one} ${other}`);
  }));
  // Most words above have nothing in common.
  fc.assert(fc.property(fc.stringMatching(/^(?:[Il]|rn|m|[ao]){1,6}$/), (one) => {
    const other = one.replaceAll(/^[Il]/g, (letter) => letter === "I" ? "l" : "I")
      .replaceAll(/rn|m/g, (letter) => letter === "m" ? "rn" : "m");
    const isOrdinary = !/.I|I[Il]/.test(one) && !/.I|I[Il]/.test(other);
    if (isOrdinary) assertEquals(lookAlike(one, other), one === other, `${one} ${other}`);
  }));
});

Deno.test("names that a reader can tell apart do not look alike", PURE, () => {
  const names = [
    "Alice",
    "Alicia",
    "Bob",
    "Rob",
    "Zoë",
    "Zoe",
    "李",
    "王",
    "Олег",
    "Μαρία",
    "a",
    "b",
  ];
  for (const one of names) {
    for (const other of names) {
      assertEquals(lookAlike(one, other), one === other, `${one} ${other}`);
    }
  }
});

function shareSkeleton(one: string, other: string): boolean {
  return skeletonsOf(one).some((skeleton) => skeletonsOf(other).includes(skeleton));
}

Deno.test("names that are the same share a skeleton, for every name", PURE, () => {
  const letters = fc.string({ unit: "binary", minLength: 1, maxLength: 8 });
  fc.assert(fc.property(letters, (text) => {
    const parsed = parseName(text);
    if ("problem" in parsed) return;
    for (const other of [parsed.name.toUpperCase(), parsed.name.toLowerCase()]) {
      if (fold(other) === fold(parsed.name)) assert(shareSkeleton(parsed.name, other));
    }
  }));
});

Deno.test("skeleton() is Unicode's", PURE, () => {
  // From the examples of UTS #39, and confusables.txt.
  assertEquals(skeleton("\u{1D52D}\u{1D4B6}\u1EFF\u{1D561}\u{1D552}\u2113"), "paypal");
  assertEquals(skeleton("scope"), skeleton("\u0455\u0441\u043e\u0440\u0435"));
  assertEquals(skeleton("m"), "rn");
  assertEquals(skeleton(""), "");
});
