/**
 * How fast one connection may make requests, and whether there is memory for what they
 * add. Pure, and a few sums for each line: it stands before everything that a request
 * costs but its decoding.
 */

import { errorEvent, type Event, rateLimited } from "../../protocol/mod.ts";
import { type MemoryGuard, SHORT_OF_MEMORY } from "./memory_guard.ts";
import { type Rate, spend, waitFor } from "./token_bucket.ts";

/** Recipients of a broadcast that cost its sender one token: joins and leaves are not batched as messages are. */
const FAN_OUT_PER_TOKEN = 25;

/**
 * Milliseconds for which, after one refusal, every request with a cost is refused. Without
 * it, some of what a client sent in one go would pass, out of its order.
 */
const HOLD_OFF = 1000;

/**
 * Refusals that a connection is sent; beyond them it is read no faster than this. The burst
 * is more than a client that waits for answers sends before it gets the first.
 */
const REFUSALS: Rate = { perSecond: 20, burst: 300 };

/** The rates of one connection; `undefined` for no limit. */
export interface ConnectionRates {
  requests: Rate | undefined;
  bytes: Rate | undefined;
}

/** The limits that all connections of one server share. */
export interface RequestLimits {
  rates: ConnectionRates;
  memory: MemoryGuard;
  isLogInMemory: boolean;
}

/** The cost of a request. */
export interface RequestCost {
  /** Tokens of the connection's request rate. */
  readonly cost: number;
  /** Set for a request that makes the memory or the log larger for good: refused while memory is short. */
  readonly grows?: "memory" | "log";
}

/** Why a request is refused unseen. */
export interface Throttled {
  error: Event<"error">;
  /** Milliseconds for which the peer is not to be read, because it does not wait by itself. */
  rest: number;
}

/** Limits one connection. All times are milliseconds of one monotonic clock. */
export class RequestLimiter {
  readonly #limits: RequestLimits;
  /** When each bucket is full again; see token_bucket.ts. */
  #requestsFullAt = 0;
  #bytesFullAt = 0;
  #refusalsFullAt = 0;
  #refusedUntil = 0;

  constructor(limits: RequestLimits) {
    this.#limits = limits;
  }

  /** Charges a request with that `id`; returns why it is refused, or nothing when it may pass. */
  admit({ cost, grows }: RequestCost, id: string | undefined, now: number): Throttled | undefined {
    const wait = this.#charge(cost, now);
    if (wait > 0) return this.#refuse(rateLimited("Too many requests", wait, id), now);
    const { memory, isLogInMemory } = this.#limits;
    if (!memory.isShort || grows === undefined) return undefined;
    if (grows === "log" && !isLogInMemory) return undefined;
    return this.#refuse(errorEvent("server_busy", SHORT_OF_MEMORY, id), now);
  }

  /** Charges for the recipients of what a request caused; their number is known only afterwards. */
  chargeFanOut(recipients: number, now: number): void {
    const { requests } = this.#limits.rates;
    if (requests === undefined) return;
    const cost = Math.floor(recipients / FAN_OUT_PER_TOKEN);
    this.#requestsFullAt = spend(requests, cost, this.#requestsFullAt, now);
  }

  /** Charges for bytes read; returns the milliseconds for which nothing more is to be read. */
  chargeBytes(count: number, now: number): number {
    const { bytes } = this.#limits.rates;
    if (bytes === undefined) return 0;
    this.#bytesFullAt = spend(bytes, count, this.#bytesFullAt, now);
    return waitFor(bytes, 0, this.#bytesFullAt, now);
  }

  /** Takes `cost` tokens and returns 0, or the milliseconds after which the request may be made again. */
  #charge(cost: number, now: number): number {
    const { requests } = this.#limits.rates;
    if (requests === undefined || cost === 0) return 0;
    if (now < this.#refusedUntil) return this.#refusedUntil - now;
    const wait = waitFor(requests, cost, this.#requestsFullAt, now);
    if (wait > 0) {
      this.#refusedUntil = now + Math.max(wait, HOLD_OFF);
      return this.#refusedUntil - now;
    }
    const taken = Math.min(cost, requests.burst);
    this.#requestsFullAt = spend(requests, taken, this.#requestsFullAt, now);
    return 0;
  }

  #refuse(error: Event<"error">, now: number): Throttled {
    this.#refusalsFullAt = spend(REFUSALS, 1, this.#refusalsFullAt, now);
    return { error, rest: waitFor(REFUSALS, 0, this.#refusalsFullAt, now) };
  }
}
