/**
 * Bundling: a program of a few large modules starts faster than the same
 * program of some hundred small ones. What is imported late stays a module of
 * its own, and so does each worker. The trace of a defect names lines of these
 * modules, which are the sources without their types, one after the other.
 *
 * @module
 */

import { Failure, project, run, Unavailable } from "./command.ts";
import {
  baseName,
  bundledName,
  bundlerArguments,
  bundlesOf,
  checkerArguments,
  type Program,
} from "./targets.ts";

/**
 * Bundles a program for `compile` with the same `directory`, a full path. The
 * Deno at hand does it: what it writes suits every runtime.
 *
 * @throws {Unavailable} where the bundler can't be fetched
 * @throws {Failure} where the program has a mistake
 */
export async function bundle(
  program: Program,
  directory: string,
  signal: AbortSignal,
): Promise<void> {
  const bundles = bundlesOf(program, directory);
  await deno(program, checkerArguments(program), signal);
  // One by one: together they would lie in directories like those of their sources.
  for (const module of [program.entry, ...program.include]) {
    await deno(program, bundlerArguments(module, bundles), signal);
  }
  for (const module of program.include) await nameAsSource(module, bundles);
  await forgetTimes(bundles);
}

/** Packages' own modules rather than their CommonJS, which Deno 2.6 doesn't bundle rightly. */
const env = { DENO_CONDITIONS: "module" };

async function deno(
  program: Program,
  args: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const { success, stderr } = await run(Deno.execPath(), args, { env, cwd: project, signal });
  if (!success) throw explainBundling(program, stderr);
}

/** The words of Deno 2.6 to 2.9 for a package of npm, be it the bundler or one that is imported. */
const unfetched =
  /^error: (?:Failed loading \S+ for package "(.+)"|npm package '(.+)' does not exist|Failed caching npm package '(.+)')/m;

/** What went wrong in the check or in the bundling of a program, told from what Deno wrote. */
export function explainBundling({ entry }: Program, stderr: string): Failure {
  const name = unfetched.exec(stderr)?.slice(1).find(Boolean);
  if (name === undefined) return new Failure(`Cannot bundle ${entry}:\n${stderr}`);
  const what = `the package ${name}, which Deno needs to bundle the programs`;
  return new Unavailable(
    `Cannot fetch ${what}: ${causeOf(stderr)}\n` +
      "Try again where npm's registry can be reached, or name another one in NPM_CONFIG_REGISTRY",
  );
}

/** The first cause that Deno gives for an error, or the error where it gives none. */
function causeOf(stderr: string): string {
  const lines = stderr.split("\n")
    .map((line) => line.trim().replace(/^(?:error|\d+): /, ""))
    .filter((line) => line !== "" && line !== "Caused by:");
  return lines[1] ?? lines[0] ?? stderr;
}

/**
 * A worker's code is asked for by its source's name, beside the code that asks,
 * and in bundles that is beside the entry.
 */
async function nameAsSource(module: string, bundles: string): Promise<void> {
  const text = `import "./${bundledName(module)}";\n`;
  await Deno.writeTextFile(`${bundles}/${baseName(module)}`, text);
}

/** A program holds its files' times; without them the same sources make the same program again. */
async function forgetTimes(bundles: string): Promise<void> {
  for await (const { name } of Deno.readDir(bundles)) {
    await Deno.utime(`${bundles}/${name}`, 0, 0);
  }
}
