/** Facts in the documents that people write, compared with what they are about. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import config from "../../deno.json" with { type: "json" };

const ROOT = new URL("../../", import.meta.url);

function read(path: string): string {
  return Deno.readTextFileSync(new URL(path, ROOT));
}

/** The documents at the top and in docs/, without the reports that programs write. */
const DOCUMENTS = ["", "docs/"].flatMap((folder) =>
  [...Deno.readDirSync(new URL(`./${folder}`, ROOT))]
    .map(({ name }) => folder + name)
    .filter((path) => /\.md$/.test(path) && !/FAULTS|BENCHMARKS/.test(path))
);

/** The folders below `folder` that hold source, with their paths. */
function foldersIn(folder: string): string[] {
  const entries = [...Deno.readDirSync(new URL(folder, ROOT))].filter((each) => each.isDirectory);
  return entries.flatMap(({ name }) => [`${folder}/${name}`, ...foldersIn(`${folder}/${name}`)]);
}

Deno.test("documents link only to files that exist", () => {
  assert(DOCUMENTS.length >= 7);
  for (const document of DOCUMENTS) {
    const from = new URL(document, ROOT);
    for (const [, path = ""] of read(document).matchAll(/\]\(([^)#:]+)\)/g)) {
      // The code host's own pages stand beside the repository's files.
      if (path.startsWith("../../")) continue;
      assert(Deno.statSync(new URL(path, from)).isFile, `${document}: ${path}`);
    }
  }
});

Deno.test("documents name only tasks that exist", () => {
  for (const document of DOCUMENTS) {
    for (const [, task = ""] of read(document).matchAll(/\bdeno(?:@[\d.]+)? task (\w+)/g)) {
      assert(task in config.tasks, `${document}: ${task}`);
    }
  }
});

Deno.test("documents name the version of Deno that CI runs", () => {
  for (const document of DOCUMENTS) {
    for (const [version] of read(document).matchAll(/deno@[\d.]+\d/g)) {
      assertStringIncludes(read(".ci/run"), version, document);
    }
  }
});

Deno.test("README has at most 150 lines", () => {
  assert(read("README.md").split("\n").length <= 151);
});

Deno.test("README's picture is one that was made, not drawn", () => {
  assertStringIncludes(read("README.md"), "](docs/client.svg)");
  assertStringIncludes(read("docs/client.svg"), "unread");
});

Deno.test("README's figures are those of the reports", () => {
  const readme = read("README.md").replace(/\s+/g, " ");
  const faults = read("docs/FAULTS.md");
  const figure = (pattern: RegExp) => pattern.exec(readme)?.[1] ?? `no figure ${pattern}`;
  const rows = [...faults.matchAll(/^\| [a-z-]+ +\|(.*)\|$/gm)].map(([, row = ""]) =>
    row.split("|").map(Number)
  );
  const acknowledged = rows.reduce((sum, row) => sum + (row[1] ?? NaN), 0);
  assert(acknowledged > Number(figure(/than ([\d,]+) acknowledged messages/).replaceAll(",", "")));
  assertEquals(rows.map((row) => row.slice(2, 6)), rows.map(() => [0, 0, 0, 0]));
  assertStringIncludes(faults, `of the others took ${figure(/others took (\d+ ms)/)}`);
  const benchmarks = read("docs/BENCHMARKS.md");
  assertStringIncludes(benchmarks, `| chat-server --memory | ${figure(/([\d.]+) million/)} M (`);
  assertStringIncludes(
    benchmarks,
    `| chat-server --sync full | ${figure(/and ([\d.]+) million/)} M (`,
  );
  assertStringIncludes(benchmarks, `NATS core | ${figure(/([\d.]+) times/)} × (`);
  assertStringIncludes(benchmarks, `Resident for each | ${figure(/takes ([\d.]+ KB)/)} |`);
});

Deno.test("docs/ARCHITECTURE.md names every folder, and no other", () => {
  const [, tree = ""] = /## The tree\n\n```\n(.*?)^```$/ms.exec(read("docs/ARCHITECTURE.md")) ?? [];
  const path: string[] = [];
  const named = tree.split("\n").flatMap((line) => {
    const [, indent = "", folder] = /^( *)(\w+)\/ /.exec(line) ?? [];
    if (folder === undefined) return [];
    path.splice(indent.length / 2, path.length, folder);
    return [path.join("/")];
  });
  const layered = ["server", "core", "client", "web"].flatMap((top) => [top, ...foldersIn(top)])
    // What is built is no part of the tree.
    .filter((each) => each !== "web/dist");
  const flat = ["protocol", "cli", "tests", "bench", "tools", "types", "docs", "packaging"];
  assertEquals(named.sort(), [...layered, ...flat].sort());
});
