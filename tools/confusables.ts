/**
 * Generates server/hub/state/confusables.json: the prototypes of confusable characters (UTS #39).
 * The npm packages for it are years behind or lack skeletons, so the table is read from ICU,
 * which Debian and Ubuntu have as `libicu`: `deno task confusables [LIBRARY]`.
 *
 * @module
 */

import { parseName } from "../protocol/mod.ts";

const OUTPUT = new URL("../server/hub/state/confusables.json", import.meta.url);

/** Characters per line of the table. */
const WIDTH = 88;

if (import.meta.main) main(Deno.args[0] ?? "libicui18n.so");

function main(library: string): void {
  const version = versionOf(library);
  using icu = openIcu(library, version);
  const groups = new Map<string, number[]>();
  for (let code = 0; code <= 0x10ffff; code++) {
    const character = String.fromCodePoint(code);
    // Characters that names cannot hold need no entry, and decomposable ones are looked up in parts.
    if (!mayBeInName(character) || character.normalize("NFD") !== character) continue;
    const prototype = icu.skeleton(character);
    if (prototype !== character) groups.set(prototype, [...groups.get(prototype) ?? [], code]);
  }
  const text = [...groups].map(([prototype, codes]) => line(prototype, codes)).join(";");
  const rows = text.match(new RegExp(`.{1,${WIDTH}}`, "g")) ?? [];
  const source = `Unicode confusables (UTS #39) as in ICU ${version}. ` +
    "Copyright Unicode, Inc.; Unicode License V3, https://www.unicode.org/license.txt";
  Deno.writeTextFileSync(OUTPUT, JSON.stringify({ source, rows }, null, 2) + "\n");
  console.log(`${OUTPUT.pathname}: ${groups.size} shapes, ${text.length} characters`);
}

function mayBeInName(character: string): boolean {
  // Inside a name: a combining mark cannot begin one.
  return "name" in parseName(`a${character}a`);
}

/** `6c:31,49`: the characters that look like l, as code points in base 36. */
function line(prototype: string, codes: readonly number[]): string {
  const inBase36 = (code: number) => code.toString(36);
  const shape = [...prototype].map((each) => inBase36(each.codePointAt(0) as number)).join(".");
  // Each as its distance from the previous one: most are neighbors.
  const steps = codes.map((code, index) => inBase36(code - (codes[index - 1] ?? 0)));
  return `${shape}:${steps.join(",")}`;
}

/** The major version of ICU, which its function names end with. */
function versionOf(library: string): string {
  const version = /\.so\.(\d+)/.exec(Deno.realPathSync(findLibrary(library)))?.[1];
  if (version === undefined) throw new Error(`Cannot tell the version of ${library} by its name`);
  return version;
}

function findLibrary(library: string): string {
  if (library.includes("/")) return library;
  const directories = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib"];
  for (const directory of directories) {
    for (const { name } of readDirectory(directory)) {
      if (name.startsWith(`${library}.`)) return `${directory}/${name}`;
    }
  }
  throw new Error(`There is no ${library}; install libicu, or name the library`);
}

function readDirectory(path: string): Deno.DirEntry[] {
  try {
    return [...Deno.readDirSync(path)];
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return [];
  }
}

function openIcu(
  library: string,
  version: string,
): Disposable & { skeleton(text: string): string } {
  const path = findLibrary(library);
  const opened = Deno.dlopen(path, {
    [`uspoof_open_${version}`]: { parameters: ["buffer"], result: "pointer" },
    [`uspoof_getSkeleton_${version}`]: {
      parameters: ["pointer", "u32", "buffer", "i32", "buffer", "i32", "buffer"],
      result: "i32",
    },
  });
  const { symbols } = opened;
  type Call = (...args: unknown[]) => unknown;
  const status = new Int32Array(1);
  const checker = (symbols[`uspoof_open_${version}`] as Call)(status);
  const getSkeleton = symbols[`uspoof_getSkeleton_${version}`] as Call;
  const skeleton = (text: string) => {
    const input = Uint16Array.from({ length: text.length }, (_, index) => text.charCodeAt(index));
    const output = new Uint16Array(256);
    status[0] = 0;
    const length = getSkeleton(checker, 0, input, input.length, output, output.length, status);
    if ((status[0] as number) > 0) throw new Error(`ICU failed with ${status[0]}`);
    return String.fromCharCode(...output.subarray(0, length as number));
  };
  return { skeleton, [Symbol.dispose]: () => opened.close() };
}
