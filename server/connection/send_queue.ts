/**
 * Output that waits for one connection, in its order. Pure. What was sent since the last
 * flush stands last: a batch in it may still grow, and becomes bytes at the flush.
 */

import { Batch } from "./batch.ts";
import type { ConnectionHandle } from "../hub/state/connection_handle.ts";

/** Bytes in one write; chunks beyond that are not joined. */
const WRITE_SIZE = 64 * 1024;

/** A batch; or some of its lines, where this connection alone was sent others in between. */
class Part {
  readonly batch: Batch;
  readonly from: number;
  to: number | undefined;

  constructor(batch: Batch, from: number) {
    this.batch = batch;
    this.from = from;
  }
}

/** Chunks that wait. Their bytes are bounded by the connection. */
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
    // Later lines of the last batch must not overtake this chunk.
    this.closeBatch();
    return this.#chunks.push(chunk instanceof Batch ? new Part(chunk, 0) : chunk) ===
      this.#ready + 1;
  }

  /** Puts bytes between the lines that a batch has and those it gets, so that it need not end for all. */
  #insert(bytes: Uint8Array, part: Part): void {
    part.to = part.batch.count;
    this.#chunks.push(bytes, new Part(part.batch, part.to));
  }

  /** Stops the batch that was added last from growing; earlier ones have stopped already. */
  closeBatch(): void {
    const last = this.#chunks.at(-1);
    if (last instanceof Part) last.batch.isClosed = true;
  }

  /** Makes everything ready to be written to `connection`; returns the bytes that this adds. */
  flush(connection: ConnectionHandle): number {
    let bytes = 0;
    for (const chunk of this.#chunks.splice(this.#ready)) {
      const runs = chunk instanceof Uint8Array
        ? [chunk]
        : chunk.batch.runsFor(connection, chunk.from, chunk.to);
      for (const run of runs) {
        this.#chunks.push(run);
        bytes += run.length;
      }
    }
    this.#ready = this.#chunks.length;
    return bytes;
  }

  /** Takes the bytes of one write from what is ready; not to be called when nothing is. */
  take(): Uint8Array {
    let count = 1;
    let { length } = this.#chunks[0] as Uint8Array;
    for (; count < this.#ready; count++) {
      const next = (this.#chunks[count] as Uint8Array).length;
      if (length + next > WRITE_SIZE) break;
      length += next;
    }
    this.#ready -= count;
    const taken = this.#chunks.splice(0, count) as Uint8Array[];
    return taken.length === 1 ? taken[0] as Uint8Array : join(taken, length);
  }

  /** Drops everything. */
  clear(): void {
    this.#chunks = [];
    this.#ready = 0;
  }
}

function join(runs: readonly Uint8Array[], length: number): Uint8Array {
  const joined = new Uint8Array(length);
  let offset = 0;
  for (const run of runs) {
    joined.set(run, offset);
    offset += run.length;
  }
  return joined;
}
