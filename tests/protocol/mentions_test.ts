import { assert, assertEquals } from "@std/assert";
import { mentions, splitAtMentions } from "../../protocol/mentions.ts";
import { parseName } from "../../protocol/names.ts";
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
