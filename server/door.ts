/**
 * Who may come in: how many connections there are, in all and of one address, and
 * how fast an address makes new ones. Pure: the clock is passed in.
 */

import { isLoopback, peerKey } from "./address.ts";
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
  code: "server_full" | "address_full" | "rate_limited";
  reason: string;
  /** With `rate_limited`: milliseconds. */
  wait: number;
}

/** Counts those who are in. */
export class Door {
  readonly #limits: DoorLimits;
  readonly #arrivals: TokenBuckets | undefined;
  /** Connections by address. */
  readonly #inside = new Map<string, number>();
  #count = 0;

  constructor(limits: DoorLimits) {
    this.#limits = limits;
    this.#arrivals = limits.arrivals && new TokenBuckets(limits.arrivals);
  }

  /** Lets a peer in; or says why not. */
  enter(hostname: string, now: number): TurnedAway | undefined {
    const key = this.#keyOf(hostname);
    const refusal = this.#refusal(key, now);
    if (refusal !== undefined) return refusal;
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

  /** Forgets the addresses that have been quiet. To be called now and then. */
  sweep(now: number): void {
    this.#arrivals?.sweep(now);
  }

  #refusal(key: string | undefined, now: number): TurnedAway | undefined {
    const { connections, perAddress } = this.#limits;
    if (this.#count >= connections) {
      const reason = `The server has its ${connections} connections`;
      return { code: "server_full", reason, wait: 0 };
    }
    if (key === undefined) return undefined;
    if ((this.#inside.get(key) ?? 0) >= perAddress) {
      const reason = `Your address has its ${perAddress} connections`;
      return { code: "address_full", reason, wait: 0 };
    }
    const wait = this.#arrivals?.take(key, now) ?? 0;
    if (wait === 0) return undefined;
    return { code: "rate_limited", reason: "Too many new connections from your address", wait };
  }

  /** Whom a peer is counted as; one that is not counted has no key. */
  #keyOf(hostname: string): string | undefined {
    return isLoopback(hostname) && !this.#limits.limitLoopback ? undefined : peerKey(hostname);
  }
}
