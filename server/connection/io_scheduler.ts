/**
 * The order of reads, writes and log pages when more are ready than one turn of the runtime's
 * loop completes: at most 128 socket operations (tokio's cooperative budget). The runtime puts
 * the rest off and resumes it last in, first out, behind all that is new, so that some
 * connections would wait for ever. Operations wait here instead, first come, first served: no
 * more start in a turn than it can complete, and a connection is read again once its output is
 * written. While turns are full of reads that were put off, no output is written and no read
 * is started: input that has arrived comes first. Each connection is read once, so that ends.
 */

import { setImmediate } from "node:timers";
import { Fifo } from "./fifo.ts";
import type { LoopTurns } from "./event_loop.ts";

/** Reads started per turn. */
const READS = 128;

/**
 * Writes started per turn, kept below the budget: output of a delayed connection accumulates
 * and leaves in one larger write.
 */
const WRITES = 112;

/** Log pages looked up per turn: each takes most of a millisecond, in which nothing else happens. */
const PAGES = 4;

/** Completed reads from which a turn counts as full, with others put off: the rest of the budget went elsewhere. */
const FULL_TURN = 112;

/** Something that waits to be read. */
export interface Readable {
  /** Starts a read; false when there is none to start. */
  read(): boolean;
}

/** Something that waits to be written. */
export interface Writable {
  /** Starts a write. */
  write(): void;
}

/** Balances reads and writes. */
export class IoScheduler {
  readonly #turns: LoopTurns;
  readonly #readers = new Fifo<Readable>();
  readonly #writers = new Fifo<Writable>();
  readonly #pages = new Fifo<() => void>();
  /** Reads completed in this turn. */
  #readsCompleted = 0;
  #task: (() => void) | undefined;
  #isEnding = false;
  #isTurning = false;

  /** `turns` must stay open for as long as the scheduler is used. */
  constructor(turns: LoopTurns) {
    this.#turns = turns;
  }

  /** Notes that a read has completed. */
  readCompleted(): void {
    this.#readsCompleted++;
    this.#endSoon();
  }

  /** Runs `task` at the end of the first turn, from this one on, that is not full of reads. One at a time. */
  afterReads(task: () => void): void {
    this.#task = task;
    this.#endSoon();
  }

  /** Starts a read of `reader` when its turn has come. */
  scheduleRead(reader: Readable): void {
    this.#readers.push(reader);
    this.#endSoon();
  }

  /** Starts a write of `writer` when its turn has come. */
  scheduleWrite(writer: Writable): void {
    this.#writers.push(writer);
    this.#endSoon();
  }

  /** Resolves when the turn of a lookup in the log has come. */
  schedulePage(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#pages.push(resolve);
    this.#endSoon();
    return promise;
  }

  #endSoon(): void {
    if (this.#isEnding || this.#isTurning) return;
    this.#isEnding = true;
    // Not setTimeout(0): that is a whole millisecond.
    setImmediate(() => {
      this.#isEnding = false;
      // A turn that has ended meanwhile waits for the next: it must not end twice.
      if (this.#isTurning) return;
      if (this.#wasFull()) this.#nextTurn();
      else this.#end();
    });
  }

  #end(): void {
    const task = this.#task;
    this.#task = undefined;
    task?.();
    for (let count = 0; count < WRITES && !this.#writers.isEmpty; count++) {
      this.#writers.shift()?.write();
    }
    for (let count = 0; count < PAGES && !this.#pages.isEmpty; count++) this.#pages.shift()?.();
    // A peer that was just written to has not answered yet, so its read can wait for other output.
    if (this.#writers.isEmpty) this.#startReads();
    const isIdle = this.#writers.isEmpty && this.#readers.isEmpty && this.#pages.isEmpty;
    if (!isIdle) this.#nextTurn();
  }

  async #nextTurn(): Promise<void> {
    this.#isTurning = true;
    do {
      await this.#turns.next();
      // Input that came with it comes first.
      await tick();
    } while (this.#wasFull());
    this.#startReads();
    // Reads that complete at once belong to this turn.
    await tick();
    this.#readsCompleted = 0;
    this.#isTurning = false;
    this.#end();
  }

  /** Whether this turn completed as many reads as a turn can. */
  #wasFull(): boolean {
    const completed = this.#readsCompleted;
    this.#readsCompleted = 0;
    return completed >= FULL_TURN;
  }

  #startReads(): void {
    for (let started = 0; started < READS && !this.#readers.isEmpty;) {
      if (this.#readers.shift()?.read()) started++;
    }
  }
}

/** Resolves when everything that can continue at once has done so. */
function tick(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
