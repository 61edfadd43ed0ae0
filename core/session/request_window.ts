/**
 * How fast to ask. When the server refuses a request with `rate_limited`, nothing goes
 * out until it may; then what was refused is asked again, before all that came after
 * it, one at a time first. So nothing is lost, and the order stays.
 */

import type { Request } from "../../protocol/mod.ts";

/** Milliseconds to wait where the server has not said how long. */
const USUAL_WAIT = 1_000;

/**
 * Requests that may be unanswered at a time, and after a refusal. A server answers
 * only so many refusals before it reads slowly: then some of what was in flight
 * would be read when its time has come, out of its order.
 */
const WINDOW = { first: 256, slowed: 16 } as const;

/** A request, and its place among all. */
interface Asked {
  readonly request: Request;
  readonly order: number;
  wasRefused: boolean;
}

/** What is asked of a server over one connection, and what has to wait. */
export class RequestWindow {
  /** To be written, in order; refused ones are in their old place. */
  #waiting: Asked[] = [];
  /** Written and not answered, by id. */
  readonly #unanswered: Map<string, Asked> = new Map();
  #last = 0;
  #heldUntil: number | undefined;
  #window: number = WINDOW.first;
  #isSlowed = false;

  /** Until when nothing goes out, by the clock of {@linkcode refused}; {@linkcode resume} is to be called then. */
  get heldUntil(): number | undefined {
    return this.#heldUntil;
  }

  /** Whether the server has refused something since all was answered. */
  get isSlowed(): boolean {
    return this.#isSlowed;
  }

  /** Takes in a request, which needs an `id` of its own. */
  add(request: Request): void {
    this.#waiting.push({ request, order: ++this.#last, wasRefused: false });
  }

  /** What is to be written now. */
  next(): Request[] {
    if (this.#heldUntil !== undefined || this.#waiting.length === 0) return [];
    const going = this.#waiting.splice(0, Math.max(0, this.#window - this.#unanswered.size));
    for (const asked of going) this.#unanswered.set(asked.request.id ?? "", asked);
    return going.map(({ request }) => request);
  }

  /** Whether this one, unanswered, was refused before. */
  wasRefused(id: string): boolean {
    return this.#unanswered.get(id)?.wasRefused === true;
  }

  /** The server has answered this one, in whatever way but `rate_limited`. */
  answered(id: string): void {
    if (!this.#unanswered.delete(id)) return;
    if (this.#window < WINDOW.slowed) this.#window++;
    if (this.#unanswered.size === 0 && this.#waiting.length === 0) this.#isSlowed = false;
  }

  /** The server wants this one later: it goes out again. False when nothing is known of it. `now` is in milliseconds. */
  refused(id: string, retryAfter: number | undefined, now: number): boolean {
    const asked = this.#unanswered.get(id);
    if (asked === undefined) return false;
    this.#unanswered.delete(id);
    asked.wasRefused = true;
    const later = this.#waiting.findIndex(({ order }) => order > asked.order);
    this.#waiting.splice(later < 0 ? this.#waiting.length : later, 0, asked);
    this.#heldUntil = Math.max(this.#heldUntil ?? 0, now + (retryAfter ?? USUAL_WAIT));
    this.#window = 1;
    this.#isSlowed = true;
    return true;
  }

  /** The time is over for which nothing went out. */
  resume(): void {
    this.#heldUntil = undefined;
  }

  /** Forgets everything: the connection has ended. */
  clear(): void {
    this.#waiting = [];
    this.#unanswered.clear();
    this.#heldUntil = undefined;
    this.#window = WINDOW.first;
    this.#isSlowed = false;
  }
}
