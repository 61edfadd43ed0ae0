/** The lines that one tick sends to the members of one room: encoded once, written to all. */

import type { ConnectionHandle } from "../hub/state/connection_handle.ts";

const NEWLINE = 0x0a;

const encoder = new TextEncoder();

/** Lines for the same connections, as one run of bytes. */
export class Batch {
  #text = "";
  #count = 0;
  /** Lines that one connection gets in its own form, by their index, in ascending order. */
  #own: Map<ConnectionHandle, Map<number, string>> | undefined;
  #shared: readonly [Uint8Array] | undefined;
  #ends: number[] | undefined;
  /** Whether a member was sent something else behind it, which later lines would overtake. */
  isClosed = false;
  /** Connections that have it in their queues. */
  receivers = 0;

  /** The number of its lines so far. */
  get count(): number {
    return this.#count;
  }

  /** Adds a line; `own` is the form in which one connection gets it. */
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
   * One connection's bytes of the lines from the index `from` up to `to`, as runs. Nothing
   * may be added after the first call. The runs are views of shared bytes: a copy for each
   * connection, of a tick with many long messages, would be memory without bound.
   */
  runsFor(connection: ConnectionHandle, from = 0, to = this.#count): readonly Uint8Array[] {
    const shared = this.#shared ??= [encoder.encode(this.#text)];
    const own = this.#own?.get(connection);
    if (own === undefined && to - from === this.#count) return shared;
    return this.#runsOf(shared[0], own ?? [], from, to);
  }

  /** Some of the shared lines, with some replaced. */
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

/** Where each line ends. JSON has no raw newline, so each such byte ends a line. */
function lineEnds(lines: Uint8Array): number[] {
  const ends: number[] = [];
  for (let at = lines.indexOf(NEWLINE); at !== -1; at = lines.indexOf(NEWLINE, at + 1)) {
    ends.push(at + 1);
  }
  return ends;
}
