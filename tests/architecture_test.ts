/** The order of the folders, read from the imports; docs/ARCHITECTURE.md says it in words. */

import { assert, assertEquals } from "@std/assert";

/**
 * From the ground up: a file may import from its own folder and from those of rows before its own
 * in one of these lists. No two lists contradict each other, so no folders can form a circle.
 */
const LAYERS = [
  [
    ["protocol", "cli"],
    ["server/process"],
    ["server/log"],
    ["server/limits", "server/log/memory", "server/hub/state"],
    ["server/log/sqlite/file", "server/log/sqlite/tables", "server/hub/rights"],
    ["server/log/sqlite", "server/hub"],
    ["server/connection"],
    ["server/delivery", "server/tls", "server/web"],
    ["server/accounts", "server/ops"],
    ["server/peer"],
    ["server"],
    ["server/doctor", "server/commands/parts"],
    ["server/commands"],
  ],
  [["protocol"], ["core/rights"], ["core/chat"], ["core/session"]],
  [
    ["protocol", "cli", "core/rights", "core/chat", "core/session"],
    ["client/files"],
    ["client/net", "client/editor"],
    ["client/display", "client/startup"],
    ["client/lines"],
    ["client/terminal"],
    ["client"],
  ],
  [["protocol", "core/rights", "core/chat", "core/session"], ["web/model"], ["web/kept"], ["web"]],
];

/** Files that import each other: a room has members, and a session has rooms. */
const CIRCLE = ["server/hub/state/room.ts", "server/hub/state/session.ts"];

const MAX_FILES = 14;

const ROOT = new URL("../", import.meta.url);
const IMPORT = /^(?:import|export)\b[^;]*?\bfrom "(\.[^"]+)"|\bimport\("(\.[^"]+)"\)/gms;

/** The files of the program, each with the files that it imports. */
const imports = new Map(
  ["protocol", "cli", "core", "server", "client", "web"].flatMap(filesIn).map((file) =>
    [file, importsOf(file)] as const
  ),
);

function filesIn(folder: string): string[] {
  return [...Deno.readDirSync(new URL(folder, ROOT))].flatMap(({ name, isDirectory }) => {
    const path = `${folder}/${name}`;
    return isDirectory ? filesIn(path) : path.endsWith(".ts") ? [path] : [];
  });
}

function importsOf(file: string): string[] {
  const source = Deno.readTextFileSync(new URL(file, ROOT));
  return [...source.matchAll(IMPORT)]
    .map(([, from, late]) => new URL((from ?? late) as string, new URL(file, ROOT)))
    .map(({ href }) => href.slice(ROOT.href.length))
    .filter((path) => path.endsWith(".ts"));
}

function folderOf(file: string): string {
  return file.slice(0, Math.max(file.lastIndexOf("/"), 0));
}

function isDownward(from: string, to: string): boolean {
  return from === to || LAYERS.some((rows) => {
    const [above, below] = [from, to].map((folder) =>
      rows.findIndex((row) => row.includes(folder))
    ) as [number, number];
    return below >= 0 && below < above;
  });
}

Deno.test("every import points down", () => {
  const wrong = [...imports].flatMap(([file, targets]) =>
    targets.filter((target) => !isDownward(folderOf(file), folderOf(target)))
      .map((target) => `${file} -> ${target}`)
  );
  assert(imports.size > 100);
  assertEquals(wrong, []);
});

Deno.test("no files form a circle but a room and a session", () => {
  let left = [...imports.keys()];
  for (let before = Infinity; left.length < before;) {
    before = left.length;
    const imported = new Set(left.flatMap((file) => imports.get(file) ?? []));
    left = left.filter((file) =>
      imported.has(file) && imports.get(file)?.some((target) => left.includes(target))
    );
  }
  assertEquals(left.sort(), CIRCLE);
});

Deno.test("no folder holds more than fourteen files", () => {
  const folders = Map.groupBy(imports.keys(), folderOf);
  const large = [...folders].filter(([, files]) => files.length > MAX_FILES);
  assertEquals(large.map(([folder, files]) => `${folder}: ${files.length}`), []);
});
