/**
 * Limits on connections: how many there are, in all and of one address, and how fast an
 * address opens new ones. Pure: the clock is passed in.
 */

import { type ErrorCode, errorEvent, type Event, rateLimited } from "../../protocol/mod.ts";
import { limitedKey, peerKey } from "./rate_limit_key.ts";
import { type MemoryGuard, SHORT_OF_MEMORY } from "./memory_guard.ts";
import { RetrySlots } from "./retry_slots.ts";
import { type Rate, TokenBuckets } from "./token_bucket.ts";

/** The limits; `Infinity` where there is none. */
export interface ConnectionLimits {
  total: number;
  perAddress: number;
  /** New connections of one address; `undefined` for no limit. */
  arrivals: Rate | undefined;
  /** Whether the limits by address hold for peers on this machine too. */
  limitLoopback: boolean;
}

/** Why a connection is rejected. */
export interface Rejection {
  error: Event<"error">;
  /** Whether to send `error` to the peer, and call {@linkcode ConnectionLimiter.rejectionSent} afterwards. */
  isSent: boolean;
}

/**
 * Rejections that are sent at one time. A rejected connection costs as much as a served one
 * until its peer has read why: beyond these, connections are only closed.
 */
const MAX_REJECTIONS_AT_ONCE = 100;

/** Counts and limits connections. */
export class ConnectionLimiter {
  #limits: ConnectionLimits;
  #arrivals: TokenBuckets | undefined;
  /** When the clients of each address that were refused for its rate may come. */
  readonly #slots = new Map<string, RetrySlots>();
  /** Connections by address. */
  readonly #perAddress = new Map<string, number>();
  readonly #memory: MemoryGuard;
  #count = 0;
  /** Rejections that are being sent. */
  #sending = 0;
  #rejected = 0;
  /** Rejections since the start, by their code. */
  readonly rejections = new Map<string, number>();

  constructor(limits: ConnectionLimits, memory: MemoryGuard) {
    this.#limits = limits;
    this.#memory = memory;
    this.#arrivals = limits.arrivals && new TokenBuckets(limits.arrivals);
  }

  /** Changes the limits, for connections from now on. */
  setLimits(limits: ConnectionLimits): void {
    this.#limits = limits;
    this.#arrivals = limits.arrivals && new TokenBuckets(limits.arrivals);
    this.#slots.clear();
  }

  /** Counts a new connection, or says why it is rejected. */
  admit(hostname: string, now: number): Rejection | undefined {
    const key = this.#keyOf(hostname);
    const error = this.#refusal(key, now);
    if (error !== undefined) return this.#reject(error);
    this.#count++;
    // Counted where no limit asks for it, too: one may be set while the connection is open.
    const address = peerKey(hostname);
    this.#perAddress.set(address, (this.#perAddress.get(address) ?? 0) + 1);
    return undefined;
  }

  /** Notes that an admitted connection is closed. */
  release(hostname: string): void {
    this.#count--;
    const address = peerKey(hostname);
    const left = (this.#perAddress.get(address) ?? 0) - 1;
    if (left > 0) this.#perAddress.set(address, left);
    else this.#perAddress.delete(address);
  }

  /** Notes that a rejection has been sent. */
  rejectionSent(): void {
    this.#sending--;
  }

  /** Drops what it knows of quiet addresses. */
  sweep(now: number): void {
    this.#arrivals?.sweep(now);
    for (const [key, slots] of this.#slots) if (slots.isOver(now)) this.#slots.delete(key);
  }

  /** The number of rejections since the last call. */
  takeRejected(): number {
    const rejected = this.#rejected;
    this.#rejected = 0;
    return rejected;
  }

  #reject(error: Event<"error">): Rejection {
    this.#rejected++;
    const { code } = error.payload;
    this.rejections.set(code, (this.rejections.get(code) ?? 0) + 1);
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
    return wait === 0 ? undefined : rateLimited(reason, this.#slotOf(key, wait, now));
  }

  /** The `retry_after` for a client of `key`, whose address may open a connection after `wait`. */
  #slotOf(key: string, wait: number, now: number): number {
    const { arrivals } = this.#limits;
    // A rejection that is not sent takes no slot.
    if (arrivals === undefined || this.#sending >= MAX_REJECTIONS_AT_ONCE) return wait;
    const slots = this.#slots.get(key) ?? new RetrySlots();
    this.#slots.set(key, slots);
    return slots.next(wait, 1000 / arrivals.perSecond, now);
  }

  /** The key by which a peer is counted; `undefined` for one that is not. */
  #keyOf(hostname: string): string | undefined {
    return limitedKey(hostname, this.#limits.limitLoopback);
  }
}

function closing(code: ErrorCode, reason: string): Event<"error"> {
  return errorEvent(code, `${reason}; the connection is closed`);
}
