/**
 * The compiled programs, if they can be measured: a binary older than the sources would
 * give figures of code that no longer exists.
 */

import { fileName, programNamed, thisMachine } from "../tools/targets.ts";

const ROOT = `${import.meta.dirname}/..`;

/** The sources of a program, relative to the project's directory. */
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
  // These decide what is compiled in: permissions, V8's flags, files.
  "tools/targets.ts",
  "tools/bundles.ts",
];

/** The path of that program in `dist/`, or why it cannot be measured. */
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

/** The modification time of a file, or of the newest file in a directory. */
function newest(path: string): number {
  if (!Deno.statSync(path).isDirectory) return changedAt(path) ?? 0;
  return Math.max(0, ...[...Deno.readDirSync(path)].map(({ name }) => newest(`${path}/${name}`)));
}

/** The modification time of a file in epoch milliseconds; `undefined` if there is none. */
function changedAt(path: string): number | undefined {
  try {
    return Deno.statSync(path).mtime?.getTime();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return undefined;
  }
}
