/** Measures how late the event loop's timers fire, which is how long one turn holds it up. */

import { Histogram } from "../process/histogram.ts";

/** Milliseconds between two measurements. */
const INTERVAL = 100;

/** Seconds: from a quiet loop to one that has a fault. */
const BOUNDS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 5];

/** Measures until it is disposed of. */
export class LoopLag implements Disposable {
  readonly seconds = new Histogram(BOUNDS);
  readonly #timer: ReturnType<typeof setInterval>;
  #lastAt = performance.now();

  constructor() {
    this.#timer = setInterval(() => this.#measure(performance.now()), INTERVAL);
  }

  #measure(now: number): void {
    this.seconds.observe(Math.max(0, now - this.#lastAt - INTERVAL) / 1000);
    this.#lastAt = now;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
