/**
 * Runs other programs, and defines the failures that a tool shows to a person.
 *
 * @module
 */

/** The project's directory. */
export const project = new URL("..", import.meta.url);

/** A failure that a person can act on: its message is shown, without a stack. */
export class Failure extends Error {
  override name = "Failure";
}

/** A download that compiling needs is not available here. */
export class Unavailable extends Failure {
  override name = "Unavailable";
}

/** The user stopped the tool. */
export class Interrupted extends Failure {
  override name = "Interrupted";
}

/** The result of a program that has ended. */
export interface Outcome {
  /** Whether it ended with status 0. */
  readonly success: boolean;
  /** Its output on stderr, without surrounding white space. */
  readonly stderr: string;
}

/** How to run a program. */
export interface RunOptions {
  /** Environment variables in addition to those of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Its working directory. */
  readonly cwd: string | URL;
  /** Kills it; `run` then throws the signal's reason. */
  readonly signal: AbortSignal;
}

/**
 * Runs a program to its end, with an empty stdin.
 *
 * @throws {Unavailable} if no such program is on the path
 */
export async function run(
  program: string,
  args: readonly string[],
  { env = {}, cwd, signal }: RunOptions,
): Promise<Outcome> {
  signal.throwIfAborted();
  const command = new Deno.Command(program, {
    args: [...args],
    // This tool parses its errors and shows them to a person: no colors, no
    // backtraces, no warnings of npm, whatever the environment asks for.
    env: {
      ...env,
      NO_COLOR: "1",
      RUST_BACKTRACE: "0",
      npm_config_loglevel: "error",
    },
    cwd,
    signal,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  });
  const { success, stderr } = await outputOf(command, program);
  signal.throwIfAborted();
  return { success, stderr: new TextDecoder().decode(stderr).trim() };
}

async function outputOf(
  command: Deno.Command,
  program: string,
): Promise<Deno.CommandOutput> {
  try {
    return await command.output();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Unavailable(
      `Cannot find ${program} on the PATH: install Node.js, which brings npm and npx, and try again`,
    );
  }
}

/** The reason that npm gives in its output; `undefined` if npm did not fail. */
export function npmReason(stderr: string): string | undefined {
  const lines = [...stderr.matchAll(/^npm (?:error|ERR!) (.+)$/gm)];
  const details = /^(?:code|syscall|errno|path|dest|cwd|signal) /;
  const reason = lines.find((line) => !details.test(line[1] ?? ""));
  return (reason ?? lines[0])?.[1]?.trim();
}

/** Turns a file system error into a failure that says what to do. */
export function cannotWrite(
  directory: string,
  error: unknown,
  advice: string,
): Failure {
  const reason = error instanceof Error ? error.message : String(error);
  return new Failure(`Cannot write to ${directory}: ${reason}; ${advice}`, {
    cause: error,
  });
}
