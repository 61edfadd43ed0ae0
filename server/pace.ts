/**
 * Who is heard and who is written to, when more is ready than a turn of the
 * runtime's loop can do. A turn completes at most 128 socket operations (tokio's
 * cooperative budget). Those that are ready beyond that are put off and taken up
 * last in, first out, behind all that is new: some would wait for ever. So no more
 * writes start in a turn than it can complete, first come, first served; and while
 * turns are full of reads, none start and nothing is answered: everyone who has
 * spoken is heard before anyone is answered and speaks again.
 */

import { setImmediate } from "node:timers";
import type { Turns } from "./turns.ts";

/** Writes that start in one turn. */
const WRITES = 128;

/** Reads after which a turn is held to be full, and others to wait; what else went on in it took the rest. */
const CROWD = 112;

/**
 * Full turns in a row that put off answers: enough to hear ten thousand once. Whoever
 * keeps turns full for longer, with bytes that come to nothing, may not silence all others.
 */
const MOST_FULL_TURNS = 100;

/** What waits to be written. */
export interface Writer {
  /** Starts a write. */
  write(): void;
}

/** Holds reads and writes in balance. */
export class Pace {
  readonly #turns: Turns;
  /** Reads of this turn. */
  #reads = 0;
  /** In a row, with this one. */
  #fullTurns = 0;
  #task: (() => void) | undefined;
  #writers: Writer[] = [];
  /** How many of them have started. */
  #started = 0;
  #isEnding = false;
  #isTurning = false;

  /** `turns` must stay open for as long as anything is asked of it. */
  constructor(turns: Turns) {
    this.#turns = turns;
  }

  /** Notes that a read has completed. */
  heard(): void {
    this.#reads++;
    this.#endSoon();
  }

  /** Runs `task` at the end of this turn or, when it is full of reads, of the first that is not. One at a time. */
  afterReads(task: () => void): void {
    this.#task = task;
    this.#endSoon();
  }

  /** Lets `writer` start when its turn has come. */
  write(writer: Writer): void {
    this.#writers.push(writer);
    this.#endSoon();
  }

  #endSoon(): void {
    if (this.#isEnding || this.#isTurning) return;
    this.#isEnding = true;
    // Not setTimeout(0): that is a whole millisecond.
    setImmediate(() => {
      this.#isEnding = false;
      // A turn that has come to its end by now waits for the next: it may not end twice.
      if (!this.#isTurning) this.#end();
    });
  }

  #end(): void {
    this.#fullTurns = this.#reads >= CROWD ? this.#fullTurns + 1 : 0;
    const isCrowded = this.#fullTurns > 0 && this.#fullTurns <= MOST_FULL_TURNS;
    this.#reads = 0;
    if (!isCrowded) {
      const task = this.#task;
      this.#task = undefined;
      task?.();
      this.#startWrites();
    }
    if (isCrowded || this.#writers.length > 0) this.#nextTurn();
  }

  async #nextTurn(): Promise<void> {
    this.#isTurning = true;
    await this.#turns.next();
    // What came with it is heard first.
    setImmediate(() => {
      this.#isTurning = false;
      this.#end();
    });
  }

  #startWrites(): void {
    const end = Math.min(this.#started + WRITES, this.#writers.length);
    while (this.#started < end) this.#writers[this.#started++]?.write();
    if (this.#started < this.#writers.length) return;
    this.#writers = [];
    this.#started = 0;
  }
}
