/** Sums over the pipeline's work since the start, for the operator's metrics. */

import type { Event } from "../../protocol/mod.ts";
import type { Outcome } from "../log/message_log.ts";
import { Histogram } from "../process/histogram.ts";

/** Seconds of one append: from memory, over one sync of a good disk, to a disk that hangs. */
const APPEND_SECONDS = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1, 5];

/** Drafts in one append: what gathers while the one before is on its way. */
const APPEND_DRAFTS = [1, 2, 5, 10, 20, 50, 100, 500, 1000, 5000];

/** Milliseconds for which a failed append counts as a failure of now: nobody may try again. */
const FAILURE_TTL = 30_000;

/** Counts since the start. */
export class DeliveryCounts {
  /** Outcomes of drafts, by their kind. */
  readonly outcomes = new Map<Outcome["kind"], number>();
  /** Lines that were put into send queues: one for each connection. */
  deliveries = 0;
  readonly appendSeconds = new Histogram(APPEND_SECONDS);
  readonly appendDrafts = new Histogram(APPEND_DRAFTS);
  appendFailures = 0;
  /** Requests that were refused, by the code of the error. */
  readonly refused = new Map<string, number>();
  #failedAt = -Infinity;
  #failure: string | undefined;

  /** Counts one append, which began at `from` milliseconds and ended at `to`. */
  appended(outcomes: readonly Outcome[], from: number, to: number): void {
    this.appendSeconds.observe((to - from) / 1000);
    this.appendDrafts.observe(outcomes.length);
    let failure: string | undefined;
    for (const outcome of outcomes) {
      increment(this.outcomes, outcome.kind);
      if (outcome.kind === "failed") failure ??= outcome.reason;
    }
    this.#failure = failure;
    if (failure === undefined) return;
    this.appendFailures++;
    this.#failedAt = to;
  }

  /** Why the last append has failed, where that was a moment ago. */
  failureAt(now: number): string | undefined {
    return now - this.#failedAt < FAILURE_TTL ? this.#failure : undefined;
  }

  /** Counts an event that is sent to one connection. */
  sent(event: Event): void {
    this.deliveries++;
    // A lecture client is sent an error as a notification.
    const { code } = event.payload as { code?: string };
    if (code !== undefined) increment(this.refused, code);
  }
}

/** Adds one to the count of `key`. */
export function increment<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
