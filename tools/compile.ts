/**
 * `deno task compile`: builds the programs as single files that run without Deno.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { compilePrograms } from "./builds.ts";
import { Failure, Interrupted } from "./command.ts";
import { compilerFor, type Runtime } from "./compilers.ts";
import { npmNotice } from "./npm_runtime.ts";

const help = `Builds chat-server and chat-client as single files.

Usage: deno task compile [OPTIONS]

  --all             for Linux, macOS and Windows, with SHA256SUMS,
                    rather than for this machine alone
  --output DIR      the directory for them (default: dist)
  --runtime=npm     take the runtime from npm if Deno's own site cannot be
                    reached (Linux x64 only; for trying, not for release)
  --help            show this

Exit status: 0 built, 1 failed, 2 wrong usage, 130 interrupted.`;

/** An argument that the tool does not have. */
export class UsageError extends Failure {
  override name = "UsageError";
}

/** The options of the command line. */
export interface Options {
  /** Every platform instead of this machine. */
  readonly all: boolean;
  /** The source of the runtime. */
  readonly runtime: Runtime;
  /** The directory that receives the files. */
  readonly output: string;
}

/** Parses the command line; "help" if it asks for help. */
export function parseOptions(args: string[]): "help" | Options {
  const flags = parseArgs(args, {
    boolean: ["all", "help"],
    string: ["output", "runtime"],
    default: { output: "dist", runtime: "official" },
    unknown: (argument) => {
      throw new UsageError(`Unknown argument ${argument}`);
    },
  });
  if (flags.help) return "help";
  const { output, runtime } = flags;
  if (typeof output !== "string" || output === "") {
    throw new UsageError("--output needs a directory");
  }
  if (runtime !== "official" && runtime !== "npm") {
    throw new UsageError(
      `--runtime is "official" or "npm", not "${runtime}"`,
    );
  }
  const all = flags.all === true;
  if (all && runtime === "npm") {
    throw new UsageError(
      "--all needs the official runtime: npm has one for Linux x64 only",
    );
  }
  return { all, runtime, output };
}

async function main(args: string[]): Promise<number> {
  try {
    const options = parseOptions(args);
    if (options === "help") {
      console.log(help);
      return 0;
    }
    const { all, runtime, output } = options;
    if (all && Deno.env.has("DENORT_BIN")) {
      throw new Failure(
        "Cannot compile for every platform with the one runtime that DENORT_BIN names: unset it",
      );
    }
    await compilePrograms({
      all,
      output,
      compiler: (signal) => compilerFor(runtime, signal),
      signal: interruption(),
      report: (line) => console.log(line),
    });
    if (runtime === "npm") console.log(npmNotice);
    return 0;
  } catch (error) {
    return explainFailure(error);
  }
}

function explainFailure(error: unknown): number {
  if (!(error instanceof Failure)) throw error;
  if (error instanceof UsageError) {
    console.error(`${error.message}; see deno task compile --help`);
    return 2;
  }
  console.error(error.message);
  return error instanceof Interrupted ? 130 : 1;
}

/** Aborted when the user stops the tool, so that it can clean up. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  const stop = () => controller.abort(new Interrupted("Interrupted; nothing was made"));
  Deno.addSignalListener("SIGINT", stop);
  if (Deno.build.os !== "windows") {
    Deno.addSignalListener("SIGTERM", stop);
    Deno.addSignalListener("SIGHUP", stop);
  }
  return controller.signal;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
