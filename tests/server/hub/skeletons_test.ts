import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { fold, parseName } from "../../../protocol/mod.ts";
import { skeleton, skeletonsOf } from "../../../server/hub/state/skeletons.ts";
import { PURE } from "../../fixtures/pure.ts";

function lookAlike(one: string, other: string): boolean {
  return skeletonsOf(one).some((skeleton) => skeletonsOf(other).includes(skeleton));
}

const ALIKE: [what: string, one: string, other: string][] = [
  ["a Cyrillic А", "Alice", "\u0410lice"],
  ["all Cyrillic but the l", "paypal", "\u0440\u0430\u0443\u0440\u0430l"],
  ["a capital I for an l", "Alice", "AIice"],
  ["an l for a capital I, in capitals", "ALICE", "ALlCE"],
  ["a capital I for an l, of a name in capitals", "ALICE", "AIice"],
  ["a zero for an o", "Bob", "B0b"],
  ["rn for m", "Tom", "Torn"],
  ["mathematical letters", "Alice", "\u{1D400}lice"],
  ["a Greek omicron", "Bob", "B\u03bfb"],
  ["an Armenian letter", "Sophie", "S\u0585phie"],
  ["accents that are written apart", "Zoë", "Zo\u0435\u0308"],
];

Deno.test("names share a skeleton that a reader would take for each other", PURE, () => {
  for (const [what, one, other] of ALIKE) assert(lookAlike(one, other), what);
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

Deno.test("names that are the same look alike, for every name", PURE, () => {
  const letters = fc.string({ unit: "binary", minLength: 1, maxLength: 8 });
  fc.assert(fc.property(letters, (text) => {
    const parsed = parseName(text);
    if ("problem" in parsed) return;
    for (const other of [parsed.name.toUpperCase(), parsed.name.toLowerCase()]) {
      if (fold(other) === fold(parsed.name)) assert(lookAlike(parsed.name, other));
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
