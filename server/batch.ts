/**
 * What one tick says to the members of one room: encoded once, written by all.
 */

import type { Link } from "./session.ts";

const NEWLINE = 0x0a;

const encoder = new TextEncoder();

/** Lines for the same connections, as one run of bytes. */
export class Batch {
  #text = "";
  #count = 0;
  /** The lines that one connection gets in a form of its own, by their index, which rises. */
  #own: Map<Link, Map<number, string>> | undefined;
  #shared: readonly [Uint8Array] | undefined;
  #ends: number[] | undefined;
  /** True once a member was sent something else: later lines would overtake that. */
  isClosed = false;

  /** Adds a line; `own` is the form that one connection gets of it. */
  add(line: string, own?: { link: Link; line: string }): void {
    if (own !== undefined) {
      this.#own ??= new Map();
      const lines = this.#own.get(own.link) ?? new Map<number, string>();
      this.#own.set(own.link, lines.set(this.#count, own.line));
    }
    this.#text += line;
    this.#count++;
  }

  /**
   * The bytes for one connection, as runs. Nothing may be added after the first call.
   * Runs of what is shared: a copy each, of a tick in which many say much, would be
   * memory without bound.
   */
  runsFor(link: Link): readonly Uint8Array[] {
    const shared = this.#shared ??= [encoder.encode(this.#text)];
    const own = this.#own?.get(link);
    return own === undefined ? shared : this.#replaced(shared[0], own);
  }

  /** The shared bytes with some lines replaced. */
  #replaced(shared: Uint8Array, own: ReadonlyMap<number, string>): Uint8Array[] {
    const ends = this.#ends ??= lineEnds(shared);
    const runs: Uint8Array[] = [];
    let copied = 0;
    for (const [index, line] of own) {
      const start = ends[index - 1] ?? 0;
      if (start > copied) runs.push(shared.subarray(copied, start));
      runs.push(encoder.encode(line));
      copied = ends[index] ?? 0;
    }
    if (copied < shared.length) runs.push(shared.subarray(copied));
    return runs;
  }
}

/** Where each line ends. JSON has no raw newline, so every one of these bytes ends a line. */
function lineEnds(lines: Uint8Array): number[] {
  const ends: number[] = [];
  for (let at = lines.indexOf(NEWLINE); at !== -1; at = lines.indexOf(NEWLINE, at + 1)) {
    ends.push(at + 1);
  }
  return ends;
}
