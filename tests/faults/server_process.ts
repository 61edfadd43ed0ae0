/** The server as a process that can be killed. */

import { programNamed, v8FlagsOf } from "../../tools/targets.ts";
import { signal, undoAtExit } from "./leftovers.ts";
import { Broken, within } from "./waiting.ts";

const ROOT = new URL("../../", import.meta.url);

/** Seconds for a server to start, or to stop when asked: generous, for busy machines. */
const TIMEOUT = 30;

/** Options for clients that talk as fast as they are answered. */
export const UNLIMITED: readonly string[] = ["--message-rate", "0", "--byte-rate", "0"];

/** How a server is started. */
export interface ServerOptions {
  /** The log's file; without one, the log is in memory alone. */
  data?: string;
  /** Further options, as on the command line; {@linkcode UNLIMITED} if left out. */
  args?: readonly string[];
  /** A module that the runtime loads before the server. */
  preload?: string;
  env?: Record<string, string>;
}

/** A running server. */
export class ServerProcess implements AsyncDisposable {
  readonly port: number;
  readonly #child: Deno.ChildProcess;
  readonly #complaints: Complaints;
  /** All its output, read to the end. */
  readonly #output: Promise<unknown>;
  readonly #isGone: () => void;

  private constructor(
    child: Deno.ChildProcess,
    port: number,
    complaints: Complaints,
    output: Promise<unknown>,
  ) {
    this.#child = child;
    this.port = port;
    this.#complaints = complaints;
    this.#output = output;
    this.#isGone = undoAtExit(() => signal(this.#child, "SIGKILL"));
  }

  /** Starts a server on a free port, and waits until it listens. */
  static async start(options: ServerOptions): Promise<ServerProcess> {
    const { data, args = UNLIMITED, preload, env = {} } = options;
    const child = new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--no-check", "--allow-all", v8FlagsOf(programNamed("chat-server"))],
        ...preload === undefined ? [] : ["--preload", preload],
        new URL("server.ts", ROOT).pathname,
        ...["--port", "0", "--log-level", "error"],
        ...data === undefined ? ["--memory"] : ["--data", data],
        ...args,
      ],
      env: { NO_COLOR: "1", ...env },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const complaints = new Complaints(child.stderr);
    const [first, rest] = await firstLine(child.stdout);
    const port = Number(/^Listening on .*:(\d+)$/.exec(first)?.[1]);
    const output = Promise.all([complaints.read, rest]);
    if (port > 0) return new ServerProcess(child, port, complaints, output);
    await Promise.all([child.status, output]);
    throw new Broken(`The server did not start: ${complaints.text}`);
  }

  /** Its process id. */
  get pid(): number {
    return this.#child.pid;
  }

  /** The errors in its log, and its last lines. */
  get complaints(): string {
    return this.#complaints.text;
  }

  /** Kills it with SIGKILL. */
  async kill(): Promise<void> {
    signal(this.#child, "SIGKILL");
    await this.#ended();
  }

  /** Asks it to stop, and returns its exit code. */
  async stop(): Promise<number> {
    signal(this.#child, "SIGTERM");
    return await within(TIMEOUT, this.#ended(), () => "the server did not stop when asked");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  async #ended(): Promise<number> {
    const { code } = await this.#child.status;
    this.#isGone();
    await this.#output;
    return code;
  }
}

/** The text of a stream so far. */
class Complaints {
  text = "";
  /** Resolves at the stream's end. */
  readonly read: Promise<void>;

  constructor(stream: ReadableStream<Uint8Array<ArrayBuffer>>) {
    this.read = this.#read(stream);
  }

  async #read(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    for await (const part of stream.pipeThrough(new TextDecoderStream())) this.text += part;
  }
}

/** The first line of a stream, and the promise of its end; later lines are dropped. */
async function firstLine(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): Promise<[line: string, rest: Promise<void>]> {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!text.includes("\n")) {
    const { value, done } = await reader.read();
    if (done) break;
    text += value;
  }
  const drop = async () => {
    while (!(await reader.read()).done);
  };
  return [text.split("\n")[0] as string, drop()];
}
