/**
 * The 64-byte texts of the load, and finding them in raw bytes, whatever the protocol
 * around them. A text begins with the time at which it was due and ends with a mark that
 * occurs nowhere else, so counting deliveries is counting marks.
 */

import type { Bytes } from "./wire.ts";

/** Bytes in a text. */
export const TEXT_LENGTH = 64;

/** Digits of a stamp: microseconds, for eleven days. */
const STAMP_LENGTH = 12;

const MARK = "~";
const MARK_BYTE = 0x7e;
const ZERO = 0x30;

/** A text without its stamp. */
export const TEXT = "0".repeat(STAMP_LENGTH) +
  "the quick brown fox jumps over the lazy dog, twice".padEnd(TEXT_LENGTH - STAMP_LENGTH - 1, ".") +
  MARK;

/** Writes a number with leading zeros. */
export function writeDigits(bytes: Bytes, at: number, digits: number, value: number): void {
  let rest = Math.floor(value);
  for (let index = at + digits - 1; index >= at; index--) {
    const next = Math.floor(rest / 10);
    bytes[index] = ZERO + rest - next * 10;
    rest = next;
  }
}

/** Writes a time, in milliseconds of `performance.now()`, into the text at `at`. */
export function writeStamp(bytes: Bytes, at: number, moment: number): void {
  writeDigits(bytes, at, STAMP_LENGTH, moment * 1000);
}

/** The time in the text whose mark is at `mark`; `undefined` if the text began in an earlier read. */
function stampBefore(bytes: Bytes, mark: number): number | undefined {
  const start = mark + 1 - TEXT_LENGTH;
  if (start < 0) return undefined;
  let value = 0;
  for (let index = start; index < start + STAMP_LENGTH; index++) {
    value = value * 10 + (bytes[index] as number) - ZERO;
  }
  return value / 1000;
}

/** Counts texts, and reads the stamps of a sample. */
export class TextCounter {
  /** Called with the stamps that are read. */
  onStamp: (moment: number) => void = () => {};
  readonly #every: number;
  #untilStamp = 1;
  /** The last distance between two marks, and the shortest so far. */
  #stride = TEXT_LENGTH;
  #shortest = Infinity;

  /** With 1, every stamp is read; with 10, every tenth. */
  constructor(every = 1) {
    this.#every = every;
  }

  /** The number of texts that end in `bytes`. */
  count(bytes: Bytes): number {
    let texts = 0;
    for (let mark = bytes.indexOf(MARK_BYTE); mark !== -1;) {
      texts++;
      if (--this.#untilStamp === 0) this.#readStamp(bytes, mark);
      // The next mark is mostly as far away as the last one: a check instead of a search.
      mark = bytes[mark + this.#stride] === MARK_BYTE
        ? mark + this.#stride
        : this.#search(bytes, mark);
    }
    return texts;
  }

  #readStamp(bytes: Bytes, mark: number): void {
    this.#untilStamp = this.#every;
    const moment = stampBefore(bytes, mark);
    if (moment !== undefined) this.onStamp(moment);
  }

  #search(bytes: Bytes, mark: number): number {
    const next = bytes.indexOf(MARK_BYTE, mark + 1);
    if (next === -1) return -1;
    const distance = next - mark;
    this.#shortest = Math.min(this.#shortest, distance);
    // No second mark fits within less than twice the shortest distance.
    this.#stride = distance < 2 * this.#shortest ? distance : this.#shortest;
    return next;
  }
}
