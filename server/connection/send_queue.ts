/**
 * What waits to be sent over one connection, in its order. Pure. What was sent since the
 * last flush stands last: a batch in it may still grow, and is bytes only from then on.
 */

import { Batch } from "./batch.ts";
import { join } from "./bytes.ts";
import type { ConnectionHandle } from "../hub/connection_handle.ts";

/** Bytes in one write; more chunks than that are not joined. */
const WRITE_SIZE = 64 * 1024;

/** A batch; or some of its lines, where others were sent to this connection alone in between. */
class Part {
  readonly batch: Batch;
  readonly from: number;
  to: number | undefined;

  constructor(batch: Batch, from: number) {
    this.batch = batch;
    this.from = from;
  }

  runsFor(connection: ConnectionHandle): readonly Uint8Array[] {
    return this.batch.runsFor(connection, this.from, this.to);
  }
}

/** Chunks that wait. How many bytes they may be is for others to watch. */
export class SendQueue {
  #chunks: (Uint8Array | Part)[] = [];
  /** How many of them were there at the last flush. */
  #ready = 0;

  /** Whether nothing is ready to be written. */
  get isEmpty(): boolean {
    return this.#ready === 0;
  }

  /** Adds bytes or a batch; true for the first since the last flush. */
  push(chunk: Uint8Array | Batch): boolean {
    const last = this.#chunks.at(-1);
    if (chunk instanceof Uint8Array && last instanceof Part && !last.batch.isClosed) {
      this.#insert(chunk, last);
      return false;
    }
    // A line that is still to come may not overtake this.
    this.closeBatch();
    return this.#chunks.push(chunk instanceof Batch ? new Part(chunk, 0) : chunk) ===
      this.#ready + 1;
  }

  /** Puts bytes between what a batch has and what it gets: it need not end for all because of one. */
  #insert(bytes: Uint8Array, part: Part): void {
    part.to = part.batch.count;
    this.#chunks.push(bytes, new Part(part.batch, part.to));
  }

  /** Lets the batch that was added last grow no more; those before it do not any more. */
  closeBatch(): void {
    const last = this.#chunks.at(-1);
    if (last instanceof Part) last.batch.isClosed = true;
  }

  /** Makes everything ready to be written to `connection`; gives the bytes that this adds. */
  flush(connection: ConnectionHandle): number {
    let bytes = 0;
    for (const chunk of this.#chunks.splice(this.#ready)) {
      for (const run of chunk instanceof Uint8Array ? [chunk] : chunk.runsFor(connection)) {
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
