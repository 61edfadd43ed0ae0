/** The page as it is made: its size, its sources, and what its sources may not do. */

import { assert, assertEquals, assertLess } from "@std/assert";
import { gzipSync } from "node:zlib";
import { makePage } from "../../tools/page.ts";

const WEB = new URL("../../web/", import.meta.url);

/** Bytes of the page, compressed: 40 KB, and 5 for the commands about roles, bans and invitations. */
const BUDGET = 45 * 1024;

Deno.test("the page is one file of at most 45 KB, compressed", async () => {
  const html = await makePage();
  assertLess(gzipSync(html).length, BUDGET);
  assertEquals(html.match(/<script|<style/g)?.length, 2);
  // Nothing is fetched beside it, and nothing in it needs a policy of more than two hashes.
  assertEquals(html.match(/<(?:img|iframe|object|embed|base)\b|\ssrc=|\son\w+="|\sstyle="/g), null);
});

Deno.test("the same sources make the same page", async () => {
  assertEquals(await makePage(), await makePage());
});

Deno.test("no source of the page turns a text into markup or code", () => {
  const files = ["", "model/", "kept/"].flatMap((folder) =>
    [...Deno.readDirSync(new URL(folder, WEB))].filter(({ name }) => name.endsWith(".ts"))
      .map(({ name }) => folder + name)
  );
  assert(files.length > 15);
  const forbidden =
    /\b(?:innerHTML|outerHTML|insertAdjacentHTML|setHTMLUnsafe|parseFromString|createContextualFragment|srcdoc|eval|Function)\b|document\.write/;
  const wrong = files.filter((file) => forbidden.test(Deno.readTextFileSync(new URL(file, WEB))));
  assertEquals(wrong, []);
});
