/**
 * Writes lines in the background. A write to a full pipe blocks, and would block the whole
 * server if no program reads the other end.
 */

/** Characters that may wait to be written: an hour of an ordinary log, seconds of a flood. */
const MAX_WAITING = 1_000_000;

/** Milliseconds for which lines gather after a write: each write costs a round trip to another thread. */
const GATHERING = 20;

/** Milliseconds that the program's end waits for the last lines. */
const FLUSH_TIMEOUT = 1000;

const encoder = new TextEncoder();

/** Where lines go. */
export type Sink = Pick<typeof Deno.stderr, "write">;

/** Takes lines at once and writes them in order. */
export class LineWriter {
  readonly #sink: Sink;
  #waiting = "";
  #writing: Promise<void> | undefined;
  /** Ends the pause after a write. */
  #hurry: () => void = () => {};
  #isEnding = false;

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  /** Queues a line; false when too much waits already. */
  write(line: string): boolean {
    if (this.#waiting.length + line.length > MAX_WAITING) return false;
    this.#waiting += line;
    this.#writing ??= this.#drain();
    return true;
  }

  /** Resolves when all is written, or after {@linkcode FLUSH_TIMEOUT}. */
  async flush(): Promise<void> {
    this.#isEnding = true;
    this.#hurry();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => timer = setTimeout(resolve, FLUSH_TIMEOUT));
    await Promise.race([this.#writing, late]);
    clearTimeout(timer);
  }

  async #drain(): Promise<void> {
    while (this.#waiting !== "") {
      const bytes = encoder.encode(this.#waiting);
      this.#waiting = "";
      await this.#writeAll(bytes);
      if (!this.#isEnding) await this.#gather();
    }
    this.#writing = undefined;
  }

  #gather(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, GATHERING);
      this.#hurry = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async #writeAll(bytes: Uint8Array): Promise<void> {
    for (let written = 0; written < bytes.length;) {
      try {
        written += await this.#sink.write(bytes.subarray(written));
      } catch (error) {
        // The reader is gone, or its disk is full: no reason to end the chat.
        if (!(error instanceof Deno.errors.WouldBlock)) return;
        // The output is non-blocking, and its reader slow.
        await new Promise((resolve) => setTimeout(resolve, GATHERING));
      }
    }
  }
}
