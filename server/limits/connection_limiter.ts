/**
 * Who may come in: how many connections there are, in all and of one address, and
 * how fast an address makes new ones. Pure: the clock is passed in.
 */

import { type ErrorCode, errorEvent, type Event, rateLimited } from "../../protocol/mod.ts";
import { limitedKey } from "./rate_limit_key.ts";
import { type MemoryGuard, SHORT_OF_MEMORY } from "./memory_guard.ts";
import { type Rate, TokenBuckets } from "./token_bucket.ts";

/** The door's limits; `Infinity` where there is none. */
export interface ConnectionLimits {
  total: number;
  perAddress: number;
  /** New connections of one address; `undefined` for as fast as it can. */
  arrivals: Rate | undefined;
  /** Whether peers on this machine are held to the limits by address too. */
  limitLoopback: boolean;
}

/** Why somebody may not come in. */
export interface Rejection {
  error: Event<"error">;
  /** Whether the peer is to be told, and {@linkcode ConnectionLimiter.rejectionSent} called when it was. */
  isSent: boolean;
}

/**
 * Peers that are told at one time. To refuse a connection costs as much as to serve it,
 * for as long as the peer takes to hear it: more than these are only closed.
 */
const MAX_REJECTIONS_AT_ONCE = 100;

/** Counts those who are in. */
export class ConnectionLimiter {
  readonly #limits: ConnectionLimits;
  readonly #arrivals: TokenBuckets | undefined;
  /** Connections by address. */
  readonly #perAddress = new Map<string, number>();
  readonly #memory: MemoryGuard;
  #count = 0;
  /** Who is being told. */
  #sending = 0;
  #rejected = 0;

  constructor(limits: ConnectionLimits, memory: MemoryGuard) {
    this.#limits = limits;
    this.#memory = memory;
    this.#arrivals = limits.arrivals && new TokenBuckets(limits.arrivals);
  }

  /** Lets a peer in; or says why not. */
  admit(hostname: string, now: number): Rejection | undefined {
    const key = this.#keyOf(hostname);
    const error = this.#refusal(key, now);
    if (error !== undefined) return this.#reject(error);
    this.#count++;
    if (key !== undefined) this.#perAddress.set(key, (this.#perAddress.get(key) ?? 0) + 1);
    return undefined;
  }

  /** Notes that a peer that was let in is gone. */
  release(hostname: string): void {
    this.#count--;
    const key = this.#keyOf(hostname);
    if (key === undefined) return;
    const left = (this.#perAddress.get(key) ?? 0) - 1;
    if (left > 0) this.#perAddress.set(key, left);
    else this.#perAddress.delete(key);
  }

  /** Notes that a peer that was turned away has been told. */
  rejectionSent(): void {
    this.#sending--;
  }

  /** Forgets the addresses that have been quiet; gives how many peers were turned away since the last time. */
  sweep(now: number): number {
    this.#arrivals?.sweep(now);
    const rejected = this.#rejected;
    this.#rejected = 0;
    return rejected;
  }

  #reject(error: Event<"error">): Rejection {
    this.#rejected++;
    const isSent = this.#sending < MAX_REJECTIONS_AT_ONCE;
    if (isSent) this.#sending++;
    return { error, isSent };
  }

  #refusal(key: string | undefined, now: number): Event<"error"> | undefined {
    const { total, perAddress } = this.#limits;
    if (this.#memory.isShort) return closing("server_busy", SHORT_OF_MEMORY);
    if (this.#count >= total) {
      return closing("server_full", `The server has its ${total} connections`);
    }
    if (key === undefined) return undefined;
    if ((this.#perAddress.get(key) ?? 0) >= perAddress) {
      return closing("address_full", `Your address has its ${perAddress} connections`);
    }
    const wait = this.#arrivals?.take(key, now) ?? 0;
    const reason = "Too many new connections from your address: this one is closed";
    return wait === 0 ? undefined : rateLimited(reason, wait);
  }

  /** Whom a peer is counted as; one that is not counted has no key. */
  #keyOf(hostname: string): string | undefined {
    return limitedKey(hostname, this.#limits.limitLoopback);
  }
}

function closing(code: ErrorCode, reason: string): Event<"error"> {
  return errorEvent(code, `${reason}; the connection is closed`);
}
