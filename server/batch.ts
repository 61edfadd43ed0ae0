/**
 * What one tick says to the members of one room: encoded once, written by all.
 */

import type { Link } from "./session.ts";

const encoder = new TextEncoder();

/** Lines for the same connections, as one run of bytes. */
export class Batch {
  readonly #lines: string[] = [];
  /** The lines that one connection gets in a form of its own, by their index. */
  readonly #own = new Map<Link, Map<number, string>>();
  #shared: Uint8Array | undefined;
  /** True once a member was sent something else: later lines would overtake that. */
  isClosed = false;

  /** Adds a line; `own` is the form that one connection gets of it. */
  add(line: string, own?: { link: Link; line: string }): void {
    if (own !== undefined) {
      const lines = this.#own.get(own.link) ?? new Map<number, string>();
      this.#own.set(own.link, lines.set(this.#lines.length, own.line));
    }
    this.#lines.push(line);
  }

  /** The bytes for one connection. Nothing may be added after the first call. */
  bytesFor(link: Link): Uint8Array {
    const own = this.#own.get(link);
    if (own === undefined) return this.#shared ??= encoder.encode(this.#lines.join(""));
    return encoder.encode(this.#lines.map((line, index) => own.get(index) ?? line).join(""));
  }
}
