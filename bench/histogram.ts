/**
 * Latencies in a fixed amount of memory: buckets that grow with the latency, so that
 * every percentile is correct to one part in 64.
 */

/** Buckets per doubling. */
const STEPS = 64;

/** The percentiles that a report shows, in milliseconds. */
export interface Percentiles {
  p50: number;
  p99: number;
  p999: number;
  max: number;
  /** The number of measurements. */
  count: number;
}

/** Counts latencies in milliseconds. */
export class Histogram {
  /** The sum of several histograms. */
  static of(parts: readonly Histogram[]): Histogram {
    const whole = new Histogram();
    for (const part of parts) {
      for (const [bucket, count] of part.#buckets.entries()) {
        whole.#buckets[bucket] = (whole.#buckets[bucket] ?? 0) + count;
      }
      whole.#count += part.#count;
      whole.#max = Math.max(whole.#max, part.#max);
    }
    return whole;
  }

  // From one microsecond to 2^40 of them: twelve days.
  readonly #buckets = new Float64Array(40 * STEPS);
  #count = 0;
  #max = 0;

  /** Adds one. */
  add(milliseconds: number): void {
    const bucket = Math.floor(Math.log2(Math.max(1, milliseconds * 1000)) * STEPS);
    this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) + 1;
    this.#count++;
    if (milliseconds > this.#max) this.#max = milliseconds;
  }

  /** Resets all counts. */
  clear(): void {
    this.#buckets.fill(0);
    this.#count = 0;
    this.#max = 0;
  }

  /** The figures for the report. */
  get percentiles(): Percentiles {
    return {
      p50: this.#at(0.5),
      p99: this.#at(0.99),
      p999: this.#at(0.999),
      max: this.#max,
      count: this.#count,
    };
  }

  #at(part: number): number {
    if (this.#count === 0) return NaN;
    let rest = this.#count * part;
    for (const [bucket, count] of this.#buckets.entries()) {
      rest -= count;
      if (count > 0 && rest <= 0) return Math.min(this.#max, 2 ** ((bucket + 0.5) / STEPS) / 1000);
    }
    return this.#max;
  }
}

/** The median of `values`; of an even number, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const half = sorted.length / 2;
  const low = sorted[Math.ceil(half) - 1] ?? NaN;
  return (low + (sorted[Math.floor(half)] ?? NaN)) / 2;
}
