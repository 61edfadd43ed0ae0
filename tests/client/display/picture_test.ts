import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { pictureOf, piecesOf } from "../../../tools/picture_svg.ts";
import { PURE } from "../../fixtures/pure.ts";

/** The pieces in short: texts with their positions. */
function places(screen: string): string[] {
  return piecesOf(screen).map(({ text, row, column, width }) =>
    `${text} ${row}:${column}+${width}`
  );
}

Deno.test("piecesOf() puts wide clusters on the cells that they take", PURE, () => {
  assertEquals(places("a 日b\n👩‍👩‍👧x"), ["a  0:0+2", "日 0:2+2", "b 0:4+1", "👩‍👩‍👧 1:0+2", "x 1:2+1"]);
});

Deno.test("piecesOf() obeys SGR, from one row into the next", PURE, () => {
  const looks = piecesOf(
    "\x1b[2mdim\nstill \x1b[0;1;38;5;196mred\x1b[39m \x1b[7mturned\x1b[0mplain",
  )
    .map(({ text, color, bold, dim, reverse }) => [text, color, bold, dim, reverse]);
  assertEquals(looks, [
    ["dim", undefined, false, true, false],
    ["still ", undefined, false, true, false],
    ["red", "#ff0000", true, false, false],
    [" ", undefined, true, false, false],
    ["turned", undefined, true, false, true],
    ["plain", undefined, false, false, false],
  ]);
});

Deno.test("pictureOf() escapes what is text and draws the cursor", PURE, () => {
  const picture = pictureOf({ text: "<b> & c\n\n", columns: 10, cursor: { column: 7, row: 0 } });
  assertStringIncludes(picture, ">&lt;b&gt; &amp; c</text>");
  assertMatch(picture, /<rect x="74.8" y="16" width="8.4" height="19" fill="#d8dee9"\/>/);
});
