/**
 * The compiled programs, as far as they can be measured: figures of a binary that is
 * older than the sources would be of code that is no more.
 */

import { fileName, programNamed, thisMachine } from "../tools/targets.ts";

const ROOT = `${import.meta.dirname}/..`;

/** What a program is made of, from the project's directory. */
const SOURCES = [
  "deno.json",
  "deno.lock",
  "server.ts",
  "client.ts",
  "protocol",
  "cli",
  "core",
  "server",
  "client",
  // What is compiled in: permissions, V8's flags, which files.
  "tools/targets.ts",
  "tools/bundles.ts",
];

/** Where `dist/` has that program; or why that can't be measured. */
export function findBinary(name: string): { path: string } | { problem: string } {
  const target = thisMachine(Deno.build);
  const path = `${ROOT}/dist/${fileName({ program: programNamed(name), target })}`;
  const made = changedAt(path);
  if (made === undefined) {
    return { problem: `there is no dist/${name}; deno task compile makes it` };
  }
  const isOld = SOURCES.some((source) => newest(`${ROOT}/${source}`) > made);
  return isOld
    ? { problem: `dist/${name} is older than its sources; deno task compile makes it anew` }
    : { path };
}

/** When a file, or the last of a directory's files, was changed. */
function newest(path: string): number {
  if (!Deno.statSync(path).isDirectory) return changedAt(path) ?? 0;
  return Math.max(0, ...[...Deno.readDirSync(path)].map(({ name }) => newest(`${path}/${name}`)));
}

/** When a file was changed, in epoch milliseconds; `undefined` when there is none. */
function changedAt(path: string): number | undefined {
  try {
    return Deno.statSync(path).mtime?.getTime();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return undefined;
  }
}
