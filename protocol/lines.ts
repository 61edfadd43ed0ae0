/** Bytes → bounded lines: the framer finds where a line ends before a buffer can grow. */

import { LIMITS } from "./message.ts";

/** An error in the framing, after which no byte can be interpreted. */
export type FramingProblem = "line_too_long" | "not_utf8";

const NEWLINE = 0x0a;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const LAST_SPACE = 0x20;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

/** The state of the scan within a line. */
const enum At {
  /** Only white space so far, or a BOM, which some clients send first. */
  Start,
  /** In a JSON object, outside strings. */
  Object,
  String,
  /** After a backslash in a string. */
  Escape,
  /** In a line that began with another character: only a newline ends it. */
  Other,
}

const EMPTY = new Uint8Array(0);

/** Drops BOMs and throws at invalid sequences (WHATWG Encoding, "fatal"). Keeps no state between lines. */
const decoder = new TextDecoder("utf-8", { fatal: true });

/**
 * Splits a stream of bytes into lines. The result depends on the bytes alone, never on
 * how they were cut into chunks.
 *
 * A line ends at its `\n`. A JSON object also ends its line at its closing brace,
 * because the lecture's clients send no newline. Blank lines are dropped.
 * Holds at most {@linkcode LIMITS}`.line` bytes of an unfinished line.
 */
export class LineFramer {
  /** Set when the framing broke; no line comes out after that. */
  problem: FramingProblem | undefined;
  #at: At = At.Start;
  #depth = 0;
  #unfinished: Uint8Array = EMPTY;
  #unfinishedLength = 0;

  /** Whether an unfinished line has more than white space in it. */
  get isInLine(): boolean {
    return this.#at !== At.Start;
  }

  /** Takes the next `count` bytes; returns the lines that they complete, each ended by one `\n`. */
  push(bytes: Uint8Array, count = bytes.length): string {
    let lines = "";
    let start = 0;
    for (let index = 0; index < count && this.problem === undefined; index++) {
      // Most of a line is inside strings, where only three bytes matter.
      if (this.#at === At.String) index = skipText(bytes, index, count);
      const byte = bytes[index] as number;
      if (!this.#endsLineWith(byte)) continue;
      const end = byte === NEWLINE ? index : index + 1;
      // An empty line: a flood of newlines must cost next to nothing.
      const isEmpty = end === start && this.#unfinishedLength === 0;
      if (!isEmpty) lines += this.#complete(bytes.subarray(start, end));
      start = index + 1;
    }
    if (start < count && this.problem === undefined) this.#keep(bytes.subarray(start, count));
    return lines;
  }

  /** Ends the input; returns the last line if it was unfinished. */
  end(): string {
    return this.problem === undefined ? this.#complete(EMPTY) : "";
  }

  /** Advances the scan by one byte; true when that byte ends a line. */
  #endsLineWith(byte: number): boolean {
    if (byte === NEWLINE) return this.#reset();
    switch (this.#at) {
      case At.String:
        if (byte === QUOTE) this.#at = At.Object;
        else if (byte === BACKSLASH) this.#at = At.Escape;
        return false;
      case At.Object:
        if (byte === QUOTE) this.#at = At.String;
        else if (byte === OPEN_BRACE) this.#depth++;
        else if (byte === CLOSE_BRACE && --this.#depth === 0) {
          return this.#reset();
        }
        return false;
      case At.Start:
        if (byte <= LAST_SPACE || BYTE_ORDER_MARK.includes(byte)) return false;
        this.#at = byte === OPEN_BRACE ? At.Object : At.Other;
        this.#depth = 1;
        return false;
      case At.Escape:
        this.#at = At.String;
        return false;
      case At.Other:
        return false;
    }
  }

  #reset(): true {
    this.#at = At.Start;
    return true;
  }

  /** The unfinished line, completed by `last`. */
  #complete(last: Uint8Array): string {
    const line = this.#decode(this.#joined(last));
    this.#unfinished = EMPTY;
    this.#unfinishedLength = 0;
    return line.trim() === "" ? "" : line + "\n";
  }

  /** The whole line, without a copy if it came in one chunk, as nearly all do. */
  #joined(last: Uint8Array): Uint8Array {
    if (this.#unfinishedLength === 0 && last.length <= LIMITS.line) return last;
    return this.#keep(last) ? this.#unfinished.subarray(0, this.#unfinishedLength) : EMPTY;
  }

  #decode(bytes: Uint8Array): string {
    try {
      return decoder.decode(bytes);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      this.problem = "not_utf8";
      return "";
    }
  }

  /** Appends to the unfinished line; false when that exceeds the limit. */
  #keep(bytes: Uint8Array): boolean {
    const length = this.#unfinishedLength + bytes.length;
    if (length > LIMITS.line) {
      this.problem = "line_too_long";
      return false;
    }
    if (length > this.#unfinished.length) {
      // Doubling keeps a line that arrives byte by byte linear.
      const grown = new Uint8Array(
        Math.max(length, Math.min(this.#unfinished.length * 2, LIMITS.line)),
      );
      grown.set(this.#unfinished.subarray(0, this.#unfinishedLength));
      this.#unfinished = grown;
    }
    this.#unfinished.set(bytes, this.#unfinishedLength);
    this.#unfinishedLength = length;
    return true;
  }
}

/** The index of the next byte in a string that matters to the framing; the last before `end` if there is none. */
function skipText(bytes: Uint8Array, index: number, end: number): number {
  for (; index < end - 1; index++) {
    const byte = bytes[index];
    if (byte === QUOTE || byte === BACKSLASH || byte === NEWLINE) return index;
  }
  return index;
}
