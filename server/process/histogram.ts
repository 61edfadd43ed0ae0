/** Counts of values by size, as the operator's metrics show them. */

/** A histogram of values from 0 up; some nanoseconds for each value. */
export class Histogram {
  /** The inclusive upper bounds of its buckets, ascending. */
  readonly bounds: readonly number[];
  /** Values in each bucket; the last one has those above all bounds. */
  readonly counts: number[];
  /** The sum of all values. */
  sum = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = Array(bounds.length + 1).fill(0);
  }

  /** Counts a value. */
  observe(value: number): void {
    let bucket = 0;
    while (bucket < this.bounds.length && value > (this.bounds[bucket] as number)) bucket++;
    this.counts[bucket] = (this.counts[bucket] as number) + 1;
    this.sum += value;
  }
}
