/**
 * Text → lines, by one `TextLineStream` for all connections. The framer has cut the bytes
 * already and hands on whole lines only, so the stream keeps nothing from one text to the
 * next and connections cannot mix. A piped stream for each connection would cost 10 KB and,
 * for each line, 6 µs more than this; clients, with one connection, pipe theirs
 * (`protocol/lines.ts`).
 */

import { TextLineStream } from "@std/streams/text-line-stream";

/** A text whose lines are being waited for. */
interface Waiting {
  reads: Promise<ReadableStreamReadResult<string>>[];
  onLines: (lines: readonly string[]) => void;
}

/** Splits texts in the order in which they come. */
export class LineSplitter {
  readonly #writer: WritableStreamDefaultWriter<string>;
  readonly #reader: ReadableStreamDefaultReader<string>;
  /** The texts of this turn. */
  #text = "";
  #waiting: Waiting[] = [];

  constructor() {
    const { writable, readable } = new TextLineStream();
    this.#writer = writable.getWriter();
    this.#reader = readable.getReader();
  }

  /** Gives `onLines` the lines of `text`, which ends with the last one's `\n`, without their ends. */
  split(text: string, onLines: Waiting["onLines"]): void {
    // The texts of one turn go through together: a write to a stream costs as much as five lines in it.
    if (this.#waiting.length === 0) queueMicrotask(() => void this.#splitAll());
    // Reads come before the write: the stream gives each line to the read that was first.
    const reads: Waiting["reads"] = [];
    for (let end = text.indexOf("\n"); end !== -1; end = text.indexOf("\n", end + 1)) {
      reads.push(this.#reader.read());
    }
    this.#waiting.push({ reads, onLines });
    this.#text += text;
  }

  async #splitAll(): Promise<void> {
    const waiting = this.#waiting;
    this.#writer.write(this.#text);
    this.#waiting = [];
    this.#text = "";
    for (const { reads, onLines } of waiting) {
      const lines: string[] = [];
      for (const read of reads) lines.push((await read).value as string);
      onLines(lines);
    }
  }
}
