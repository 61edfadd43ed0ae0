/** Asking the terminal how wide it draws characters of ambiguous width (UAX #11). */

import { deadline } from "../../core/session/deadline.ts";
import type { Key } from "../editor/keys.ts";
import { setAmbiguousWide } from "../editor/width.ts";

/** The question: such a character, the request for the cursor's position (DSR 6), and an erased row. */
export const PROBE = "\r─\x1b[6n\r\x1b[K";

/** Milliseconds to wait for the answer before rows are made that depend on it. */
const ANSWER_TIMEOUT = 150;

/** Milliseconds in which an answer may still come, which would be typed into the shell behind us. */
const LATE_ANSWER = 1_000;

/** Waits for the answer to {@linkcode PROBE}. */
export class WidthProbe {
  readonly #askedAt = performance.now();
  #answer: () => void = () => {};
  readonly #answered: Promise<void> = new Promise((resolve) => this.#answer = resolve);
  #isOpen = true;
  /** Looks for the answer among `keys`; whether it is there. */
  take(keys: readonly Key[]): boolean {
    const column = keys.map(columnOf).find((column) => column !== undefined);
    if (!this.#isOpen || column === undefined) return false;
    this.#isOpen = false;
    setAmbiguousWide(column === 3);
    this.#answer();
    return true;
  }

  /** Resolves when the answer is there, or is no longer waited for. */
  readonly ready: Promise<void> = deadline(this.#answered, ANSWER_TIMEOUT);

  /** Resolves when no answer comes any more. */
  async over(): Promise<void> {
    const left = this.#askedAt + LATE_ANSWER - performance.now();
    if (left > 0) await deadline(this.#answered, left);
  }
}

function columnOf(key: Key): number | undefined {
  const [, column] = key.kind === "named" ? /^cursor-column-(\d+)$/.exec(key.name) ?? [] : [];
  return column === undefined ? undefined : Number(column);
}
