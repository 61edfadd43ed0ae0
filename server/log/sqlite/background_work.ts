/**
 * Work that the writer does of itself, so that no request reports its failure.
 */

import { Detached } from "./database.ts";
import { reportOf } from "./reasons.ts";

/** Work in the background, of which no request reports a failure. */
export type Task = "checkpoints" | "indexing" | "pruning" | "watching";

/** Called with the reason, for an operator. */
export type OnFailure = (task: Task, reason: string) => void;

/** Runs such work, and reports its failures: once, while it goes on failing for the same reason. */
export class BackgroundWork {
  readonly #onFailure: OnFailure;
  /** The last report on each task, until it succeeds. */
  readonly #reported = new Map<Task, string>();

  constructor(onFailure: OnFailure) {
    this.#onFailure = onFailure;
  }

  /** Does `work`. Throws nothing: an error would end the worker, and with it the log. */
  run(task: Task, work: () => void): void {
    try {
      work();
      this.#reported.delete(task);
    } catch (error) {
      // The next request has the files opened afresh, and nothing is lost by that.
      if (error instanceof Detached) return;
      if (!(error instanceof Error)) throw error;
      const reason = reportOf(error);
      if (this.#reported.get(task) === reason) return;
      this.#reported.set(task, reason);
      this.#onFailure(task, reason);
    }
  }
}
