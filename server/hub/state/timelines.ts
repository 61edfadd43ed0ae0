/**
 * Which of a client's positions still mean what they meant. A log that was restored goes on
 * from an earlier moment and gives the numbers behind that again, to other messages.
 */

import type { Timeline } from "../../log/message_log.ts";

/** The timelines of a log. */
export class Timelines {
  readonly #all: readonly Timeline[];

  /** `all` of them, oldest first; none for a log that is never restored. */
  constructor(all: readonly Timeline[]) {
    this.#all = all;
  }

  /** The id of the present one. */
  get current(): string | undefined {
    return this.#all.at(-1)?.id;
  }

  /**
   * The highest number in a room or an inbox up to which the timeline `id` has the messages of
   * the present one. One that the log does not know has those with which the present one began.
   */
  inCommon(id: string, of: "rooms" | "inboxes", key: string): number {
    const known = this.#all.findIndex((each) => each.id === id);
    const since = known === -1 ? this.#all.slice(-1) : this.#all.slice(known + 1);
    return Math.min(...since.map((timeline) => timeline[of].get(key) ?? 0));
  }
}
