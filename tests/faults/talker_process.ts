/** Runs `talker.ts`, counts its acknowledgements, and kills it. */

import { signal, undoAtExit } from "./leftovers.ts";
import { Broken, Watch, within } from "./waiting.ts";

/** Seconds for a talker to leave by itself. */
const TIMEOUT = 30;

/** How a talker is started. */
export interface TalkerOptions {
  port: number;
  name: string;
  /** Its notebook. */
  path: string;
  seed: number;
}

/** A client that can be killed and started again. */
export class TalkerProcess {
  readonly name: string;
  readonly path: string;
  readonly #options: TalkerOptions;
  readonly #watch = new Watch();
  #child: Deno.ChildProcess | undefined;
  #input: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>> | undefined;
  #output: Promise<unknown> = Promise.resolve();
  #isConnected = false;
  #isOver = false;
  #isGone: () => void = () => {};
  /** Acknowledgements since it was started. */
  #acknowledged = 0;

  private constructor(options: TalkerOptions) {
    this.name = options.name;
    this.path = options.path;
    this.#options = options;
  }

  /** Starts one, and waits until it is connected. */
  static async start(options: TalkerOptions): Promise<TalkerProcess> {
    const talker = new TalkerProcess(options);
    await talker.restart(options.seed);
    return talker;
  }

  /** Restarts it on the notes that it left. */
  async restart(seed: number): Promise<void> {
    const { port, name, path } = this.#options;
    const program = new URL("talker.ts", import.meta.url).pathname;
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-check", "--allow-all", program, `${port}`, name, path, `${seed}`],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    [this.#isConnected, this.#isOver, this.#acknowledged] = [false, false, 0];
    this.#child = child;
    this.#isGone = undoAtExit(() => signal(child, "SIGKILL"));
    this.#input = child.stdin.getWriter();
    const errors = new Response(child.stderr).text();
    this.#output = Promise.all([this.#count(child.stdout), errors]);
    const isReady = () => this.#isConnected || this.#isOver;
    await this.#watch.until(isReady, () => `${name} to connect`);
    if (!this.#isConnected) throw new Broken(`${name} did not connect: ${await errors}`);
  }

  /** Resolves when `count` messages were acknowledged since it was started. */
  async hearsBack(count: number): Promise<void> {
    await this.#watch.until(
      () => this.#acknowledged >= count || this.#isOver,
      () => `${this.name}: ${count} acknowledgements, not ${this.#acknowledged}`,
    );
    if (this.#isOver) throw new Broken(`${this.name} ended by itself`);
  }

  /** Kills it, if it runs. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined) return;
    signal(child, "SIGKILL");
    await this.#ended(child);
  }

  /** Ends its talk, and waits until all its messages are acknowledged. */
  async finish(): Promise<void> {
    const child = this.#child as Deno.ChildProcess;
    await this.#input?.close();
    const ending = this.#ended(child);
    const code = await within(TIMEOUT, ending, () => `${this.name} to finish`);
    this.#child = undefined;
    if (code !== 0) throw new Broken(`${this.name} ended with exit code ${code}`);
  }

  async #ended(child: Deno.ChildProcess): Promise<number> {
    const { code } = await child.status;
    this.#isGone();
    await this.#output;
    await this.#input?.close().catch(() => {/* closed already, or its reader is gone */});
    return code;
  }

  async #count(stdout: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    for await (const text of stdout.pipeThrough(new TextDecoderStream())) {
      if (text.includes("connected")) this.#isConnected = true;
      this.#acknowledged += text.match(/^acknowledged/gm)?.length ?? 0;
      this.#watch.changed();
    }
    this.#isOver = true;
    this.#watch.changed();
  }
}
