/**
 * What waits to be sent over one connection, in its order. Pure. What was sent since the
 * last flush stands last: a batch in it may still grow, and is bytes only from then on.
 */

import { Batch } from "./batch.ts";
import { join } from "./bytes.ts";
import type { Link } from "./session.ts";

/** Bytes in one write; more chunks than that are not joined. */
const WRITE_SIZE = 64 * 1024;

/** Lines of a batch between which others were sent to this connection alone. */
class Part {
  readonly batch: Batch;
  readonly from: number;
  to: number | undefined;

  constructor(batch: Batch, from: number) {
    this.batch = batch;
    this.from = from;
  }

  runsFor(link: Link): readonly Uint8Array[] {
    return this.batch.runsFor(link, this.from, this.to);
  }
}

/** Chunks that wait. How many bytes they may be is for others to watch. */
export class SendQueue {
  #chunks: (Uint8Array | Batch | Part)[] = [];
  /** How many of them were there at the last flush. */
  #ready = 0;

  /** Whether nothing is ready to be written. */
  get isEmpty(): boolean {
    return this.#ready === 0;
  }

  /** Adds bytes or a batch; true for the first since the last flush. */
  push(chunk: Uint8Array | Batch): boolean {
    if (chunk instanceof Uint8Array && this.#growing !== undefined) {
      this.#insert(chunk, this.#growing);
      return false;
    }
    // A line that is still to come may not overtake this.
    this.closeBatch();
    return this.#chunks.push(chunk) === this.#ready + 1;
  }

  /** Puts bytes between what a batch has and what it gets: it need not end for all because of one. */
  #insert(bytes: Uint8Array, growing: Batch | Part): void {
    const batch = growing instanceof Batch ? growing : growing.batch;
    const part = growing instanceof Batch ? new Part(batch, 0) : growing;
    part.to = batch.count;
    this.#chunks.splice(-1, 1, part, bytes, new Part(batch, batch.count));
  }

  /** The batch at the end, if lines may still be added to it. */
  get #growing(): Batch | Part | undefined {
    const last = this.#chunks.at(-1);
    if (last === undefined || last instanceof Uint8Array) return undefined;
    const batch = last instanceof Batch ? last : last.batch;
    return batch.isClosed ? undefined : last;
  }

  /** Lets the batch that was added last grow no more; those before it do not any more. */
  closeBatch(): void {
    const growing = this.#growing;
    if (growing !== undefined) (growing instanceof Batch ? growing : growing.batch).isClosed = true;
  }

  /** Makes everything ready to be written to `link`; gives the bytes that this adds. */
  flush(link: Link): number {
    let bytes = 0;
    for (const chunk of this.#chunks.splice(this.#ready)) {
      for (const run of chunk instanceof Uint8Array ? [chunk] : chunk.runsFor(link)) {
        this.#chunks.push(run);
        bytes += run.length;
      }
    }
    this.#ready = this.#chunks.length;
    return bytes;
  }

  /** Takes what makes one write, of what is ready; not to be called when nothing is. */
  take(): Uint8Array {
    let count = 1;
    let { length } = this.#chunks[0] as Uint8Array;
    for (; count < this.#ready; count++) {
      length += (this.#chunks[count] as Uint8Array).length;
      if (length > WRITE_SIZE) break;
    }
    this.#ready -= count;
    const taken = this.#chunks.splice(0, count) as Uint8Array[];
    return taken.length === 1 ? taken[0] as Uint8Array : join(taken);
  }

  /** Forgets everything. */
  clear(): void {
    this.#chunks = [];
    this.#ready = 0;
  }
}
