/**
 * The compiler: the running Deno, or a release of Deno from npm with a runtime from
 * npm; and the meaning of its errors.
 *
 * @module
 */

import { Failure, npmReason, run, Unavailable } from "./command.ts";
import { npmCompiler, npmRuntime } from "./npm_runtime.ts";
import { type Build, bundlesOf, compilerArguments, fileName, npmTriple } from "./targets.ts";

/** The source of the runtime in compiled programs. */
export type Runtime = "official" | "npm";

/** How to run `deno compile`. */
export interface Compiler {
  /** The program to run. */
  readonly program: string;
  /** Its arguments before `compile`. */
  readonly prefix: readonly string[];
  /** Variables that it needs. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * The compiler for a runtime; npm's runtime is fetched first.
 *
 * @throws {Unavailable} if it cannot be fetched
 */
export async function compilerFor(
  runtime: Runtime,
  signal: AbortSignal,
): Promise<Compiler> {
  if (runtime === "official") {
    return { program: Deno.execPath(), prefix: [], env: {} };
  }
  return {
    program: "npx",
    prefix: ["-y", npmCompiler],
    env: {
      DENORT_BIN: await npmRuntime(signal),
      // The only way for this release to trust a company's own authority.
      DENO_TLS_CA_STORE: Deno.env.get("DENO_TLS_CA_STORE") ?? "system,mozilla",
    },
  };
}

/**
 * Compiles one program in `directory`, a full path, from the bundles there.
 *
 * @throws {Unavailable} if the runtime cannot be downloaded
 * @throws {Failure} if the program does not compile
 */
export async function compile(
  build: Build,
  { program, prefix, env }: Compiler,
  directory: string,
  signal: AbortSignal,
): Promise<void> {
  const output = `${directory}/${fileName(build)}`;
  const args = [...prefix, ...compilerArguments(build, output)];
  const { success, stderr } = await run(program, args, {
    env,
    cwd: bundlesOf(build.program, directory),
    signal,
  });
  if (!success) throw explain(build, stderr);
}

/** The error of a failed compilation, from the compiler's output. */
export function explain({ program, target }: Build, stderr: string): Failure {
  const unfetched = npmReason(stderr);
  if (unfetched !== undefined) {
    return new Unavailable(
      `Cannot fetch ${npmCompiler} with npx: ${unfetched}`,
    );
  }
  // The name of the step in Deno 2.6 to 2.9, and of the file in all of them.
  if (/Setting up base binary|dl\.deno\.land\S*denort/.test(stderr)) {
    return notDownloaded(stderr);
  }
  return new Failure(
    `Cannot compile ${program.entry} for ${target.triple}:\n${stderr}`,
  );
}

function notDownloaded(stderr: string): Unavailable {
  const address = /https?:\/\/\S+\.zip/.exec(stderr)?.[0] ?? "Deno's site";
  const reasons = [...stderr.matchAll(/^\s*\d+: (.+)$/gm)];
  const reason = reasons.at(-1)?.[1] ?? stderr;
  const wayOut = Deno.build.target === npmTriple
    ? "For programs to try on this machine, take the runtime from npm: deno task compile --runtime=npm"
    : "Try again where this address can be reached";
  return new Unavailable(
    `Cannot download the runtime for compiled programs from ${address}: ${reason}\n${wayOut}`,
  );
}
