/**
 * Builds the requested programs: all of them or none.
 *
 * @module
 */

import { bundle } from "./bundles.ts";
import { sumFiles } from "./checksums.ts";
import { cannotWrite } from "./command.ts";
import { compile, type Compiler } from "./compilers.ts";
import { type Build, buildsFor, fileName, programs, targets, thisMachine } from "./targets.ts";

/** The builds to make. */
export interface Order {
  /** For every platform, with checksums, or for this machine alone. */
  readonly all: boolean;
  /** Gets the compiler ready. */
  readonly compiler: (signal: AbortSignal) => Promise<Compiler>;
  /** The directory that receives the files. */
  readonly output: string;
  /** Aborts the work and leaves nothing behind. */
  readonly signal: AbortSignal;
  /** Called with one line for each step. */
  readonly report: (line: string) => void;
}

const sumsName = "SHA256SUMS";
const elsewhere = "choose another directory with --output DIR";

/**
 * Builds the requested programs and returns their files' names.
 *
 * Files of the same names are removed first, and the new ones are moved in only when
 * all of them are complete, so that the directory never mixes two runs.
 *
 * @throws {Unavailable} if the runtime or the bundler cannot be fetched
 * @throws {Failure} if a program does not compile or cannot be written
 */
export async function compilePrograms(order: Order): Promise<string[]> {
  const builds = buildsFor(order.all ? targets : [thisMachine(Deno.build)]);
  const names = builds.map(fileName);
  if (order.all) names.push(sumsName);
  const { output, staging } = await prepare(order.output, names);
  try {
    await compileAll(order, builds, staging);
    await publish(names, staging, output);
  } finally {
    await Deno.remove(staging, { recursive: true });
  }
  return names;
}

/**
 * A directory of its own rather than a temporary name: the compiler leaves
 * files of its own beside its output when it is stopped, and takes the
 * program's identity from the output's name.
 */
async function prepare(
  directory: string,
  names: readonly string[],
): Promise<{ output: string; staging: string }> {
  try {
    await Deno.mkdir(directory, { recursive: true });
    const output = await Deno.realPath(directory);
    for (const name of names) await removeStale(`${output}/${name}`);
    const staging = await Deno.makeTempDir({ dir: output, prefix: ".compile-" });
    return { output, staging };
  } catch (error) {
    throw cannotWrite(directory, error, elsewhere);
  }
}

async function removeStale(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

async function compileAll(
  { all, compiler, output, signal, report }: Order,
  builds: readonly Build[],
  staging: string,
): Promise<void> {
  for (const program of programs) {
    report(`Bundling ${program.entry}`);
    await bundle(program, staging, signal);
  }
  const ready = await compiler(signal);
  for (const build of builds) {
    report(`Compiling ${output}/${fileName(build)}`);
    await compile(build, ready, staging, signal);
  }
  if (!all) return;
  report(`Summing ${output}/${sumsName}`);
  const sums = await sumFiles(staging, builds.map(fileName));
  await Deno.writeTextFile(`${staging}/${sumsName}`, sums);
}

async function publish(
  names: readonly string[],
  staging: string,
  output: string,
): Promise<void> {
  try {
    for (const name of names) {
      await Deno.rename(`${staging}/${name}`, `${output}/${name}`);
    }
  } catch (error) {
    throw cannotWrite(output, error, elsewhere);
  }
}
