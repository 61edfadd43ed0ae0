/**
 * What one tick says to the members of one room: encoded once, written by all.
 */

import type { ConnectionHandle } from "../hub/connection_handle.ts";

const NEWLINE = 0x0a;

const encoder = new TextEncoder();

/** Lines for the same connections, as one run of bytes. */
export class Batch {
  #text = "";
  #count = 0;
  /** The lines that one connection gets in a form of its own, by their index, which rises. */
  #own: Map<ConnectionHandle, Map<number, string>> | undefined;
  #shared: readonly [Uint8Array] | undefined;
  #ends: number[] | undefined;
  /** True once a member was sent another batch: later lines would overtake that. */
  isClosed = false;

  /** How many lines it has by now. */
  get count(): number {
    return this.#count;
  }

  /** Adds a line; `own` is the form that one connection gets of it. */
  add(line: string, own?: { connection: ConnectionHandle; line: string }): void {
    if (own !== undefined) {
      this.#own ??= new Map();
      const lines = this.#own.get(own.connection) ?? new Map<number, string>();
      this.#own.set(own.connection, lines.set(this.#count, own.line));
    }
    this.#text += line;
    this.#count++;
  }

  /**
   * The bytes for one connection of the lines from the index `from` up to `to`, as runs.
   * Nothing may be added after the first call. Runs of what is shared: a copy each, of a
   * tick in which many say much, would be memory without bound.
   */
  runsFor(connection: ConnectionHandle, from = 0, to = this.#count): readonly Uint8Array[] {
    const shared = this.#shared ??= [encoder.encode(this.#text)];
    const own = this.#own?.get(connection);
    if (own === undefined && to - from === this.#count) return shared;
    return this.#runsOf(shared[0], own ?? [], from, to);
  }

  /** Some of the shared bytes, with some lines replaced. */
  #runsOf(shared: Uint8Array, own: Iterable<[number, string]>, from: number, to: number) {
    const ends = this.#ends ??= lineEnds(shared);
    const runs: Uint8Array[] = [];
    let next = from;
    const copyUpTo = (index: number) => {
      if (index > next) runs.push(shared.subarray(ends[next - 1] ?? 0, ends[index - 1]));
    };
    for (const [index, line] of own) {
      if (index < from) continue;
      if (index >= to) break;
      copyUpTo(index);
      runs.push(encoder.encode(line));
      next = index + 1;
    }
    copyUpTo(to);
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
