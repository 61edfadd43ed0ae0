/**
 * Who may come in: how many connections there are, in all and of one address, and
 * how fast an address makes new ones. Pure: the clock is passed in.
 */

import { type ErrorCode, errorEvent, type Event, rateLimited } from "../../protocol/mod.ts";
import { limitedKey } from "./rate_limit_key.ts";
import { type MemoryGuard, SHORT_OF_MEMORY } from "./memory_guard.ts";
import { type Rate, TokenBuckets } from "./token_bucket.ts";

/** The door's limits; `Infinity` where there is none. */
export interface DoorLimits {
  connections: number;
  perAddress: number;
  /** New connections of one address; `undefined` for as fast as it can. */
  arrivals: Rate | undefined;
  /** Whether peers on this machine are held to the limits by address too. */
  limitLoopback: boolean;
}

/** Why somebody may not come in. */
export interface TurnedAway {
  error: Event<"error">;
  /** Whether the peer is to be told, and {@linkcode Door.told} called when it was. */
  isTold: boolean;
}

/**
 * Peers that are told at one time. To refuse a connection costs as much as to serve it,
 * for as long as the peer takes to hear it: more than these are only closed.
 */
const MAX_REJECTIONS_AT_ONCE = 100;

/** Counts those who are in. */
export class Door {
  readonly #limits: DoorLimits;
  readonly #arrivals: TokenBuckets | undefined;
  /** Connections by address. */
  readonly #inside = new Map<string, number>();
  readonly #memory: MemoryGuard;
  #count = 0;
  /** Who is being told. */
  #telling = 0;
  #turnedAway = 0;

  constructor(limits: DoorLimits, memory: MemoryGuard) {
    this.#limits = limits;
    this.#memory = memory;
    this.#arrivals = limits.arrivals && new TokenBuckets(limits.arrivals);
  }

  /** Lets a peer in; or says why not. */
  enter(hostname: string, now: number): TurnedAway | undefined {
    const key = this.#keyOf(hostname);
    const error = this.#refusal(key, now);
    if (error !== undefined) return this.#turnAway(error);
    this.#count++;
    if (key !== undefined) this.#inside.set(key, (this.#inside.get(key) ?? 0) + 1);
    return undefined;
  }

  /** Notes that a peer that was let in is gone. */
  leave(hostname: string): void {
    this.#count--;
    const key = this.#keyOf(hostname);
    if (key === undefined) return;
    const left = (this.#inside.get(key) ?? 0) - 1;
    if (left > 0) this.#inside.set(key, left);
    else this.#inside.delete(key);
  }

  /** Notes that a peer that was turned away has been told. */
  told(): void {
    this.#telling--;
  }

  /** Forgets the addresses that have been quiet; gives how many peers were turned away since the last time. */
  sweep(now: number): number {
    this.#arrivals?.sweep(now);
    const turnedAway = this.#turnedAway;
    this.#turnedAway = 0;
    return turnedAway;
  }

  #turnAway(error: Event<"error">): TurnedAway {
    this.#turnedAway++;
    const isTold = this.#telling < MAX_REJECTIONS_AT_ONCE;
    if (isTold) this.#telling++;
    return { error, isTold };
  }

  #refusal(key: string | undefined, now: number): Event<"error"> | undefined {
    const { connections, perAddress } = this.#limits;
    if (this.#memory.isShort) return closing("server_busy", SHORT_OF_MEMORY);
    if (this.#count >= connections) {
      return closing("server_full", `The server has its ${connections} connections`);
    }
    if (key === undefined) return undefined;
    if ((this.#inside.get(key) ?? 0) >= perAddress) {
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
