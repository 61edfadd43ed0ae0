import { assertEquals, assertMatch, assertNotMatch } from "@std/assert";
import { milliseconds, type Point, tableOfSeries } from "../../bench/section.ts";
import { toSvg } from "../../bench/svg.ts";
import { PURE } from "../fixtures/pure.ts";

/** A plot of one line, and its table. */
function shown(...points: Point[]): { svg: string; cells: (string | undefined)[] } {
  const series = [{ name: "one", color: 1, points }];
  const table = tableOfSeries("x", points.map(({ x }) => x), series, milliseconds);
  return {
    svg: toSvg({ file: "", title: "", x: "", y: "", series }),
    cells: table.rows.map(([_x, cell]) => cell),
  };
}

const SOUND = [{ x: 1, y: 1, mark: "" }, { x: 10, y: 10, mark: "" }];

Deno.test("bench plots and tables sound points without a sign", PURE, () => {
  const { svg, cells } = shown(...SOUND);
  assertEquals(cells, ["1.00 ms", "10 ms"]);
  assertEquals(svg.match(/<circle [^>]* stroke="none"\/>/g)?.length, 2);
  assertMatch(svg, /<path d="M[\d.,]+L[\d.,]+"/);
});

Deno.test("bench plots a point hollow, with its signs, and so tables it", PURE, () => {
  const { svg, cells } = shown(...SOUND, { x: 100, y: 5, mark: " ‡ §" });
  assertEquals(cells[2], "5.00 ms ‡ §");
  assertMatch(svg, /<circle [^>]* fill="#fff" [^>]*\/><text [^>]*>‡ §<\/text>/);
});

Deno.test("bench plots what has no figure on the edge, with a gap in the line", PURE, () => {
  const { svg, cells } = shown(
    { x: 1, y: 1, mark: "" },
    { x: 5, y: NaN, mark: "" },
    { x: 10, y: 10, mark: "" },
    { x: 100, y: 0, mark: " ‡" },
  );
  assertEquals(cells, ["1.00 ms", "?", "10 ms", "0.00 ms ‡"]);
  assertMatch(svg, /<path d="M[\d.,]+M[\d.,]+"/);
  const onEdge = svg.matchAll(/<circle [^>]* cy="400" [^>]*\/><text [^>]*>(.+?)<\/text>/g);
  assertEquals([...onEdge].map(([_all, sign]) => sign), ["?", "‡"]);
  assertNotMatch(svg, /NaN|Infinity/);
});
