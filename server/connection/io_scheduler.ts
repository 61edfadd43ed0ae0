/**
 * Who is read, who is written to and who is fed from the log, when more is ready than a
 * turn of the runtime's loop can do. A turn completes at most 128 socket operations
 * (tokio's cooperative budget). Those that are ready beyond that are put off and taken up
 * last in, first out, behind all that is new: some would wait for ever. So whoever has to
 * wait waits here, first come, first served: no more writes and reads start in a turn than
 * it can complete, and who was heard is read again when it has been written to. And while
 * a turn is full of reads that were put off, nobody is answered and nobody is read again:
 * everyone who has spoken is heard first. As each is heard once, that ends.
 */

import { setImmediate } from "node:timers";
import { Fifo } from "./fifo.ts";
import type { LoopTurns } from "./event_loop.ts";

/** Reads that start in one turn. */
const READS = 128;

/** Writes that start in one turn: fewer, so that those who wait do so for an answer, and get many at once. */
const WRITES = 112;

/** PageCache of the log that are looked up in one turn: each takes most of a millisecond, of everybody's time. */
const PAGES = 4;

/** Reads after which a turn is held to be full, and others to be put off; what else went on in it took the rest. */
const CROWD = 112;

/** What waits to be read. */
export interface Readable {
  /** Starts a read; false when it is not to be read after all. */
  read(): boolean;
}

/** What waits to be written. */
export interface Writable {
  /** Starts a write. */
  write(): void;
}

/** Holds reads and writes in balance. */
export class IoScheduler {
  readonly #turns: LoopTurns;
  readonly #readers = new Fifo<Readable>();
  readonly #writers = new Fifo<Writable>();
  readonly #pages = new Fifo<() => void>();
  /** Reads that have completed in this turn. */
  #readsCompleted = 0;
  #task: (() => void) | undefined;
  #isEnding = false;
  #isTurning = false;

  /** `turns` must stay open for as long as anything is asked of it. */
  constructor(turns: LoopTurns) {
    this.#turns = turns;
  }

  /** Notes that a read has completed. */
  readCompleted(): void {
    this.#readsCompleted++;
    this.#endSoon();
  }

  /** Runs `task` at the end of this turn or, when it is full of reads, of the first that is not. One at a time. */
  afterReads(task: () => void): void {
    this.#task = task;
    this.#endSoon();
  }

  /** Lets `reader` start when its turn has come. */
  scheduleRead(reader: Readable): void {
    this.#readers.push(reader);
    this.#endSoon();
  }

  /** Lets `writer` start when its turn has come. */
  scheduleWrite(writer: Writable): void {
    this.#writers.push(writer);
    this.#endSoon();
  }

  /** Resolves when the turn has come to look up a page of the log. */
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
      // A turn that has come to its end by now waits for the next: it may not end twice.
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
    // Those who were written to just now have said nothing yet: there is time, when others wait.
    if (this.#writers.isEmpty) this.#startReads();
    const areServed = this.#writers.isEmpty && this.#readers.isEmpty && this.#pages.isEmpty;
    if (!areServed) this.#nextTurn();
  }

  async #nextTurn(): Promise<void> {
    this.#isTurning = true;
    do {
      await this.#turns.next();
      // What came with it is heard first.
      await tick();
    } while (this.#wasFull());
    this.#startReads();
    // What they bring at once belongs to this turn.
    await tick();
    this.#readsCompleted = 0;
    this.#isTurning = false;
    this.#end();
  }

  /** Whether what was heard until now is as much as a turn can bring. */
  #wasFull(): boolean {
    const heard = this.#readsCompleted;
    this.#readsCompleted = 0;
    return heard >= CROWD;
  }

  #startReads(): void {
    for (let started = 0; started < READS && !this.#readers.isEmpty;) {
      if (this.#readers.shift()?.read()) started++;
    }
  }
}

/** Resolves when everything that can go on at once has gone on. */
function tick(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
