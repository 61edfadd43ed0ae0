/**
 * How fast one connection may ask. Pure, and a few sums for each line: it stands
 * before everything that a request costs but its decoding.
 */

import type { RequestType } from "../../protocol/mod.ts";
import { type Rate, TokenBucket } from "./token_bucket.ts";

/**
 * What each request counts for. Most do little more than a message does; some tell
 * many, sort, or ask the log for much. What only answers the server, or ends, is free.
 */
export const COSTS: Readonly<Record<RequestType | "refused", number>> = {
  connect: 10,
  message: 1,
  direct: 1,
  join: 2,
  leave: 1,
  rename: 4,
  topic: 2,
  members: 4,
  rooms: 4,
  history: 5,
  search: 20,
  read: 1,
  unread: 20,
  // scrypt has a queue of its own, and is shorter than this makes it seem.
  register: 20,
  password: 20,
  unregister: 20,
  sessions: 5,
  end_session: 5,
  ping: 1,
  pong: 0,
  quit: 0,
  // What was no request has an answer too.
  refused: 1,
};

/**
 * How many must be told of a request at once for it to count for one more: that somebody has come
 * or gone is no part of a batch that all share, as messages are.
 */
const FAN_OUT_PER_TOKEN = 25;

/**
 * Milliseconds for which, once a request was refused, all that cost anything are. Without
 * it some of what a client sent in one go would pass, out of its order.
 */
const HOLD_OFF = 1000;

/**
 * Refusals that a connection is sent; who earns more is read as slowly as that. The burst
 * is more than a client that waits for answers sends before it hears of the first.
 */
const REFUSALS: Rate = { perSecond: 20, burst: 300 };

/** What one connection may do; without a rate, as fast as it can. */
export interface ConnectionRates {
  requests: Rate | undefined;
  bytes: Rate | undefined;
}

/** Watches one connection. All times are milliseconds of one clock. */
export class Limiter {
  readonly #requests: TokenBucket | undefined;
  readonly #bytes: TokenBucket | undefined;
  /** Made when it is first needed: most are never refused anything. */
  #refusals: TokenBucket | undefined;
  #refusedUntil = -Infinity;

  constructor({ requests, bytes }: ConnectionRates, now: number) {
    this.#requests = requests && new TokenBucket(requests, now);
    this.#bytes = bytes && new TokenBucket(bytes, now);
  }

  /** Lets a request pass, and gives 0; or gives the milliseconds after which it may be asked again. */
  admit(type: RequestType | "refused", now: number): number {
    const cost = COSTS[type];
    if (this.#requests === undefined || cost === 0) return 0;
    if (now < this.#refusedUntil) return this.#refusedUntil - now;
    const wait = this.#requests.take(cost, now);
    if (wait === 0) return 0;
    const holdOff = Math.max(wait, HOLD_OFF);
    this.#refusedUntil = now + holdOff;
    return holdOff;
  }

  /** Counts that so many were told of what a request did; what that comes to is only known by then. */
  told(count: number, now: number): void {
    this.#requests?.spend(Math.floor(count / FAN_OUT_PER_TOKEN), now);
  }

  /** Notes a refusal; gives the milliseconds for which nothing more is to be read. */
  refused(now: number): number {
    this.#refusals ??= new TokenBucket(REFUSALS, now);
    return this.#refusals.spend(1, now);
  }

  /** Notes that `bytes` were read; gives the milliseconds for which nothing more is to be read. */
  read(bytes: number, now: number): number {
    return this.#bytes?.spend(bytes, now) ?? 0;
  }
}
