/**
 * The entries of one room or of one inbox that a log in memory keeps. Pure. They are
 * found by their `seq`, and the oldest are forgotten when their time has come.
 */

/** An entry, and the session and `ref` that its author may ask for it by. */
export interface Kept<Entry> {
  entry: Entry;
  session: string | undefined;
  ref: number | undefined;
  /** The log's time. */
  time: number;
}

/** The part of an array that must be forgotten before it is moved: so that each entry is moved a few times at most. */
const STRIDE = 1 / 8;

/** Entries in their order; `seq` counts from 1. */
export class EntryBuffer<Entry> {
  #kept: Kept<Entry>[] = [];
  /** How many of the array are forgotten, and how many were before it. */
  #gone = 0;
  #dropped = 0;

  /** The `seq` of the last one. */
  get last(): number {
    return this.#dropped + this.#kept.length;
  }

  /** Adds the entry whose `seq` is the next. */
  push(kept: Kept<Entry>): void {
    this.#kept.push(kept);
  }

  /** The entry with that `seq`; nothing when it is forgotten. */
  at(seq: number): Kept<Entry> | undefined {
    const index = seq - 1 - this.#dropped;
    return index < this.#gone ? undefined : this.#kept[index];
  }

  /** The entries whose `seq` is above `after` and below `before`: the first `most`. */
  between(after: number, before: number, most = Infinity): Kept<Entry>[] {
    const start = Math.max(this.#gone, after - this.#dropped);
    const end = Math.min(before - 1 - this.#dropped, start + most);
    return this.#kept.slice(start, Math.max(start, end));
  }

  /** Forgets all but the newest `most`, and entries from before `oldest`; gives the forgotten ones. */
  forget(most: number, oldest: number): Kept<Entry>[] {
    const kept = this.#kept;
    const first = this.#gone;
    let gone = Math.max(first, kept.length - most);
    while (gone < kept.length && (kept[gone] as Kept<Entry>).time < oldest) gone++;
    this.#gone = gone;
    const forgotten = kept.slice(first, gone);
    if (gone > 0 && gone >= kept.length * STRIDE) this.#move();
    return forgotten;
  }

  #move(): void {
    this.#kept = this.#kept.slice(this.#gone);
    this.#dropped += this.#gone;
    this.#gone = 0;
  }
}
