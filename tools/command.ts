/**
 * Running other programs, and the failures that a tool shows to a person.
 *
 * @module
 */

/** The project's directory. */
export const project = new URL("..", import.meta.url);

/** Something that a person can act on: its message is shown, no stack. */
export class Failure extends Error {
  override name = "Failure";
}

/** Something that compiling takes from the network can't be had here, by no one's mistake. */
export class Unavailable extends Failure {
  override name = "Unavailable";
}

/** The person stopped the tool. */
export class Interrupted extends Failure {
  override name = "Interrupted";
}

/** What a program that has ended leaves. */
export interface Outcome {
  /** Whether it ended with status 0. */
  readonly success: boolean;
  /** What it wrote to stderr, without surrounding blanks. */
  readonly stderr: string;
}

/** How to run a program. */
export interface RunOptions {
  /** Variables that it sees in addition to ours. */
  readonly env?: Readonly<Record<string, string>>;
  /** Its working directory. */
  readonly cwd: string | URL;
  /** Ends it; `run` then throws the signal's reason. */
  readonly signal: AbortSignal;
}

/**
 * Runs a program to its end, with nothing on its stdin.
 *
 * @throws {Unavailable} where no such program is on the path
 */
export async function run(
  program: string,
  args: readonly string[],
  { env = {}, cwd, signal }: RunOptions,
): Promise<Outcome> {
  signal.throwIfAborted();
  const command = new Deno.Command(program, {
    args: [...args],
    // Its errors are read by this tool and shown to a person: no colours, no
    // backtraces, no warnings of npm, whatever the person's own environment
    // asks for.
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

/** npm's own reason among all that it wrote; nothing where npm didn't fail. */
export function npmReason(stderr: string): string | undefined {
  const lines = [...stderr.matchAll(/^npm (?:error|ERR!) (.+)$/gm)];
  const details = /^(?:code|syscall|errno|path|dest|cwd|signal) /;
  const reason = lines.find((line) => !details.test(line[1] ?? ""));
  return (reason ?? lines[0])?.[1]?.trim();
}

/** Turns an error of the file system into one that says what to do. */
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
