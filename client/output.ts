/** Standard output and error, line by line. */

/** Writes lines to a stream until its reader goes away. */
export class LineOutput {
  readonly #stream: { writeSync(bytes: Uint8Array): number };
  #sayClosed: () => void = () => {};
  #open = true;
  /** Resolves when the reader has gone away, as `head` does. */
  readonly closed: Promise<void> = new Promise((resolve) => this.#sayClosed = resolve);

  constructor(stream: { writeSync(bytes: Uint8Array): number }) {
    this.#stream = stream;
  }

  /** Writes `line` and a newline. */
  print(line: string): void {
    if (!this.#open) return;
    try {
      let bytes = new TextEncoder().encode(line + "\n");
      while (bytes.length > 0) bytes = bytes.subarray(this.#stream.writeSync(bytes));
    } catch (error) {
      if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
      this.#open = false;
      this.#sayClosed();
    }
  }
}
