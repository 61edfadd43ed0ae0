/**
 * The 64-byte texts that the load sends, and finding them again in raw bytes,
 * whatever the protocol around them. A text begins with the moment at which it was
 * to be sent and ends with a mark that stands nowhere else: to count deliveries is
 * to count marks.
 */

import type { Bytes } from "./wire.ts";

/** Bytes in a text. */
export const TEXT_LENGTH = 64;

/** Digits of a stamp: microseconds, for eleven days. */
const STAMP_LENGTH = 12;

const MARK = "~";
const MARK_BYTE = 0x7e;
const ZERO = 0x30;

/** A text whose stamp is still to be written. */
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

/** Writes a moment, in milliseconds of `performance.now()`, into the text that begins at `at`. */
export function writeStamp(bytes: Bytes, at: number, moment: number): void {
  writeDigits(bytes, at, STAMP_LENGTH, moment * 1000);
}

/** The moment in the text whose mark is at `mark`; `undefined` when it began in an earlier read. */
function stampBefore(bytes: Bytes, mark: number): number | undefined {
  const start = mark + 1 - TEXT_LENGTH;
  if (start < 0) return undefined;
  let value = 0;
  for (let index = start; index < start + STAMP_LENGTH; index++) {
    value = value * 10 + (bytes[index] as number) - ZERO;
  }
  return value / 1000;
}

/** Counts texts, and reads the stamp of every so-manieth. */
export class TextCounter {
  /** Called with the stamps that are read. */
  onStamp: (moment: number) => void = () => {};
  readonly #every: number;
  #untilStamp = 1;
  /** The last distance between two marks, and the shortest that there ever was. */
  #stride = TEXT_LENGTH;
  #shortest = Infinity;

  /** Reads every stamp with 1, every tenth with 10. */
  constructor(every = 1) {
    this.#every = every;
  }

  /** How many texts end in `bytes`. */
  count(bytes: Bytes): number {
    let texts = 0;
    for (let mark = bytes.indexOf(MARK_BYTE); mark !== -1;) {
      texts++;
      if (--this.#untilStamp === 0) this.#readStamp(bytes, mark);
      // Mostly the next is as far away as the last was: one look instead of a search.
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
    // No second mark can hide within less than twice the shortest distance.
    this.#stride = distance < 2 * this.#shortest ? distance : this.#shortest;
    return next;
  }
}
