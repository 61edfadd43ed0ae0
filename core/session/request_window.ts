/**
 * The pace of requests. After a `rate_limited`, nothing goes out until the server allows
 * it; then the refused requests are sent again before all later ones, at first one at a
 * time. So nothing is lost, and the order stays.
 */

import type { Request } from "../../protocol/mod.ts";

/** Milliseconds to wait if the server has not said how long. */
const USUAL_WAIT = 1_000;

/**
 * Maximum number of unanswered requests, normally and after a refusal. A server sends
 * only a number of refusals before it reads slowly: then some requests in flight would
 * be read when they are allowed again, out of their order.
 */
const WINDOW = { first: 256, slowed: 16 } as const;

/** A request and its place in the order. */
interface Asked {
  readonly request: Request;
  readonly order: number;
  wasRefused: boolean;
}

/** The unanswered and the waiting requests of one connection. */
export class RequestWindow {
  /** Requests to write, in order; refused ones keep their place. */
  #waiting: Asked[] = [];
  /** Unanswered requests, by id. */
  readonly #unanswered: Map<string, Asked> = new Map();
  #last = 0;
  #heldUntil: number | undefined;
  #window: number = WINDOW.first;
  #isSlowed = false;

  /** The end of the pause, by the clock of {@linkcode refused}; call {@linkcode resume} then. */
  get heldUntil(): number | undefined {
    return this.#heldUntil;
  }

  /** Whether the server has refused a request since all were answered. */
  get isSlowed(): boolean {
    return this.#isSlowed;
  }

  /** Adds a request, which needs an `id` of its own. */
  add(request: Request): void {
    this.#waiting.push({ request, order: ++this.#last, wasRefused: false });
  }

  /** The requests to write now. */
  next(): Request[] {
    if (this.#heldUntil !== undefined || this.#waiting.length === 0) return [];
    const going = this.#waiting.splice(0, Math.max(0, this.#window - this.#unanswered.size));
    for (const asked of going) this.#unanswered.set(asked.request.id ?? "", asked);
    return going.map(({ request }) => request);
  }

  /** Whether this unanswered request was refused before. */
  wasRefused(id: string): boolean {
    return this.#unanswered.get(id)?.wasRefused === true;
  }

  /** Notes an answer other than `rate_limited`. */
  answered(id: string): void {
    if (!this.#unanswered.delete(id)) return;
    if (this.#window < WINDOW.slowed) this.#window++;
    if (this.#unanswered.size === 0 && this.#waiting.length === 0) this.#isSlowed = false;
  }

  /** Notes a `rate_limited`: the request goes out again. False if it is unknown. `now` is in milliseconds. */
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

  /** Ends the pause. */
  resume(): void {
    this.#heldUntil = undefined;
  }

  /** Drops everything: the connection has ended. */
  clear(): void {
    this.#waiting = [];
    this.#unanswered.clear();
    this.#heldUntil = undefined;
    this.#window = WINDOW.first;
    this.#isSlowed = false;
  }
}
