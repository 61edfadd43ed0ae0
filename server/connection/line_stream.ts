/**
 * Text into lines, by one `TextLineStream` for all connections. A framer hands on
 * whole lines only, so the stream keeps nothing from one text to the next; one
 * each, piped, cost 10 KB and 6 µs a line more than this.
 */

import { TextLineStream } from "@std/streams/text-line-stream";

/** A text whose turn is still to come, and who is to get its lines. */
interface Waiting {
  text: string;
  onLines: (lines: readonly string[]) => void;
}

/** Splits texts in the order in which they come. */
export class LineSplitter {
  readonly #writer: WritableStreamDefaultWriter<string>;
  readonly #reader: ReadableStreamDefaultReader<string>;
  #waiting: Waiting[] = [];

  constructor() {
    const { writable, readable } = new TextLineStream();
    this.#writer = writable.getWriter();
    this.#reader = readable.getReader();
  }

  /** Gives `onLines` the lines of `text`, which ends with the last one's `\n`, without their ends. */
  split(text: string, onLines: Waiting["onLines"]): void {
    // What came in one turn goes through together: a write to a stream costs as much as five lines in it.
    if (this.#waiting.length === 0) queueMicrotask(() => void this.#splitAll());
    this.#waiting.push({ text, onLines });
  }

  async #splitAll(): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = [];
    // Asked for before the text is written: the stream gives each line to whoever asked first.
    const asked = waiting.map(({ text }) => this.#askForLines(text));
    this.#writer.write(waiting.map(({ text }) => text).join(""));
    for (const [index, reads] of asked.entries()) {
      const lines: string[] = [];
      for (const read of reads) lines.push((await read).value as string);
      waiting[index]?.onLines(lines);
    }
  }

  #askForLines(text: string): Promise<ReadableStreamReadResult<string>>[] {
    const asked: Promise<ReadableStreamReadResult<string>>[] = [];
    for (let end = text.indexOf("\n"); end !== -1; end = text.indexOf("\n", end + 1)) {
      asked.push(this.#reader.read());
    }
    return asked;
  }
}
