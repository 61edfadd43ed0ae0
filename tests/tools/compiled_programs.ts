/**
 * The two programs, compiled for tests that start them.
 *
 * The test runner loads each test file apart, so each file that asks compiles
 * once: some ten seconds. Keep the tests that need it in few files.
 *
 * ```ts
 * const compiled = await compiledPrograms();
 * Deno.test({
 *   name: "compiled server starts",
 *   ignore: "skipped" in compiled,
 *   async fn() {
 *     if ("skipped" in compiled) return;
 *     new Deno.Command(compiled.server, { args: ["--port", "0"] });
 *   },
 * });
 * ```
 *
 * @module
 */

import { compilePrograms } from "../../tools/builds.ts";
import { Unavailable } from "../../tools/command.ts";
import { compilerFor, type Runtime } from "../../tools/compilers.ts";

/** Paths of the compiled programs, and the runtime that is in them. */
export interface CompiledPrograms {
  /** The path of `chat-server`. */
  readonly server: string;
  /** The path of `chat-client`. */
  readonly client: string;
  /** Where the runtime in them comes from. */
  readonly runtime: Runtime;
}

/** Why there are no compiled programs on this machine. */
export interface Skipped {
  /** The reason, for a person. */
  readonly skipped: string;
}

let compiled: Promise<CompiledPrograms | Skipped> | undefined;

/**
 * Compiles both programs, with the official runtime where it can be had and
 * otherwise with npm's, and says which. They are deleted when the test file
 * that asked for them is done.
 */
export function compiledPrograms(): Promise<CompiledPrograms | Skipped> {
  return compiled ??= compileForTests();
}

async function compileForTests(): Promise<CompiledPrograms | Skipped> {
  const output = await Deno.makeTempDir({ prefix: "basic-chat-compiled-" });
  globalThis.addEventListener("unload", () => {
    Deno.removeSync(output, { recursive: true });
  });
  const reasons: string[] = [];
  for (const runtime of ["official", "npm"] as const) {
    const outcome = await compileWith(runtime, output);
    if (typeof outcome !== "string") {
      console.log(`compiled programs: with the ${runtime} runtime`);
      return outcome;
    }
    reasons.push(outcome);
  }
  const skipped = reasons.join("\n");
  console.log(`compiled programs: none, their tests are skipped\n${skipped}`);
  return { skipped };
}

/** The programs, or why this runtime can't be had; other failures are thrown. */
async function compileWith(
  runtime: Runtime,
  output: string,
): Promise<CompiledPrograms | string> {
  // A network that drops packets must not block the tests forever.
  const limit = new AbortController();
  const timer = setTimeout(() => {
    limit.abort(
      new Unavailable(`No ${runtime} runtime within two minutes`),
    );
  }, 120_000);
  try {
    const [server, client] = await compilePrograms({
      all: false,
      compiler: (signal) => compilerFor(runtime, signal),
      output,
      signal: limit.signal,
      report: () => {},
    });
    return {
      server: `${output}/${server}`,
      client: `${output}/${client}`,
      runtime,
    };
  } catch (error) {
    if (error instanceof Unavailable) return error.message;
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
