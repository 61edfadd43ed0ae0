/**
 * Servers as child processes, each on a processor of its own and with enough file
 * descriptors. A child ends with its `await using`, whatever happens in between.
 */

import { processors } from "./proc.ts";

/** File descriptors that a server and the load each need for 10,000 connections. */
export const FILES_NEEDED = 12_000;

/** Milliseconds within which a server must listen. */
const START_TIMEOUT = 10_000;

/** Milliseconds within which a server must stop. */
const STOP_TIMEOUT = 5000;

/** How a server is started. */
export interface Command {
  program: string;
  args: readonly string[];
  env?: Record<string, string>;
}

/** A running server. */
export class Child implements AsyncDisposable {
  readonly port: number;
  readonly #process: Deno.ChildProcess;

  private constructor(process: Deno.ChildProcess, port: number) {
    this.#process = process;
    this.port = port;
  }

  /** Runs `command` with a free port, and waits until the server accepts connections. */
  static async start(command: (port: number) => Command): Promise<Child> {
    const port = freePort();
    const started = command(port);
    const shown = [started.program, ...started.args].join(" ");
    const child = new Child(spawn(started, "null"), port);
    let code: number | undefined;
    child.#process.status.then((status) => code = status.code);
    const deadline = performance.now() + START_TIMEOUT;
    while (!await accepts(port)) {
      if (code !== undefined) throw new Error(`It ended at once, with status ${code}: ${shown}`);
      if (performance.now() < deadline) continue;
      await child[Symbol.asyncDispose]();
      throw new Error(`It did not listen in time: ${shown}`);
    }
    return child;
  }

  get pid(): number {
    return this.#process.pid;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await stop(this.#process);
  }
}

/** Starts a process on the servers' processor, with descriptors for all its connections. */
export function spawn(
  { program, args, env = {} }: Command,
  stdout: "null" | "piped",
): Deno.ChildProcess {
  const command = [...pinned(placement().server), program, ...args];
  const [first = program, ...rest] = Deno.build.os === "windows" ? command : [
    "sh",
    "-c",
    `ulimit -n ${FILES_NEEDED} 2>/dev/null; exec "$@"`,
    "sh",
    ...command,
  ];
  return new Deno.Command(first, {
    args: rest,
    env,
    cwd: new URL("..", import.meta.url),
    stdin: "null",
    stdout,
    stderr: "null",
  }).spawn();
}

/** Ends a process with SIGTERM first, and SIGKILL if that takes too long. */
export async function stop(process: Deno.ChildProcess): Promise<void> {
  kill(process, "SIGTERM");
  await ended(process);
}

/** Waits for the end of a process, and kills it if that takes too long. */
export async function ended(process: Deno.ChildProcess): Promise<void> {
  const timer = setTimeout(() => kill(process, "SIGKILL"), STOP_TIMEOUT);
  await process.status;
  clearTimeout(timer);
}

function kill(process: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    process.kill(signal);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // It has ended.
  }
}

/** The processors of the servers and of the load; `undefined` if they cannot be chosen. */
export function placement(): { server: number | undefined; load: number | undefined } {
  const free = hasTaskset ? PROCESSORS : [];
  return free.length < 2
    ? { server: undefined, load: undefined }
    : { server: free[0], load: free.at(-1) };
}

/** Pins this process, which is the load, to its processor. */
export async function takePlace(): Promise<void> {
  const { load } = placement();
  if (load === undefined) return;
  const args = ["--all-tasks", "--cpu-list", "--pid", `${load}`, `${Deno.pid}`];
  await new Deno.Command("taskset", { args, stdout: "null" }).output();
}

/** Whether a program can be run. */
export function exists(program: string, ...args: string[]): boolean {
  return versionOf(program, ...args) !== undefined;
}

/** The first line that a program prints; `undefined` if there is no such program. */
export function versionOf(program: string, ...args: string[]): string | undefined {
  try {
    const { success, stdout } = new Deno.Command(program, { args, stderr: "null" }).outputSync();
    return success ? new TextDecoder().decode(stdout).split("\n")[0] : undefined;
  } catch {
    return undefined;
  }
}

/** A free port. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** The processors before {@linkcode takePlace} narrowed them. */
const PROCESSORS = processors();
const hasTaskset = exists("taskset", "--version");

function pinned(processor: number | undefined): string[] {
  return processor === undefined ? [] : ["taskset", "--cpu-list", `${processor}`];
}

async function accepts(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    return true;
  } catch {
    await new Promise((resolve) => setTimeout(resolve, 20));
    return false;
  }
}
