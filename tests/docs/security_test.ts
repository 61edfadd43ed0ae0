/** The facts in SECURITY.md, compared with what they are about. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { LIMITS } from "../../protocol/mod.ts";
import { OPTIONS } from "../../server/options.ts";
import { programs } from "../../tools/targets.ts";
import { MEMORY_BOUND } from "../fuzz/run.ts";

const security = await Deno.readTextFile(new URL("../../SECURITY.md", import.meta.url));

Deno.test("SECURITY.md names only files that there are", async () => {
  const links = [...security.matchAll(/\]\(([^)#:]+)\)/g)];
  assert(links.length > 15);
  for (const [, path] of links) {
    assert((await Deno.stat(new URL(`../../${path}`, import.meta.url))).isFile, path);
  }
});

Deno.test("SECURITY.md names a test for each promise, and each is there", async () => {
  const section = /## What is promised\n(.*?)\n## /s.exec(security)?.[1] ?? "";
  const rows = section.split("\n").filter((line) => line.startsWith("| ")).slice(2);
  assert(rows.length > 10);
  for (const row of rows) {
    const shown = [...row.matchAll(/`([^`]+)`[^[]*\[[^\]]+\]\((tests\/[^)]+)\)/g)];
    assert(shown.length > 0, row);
    for (const [, name = "", path = ""] of shown) {
      const source = await Deno.readTextFile(new URL(`../../${path}`, import.meta.url));
      assertStringIncludes(source, name, `${path} has no test that begins so`);
    }
  }
});

Deno.test("SECURITY.md gives the limits and permissions that there are", () => {
  const { line, depth, text } = LIMITS;
  const numbers = [line.toLocaleString("en"), `nests ${depth} deep`, `${text} characters`];
  for (const fact of [...numbers, `name ${LIMITS.name}`, `${MEMORY_BOUND} MiB`]) {
    assertStringIncludes(security, fact);
  }
  for (const [option] of security.matchAll(/`--[a-z]+-[a-z-]+`/g)) {
    const name = option.slice(3, -1);
    assert(name in OPTIONS || name.startsWith("allow-"), option);
  }
  for (const { name, permissions } of programs) {
    const row = security.split("\n").find((line) => line.startsWith(`| \`${name}\``)) ?? "";
    const listed = [...row.matchAll(/`(--[^`=]+)/g)].map(([, flag]) => flag);
    assertEquals(listed, permissions.map((permission) => permission.split("=")[0]), name);
  }
});
