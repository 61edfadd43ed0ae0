/** Standard output and error, line by line and in one order. */

import { messageOf } from "../../cli/system_errors.ts";
import { Failure } from "../startup/failure.ts";

/** Characters that may wait for a slow reader before the server is asked to wait too. */
const MAX_WAITING = 65_536;

/** Lines that wait to be written, the oldest first. */
const queue: { output: LineOutput; text: string }[] = [];
let waiting = 0;
let writing: Promise<void> | undefined;
/** Why a stream takes no more, other than that its reader has gone away. */
let failure: Error | undefined;

/**
 * Writes lines to a stream until its reader goes away. A reader that stalls stalls
 * nothing else: signals, pings and what is sent go on.
 */
export class LineOutput {
  readonly #stream: { write(bytes: Uint8Array): Promise<number> };
  #sayClosed: () => void = () => {};
  #open = true;
  /** Resolves when the reader has gone away, as `head` does. */
  readonly closed: Promise<void> = new Promise((resolve) => this.#sayClosed = resolve);

  constructor(stream: { write(bytes: Uint8Array): Promise<number> }) {
    this.#stream = stream;
  }

  /** Pending while the readers are too far behind. */
  get busy(): Promise<void> | undefined {
    return waiting > MAX_WAITING ? writing : undefined;
  }

  /** Writes `line` and a newline, after all that was printed before, here or elsewhere. */
  print(line: string): void {
    if (!this.#open) return;
    waiting += line.length + 1;
    const last = queue.at(-1);
    if (last?.output === this) last.text += line + "\n";
    else queue.push({ output: this, text: line + "\n" });
    writing ??= LineOutput.#writeAll();
  }

  /**
   * Resolves when all that was printed is written; to be awaited before the program ends.
   * Fails where something could not be: a full disk.
   */
  static async flushed(): Promise<void> {
    await writing;
    if (failure !== undefined) {
      throw new Failure(1, `Cannot write all of the output: ${messageOf(failure)}`);
    }
  }

  static async #writeAll(): Promise<void> {
    // The lines of one turn go out in one write.
    await Promise.resolve();
    try {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        waiting -= next.text.length;
        await next.output.#write(next.text);
      }
    } finally {
      writing = undefined;
    }
  }

  async #write(text: string): Promise<void> {
    if (!this.#open) return;
    try {
      let bytes = new TextEncoder().encode(text);
      while (bytes.length > 0) bytes = bytes.subarray(await this.#stream.write(bytes));
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      if (!(error instanceof Deno.errors.BrokenPipe)) failure ??= error;
      this.#open = false;
      this.#sayClosed();
    }
  }
}
