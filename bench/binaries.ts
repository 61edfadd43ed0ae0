/**
 * The compiled programs, as far as they can be measured: figures of a binary that is
 * older than the sources would be of code that is no more.
 */

const ROOT = new URL("..", import.meta.url);

/** What a program is made of, from the project's directory. */
const SOURCES = [
  "deno.json",
  "deno.lock",
  "server.ts",
  "client.ts",
  "protocol",
  "server",
  "client",
];

/** Where `dist/` has that program; or why that can't be measured. */
export function findBinary(name: string): { path: string } | { problem: string } {
  const suffix = Deno.build.os === "windows" ? ".exe" : "";
  const file = new URL(`dist/${name}${suffix}`, ROOT);
  const made = changedAt(file);
  if (made === undefined) {
    return { problem: `there is no dist/${name}; deno task compile makes it` };
  }
  const isOld = SOURCES.some((source) => newest(new URL(source, ROOT)) > made);
  return isOld
    ? { problem: `dist/${name} is older than its sources; deno task compile makes it anew` }
    : { path: Deno.build.os === "windows" ? file.pathname.slice(1) : file.pathname };
}

/** When a file, or the last of a directory's files, was changed. */
function newest(place: URL): number {
  if (!Deno.statSync(place).isDirectory) return changedAt(place) ?? 0;
  const entries = [...Deno.readDirSync(place)].map(({ name }) => new URL(name, `${place}/`));
  return Math.max(0, ...entries.map(newest));
}

/** When a file was changed, in epoch milliseconds; `undefined` when there is none. */
function changedAt(file: URL): number | undefined {
  try {
    return Deno.statSync(file).mtime?.getTime();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return undefined;
  }
}
