/**
 * Bundling: a program of a few large modules starts faster than the same
 * program of some hundred small ones. A dynamic import stays a module of its own,
 * and so does each worker. A stack trace names lines of these modules, which are
 * the sources without their types, one after the other.
 *
 * @module
 */

import { Failure, project, run, Unavailable } from "./command.ts";
import { makePage } from "./page.ts";
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
 * running Deno does it, with `env` besides its own environment; its output suits every runtime.
 *
 * @throws {Unavailable} if the bundler cannot be fetched
 * @throws {Failure} if the program has an error
 */
export async function bundle(
  program: Program,
  directory: string,
  signal: AbortSignal,
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  const deno = async (args: readonly string[]) => {
    const options = { env: { ...ENV, ...env }, cwd: project, signal };
    const { success, stderr } = await run(Deno.execPath(), args, options);
    if (!success) throw explainBundling(program, stderr);
  };
  const bundles = bundlesOf(program, directory);
  await deno(checkerArguments(program));
  // One by one: bundled together they would keep the directories of their sources.
  for (const module of [program.entry, ...program.include]) {
    await deno(bundlerArguments(module, bundles));
  }
  for (const module of program.include) await nameAsSource(module, bundles);
  if (program.page !== undefined) {
    await Deno.writeTextFile(`${bundles}/${program.page}`, await makePage());
  }
  await forgetTimes(bundles);
}

/** The ES modules of packages: Deno 2.6 bundles their CommonJS wrongly. */
const ENV = { DENO_CONDITIONS: "module" };

/** How Deno 2.6 to 2.9 name a package of npm, the bundler or an imported one. */
const unfetched =
  /^error: (?:Failed loading \S+ for package "(.+)"|npm package '(.+)' does not exist|Failed caching npm package '(.+)')/m;

/** The error of a failed check or bundling, from the output of Deno. */
export function explainBundling({ entry }: Program, stderr: string): Failure {
  const name = unfetched.exec(stderr)?.slice(1).find(Boolean);
  if (name === undefined) return new Failure(`Cannot bundle ${entry}:\n${stderr}`);
  const what = `the package ${name}, which Deno needs to bundle the programs`;
  return new Unavailable(
    `Cannot fetch ${what}: ${causeOf(stderr)}\n` +
      "Try again where npm's registry can be reached, or name another one in NPM_CONFIG_REGISTRY",
  );
}

/** The first cause that Deno names for an error, or the error itself. */
function causeOf(stderr: string): string {
  const lines = stderr.split("\n")
    .map((line) => line.trim().replace(/^(?:error|\d+): /, ""))
    .filter((line) => line !== "" && line !== "Caused by:");
  return lines[1] ?? lines[0] ?? stderr;
}

/**
 * The code starts a worker by its source's name beside its own; in a bundle, that is
 * beside the entry.
 */
async function nameAsSource(module: string, bundles: string): Promise<void> {
  const text = `import "./${bundledName(module)}";\n`;
  await Deno.writeTextFile(`${bundles}/${baseName(module)}`, text);
}

/** A compiled program holds its files' times; a fixed time makes builds reproducible. */
async function forgetTimes(bundles: string): Promise<void> {
  for await (const { name } of Deno.readDir(bundles)) {
    await Deno.utime(`${bundles}/${name}`, 0, 0);
  }
}
