/**
 * How often passwords may be guessed: after some failures, of one address or for one
 * name, each further one makes a longer wait. Whether there is such a name makes no
 * difference. Pure: the clock is passed in, and all times are milliseconds of it.
 */

import { limitedKey, peerKey } from "../limits/rate_limit_key.ts";

/** Keys that a table has at most; beyond it the one goes that has been quiet for longest. */
const MAX_KEYS = 10_000;

const A_SECOND = 1000;
const A_MINUTE = 60 * A_SECOND;

/** How failures of one kind make waits. */
interface Waits {
  /** Failures that make none. */
  free: number;
  /** The first one; each further is twice as long as the one before. */
  first: number;
  longest: number;
  /** How long after the last failure all are forgotten. */
  memory: number;
}

/** An address has one user: its waits keep nobody else out. */
const OF_ADDRESS = { first: A_SECOND, longest: 15 * A_MINUTE, memory: 60 * A_MINUTE };

/**
 * A name's failures may be strangers', and must not keep its owner out: the wait for
 * it stays short, and is none for an address that the owner came from before.
 */
const FOR_NAME = { first: A_SECOND, longest: 10 * A_SECOND, memory: 15 * A_MINUTE };

/** Registering costs much, and a registered name stays taken. */
const REGISTRATIONS = { first: A_MINUTE, longest: 60 * A_MINUTE, memory: 240 * A_MINUTE };

/** Decides whether a password may be shown now. */
export class LoginThrottle {
  #limitLoopback: boolean;
  readonly #ofAddress: Failures;
  readonly #forName: Failures;
  /** The share of an address's failures that was for each name. */
  readonly #ofBoth: Failures;
  readonly #registrations: Failures;
  /** Addresses from which a name's password was shown, with that name. */
  readonly #welcome = new Set<string>();

  /** `free` failures, and as many registrations, make no wait. Peers on this machine wait for names alone, unless `limitLoopback` is set. */
  constructor(free: number, limitLoopback: boolean) {
    this.#limitLoopback = limitLoopback;
    this.#ofAddress = new Failures({ free, ...OF_ADDRESS });
    this.#forName = new Failures({ free, ...FOR_NAME });
    this.#ofBoth = new Failures({ free, ...OF_ADDRESS });
    this.#registrations = new Failures({ free, ...REGISTRATIONS });
  }

  /** Changes both, for attempts from now on. */
  setLimits(free: number, limitLoopback: boolean): void {
    this.#limitLoopback = limitLoopback;
    const all = [this.#ofAddress, this.#forName, this.#ofBoth, this.#registrations];
    for (const failures of all) failures.free = free;
  }

  /**
   * Gives 0 when a password for that folded name may be shown from that address now, or
   * the wait. It counts as a failure until it has succeeded: many at once are no way round.
   */
  attempt(name: string, hostname: string, now: number): number {
    const address = this.#keyOf(hostname);
    const both = pair(hostname, name);
    // A peer that waits for no address waits for the name: a proxy on this machine speaks for everyone.
    const isWelcome = address !== undefined && this.#welcome.has(both);
    const wait = Math.max(
      address === undefined ? 0 : this.#ofAddress.waitFor(address, now),
      isWelcome ? 0 : this.#forName.waitFor(name, now),
    );
    if (wait > 0) return wait;
    if (address !== undefined) this.#ofAddress.add(address, now);
    this.#forName.add(name, now);
    this.#ofBoth.add(both, now);
    return 0;
  }

  /** Notes that it was the password: what that address did wrong for that name is forgotten. */
  succeeded(name: string, hostname: string): void {
    const address = this.#keyOf(hostname);
    const both = pair(hostname, name);
    // Not all of the address's: its own name's password is no way to guess at another's.
    if (address !== undefined) this.#ofAddress.forgive(address, this.#ofBoth.countOf(both));
    this.#ofBoth.forgive(both, Infinity);
    this.#forName.forgive(name, Infinity);
    this.#welcome.delete(both);
    this.#welcome.add(both);
    if (this.#welcome.size > MAX_KEYS) dropOldest(this.#welcome);
  }

  /** Gives 0 when a name may be registered from that address now, or the wait. */
  registering(hostname: string, now: number): number {
    const address = this.#keyOf(hostname);
    if (address === undefined) return 0;
    const wait = this.#registrations.waitFor(address, now);
    if (wait === 0) this.#registrations.add(address, now);
    return wait;
  }

  #keyOf(hostname: string): string | undefined {
    return limitedKey(hostname, this.#limitLoopback);
  }
}

/** Failures of many keys, and until when each of them has to wait. */
class Failures {
  /** Failures that make no wait. */
  free: number;
  readonly #waits: Omit<Waits, "free">;
  readonly #entries = new Map<string, { count: number; at: number; until: number }>();

  constructor({ free, ...waits }: Waits) {
    this.free = free;
    this.#waits = waits;
  }

  waitFor(key: string, now: number): number {
    return Math.max(0, (this.#entries.get(key)?.until ?? 0) - now);
  }

  countOf(key: string): number {
    return this.#entries.get(key)?.count ?? 0;
  }

  add(key: string, now: number): void {
    const { first, longest, memory } = this.#waits;
    const entry = this.#entries.get(key);
    const count = entry === undefined || entry.at + memory < now ? 1 : entry.count + 1;
    const wait = count < this.free ? 0 : Math.min(longest, first * 2 ** (count - this.free));
    // To the end: the first of the table is the one that has been quiet for longest.
    this.#entries.delete(key);
    this.#entries.set(key, { count, at: now, until: now + wait });
    if (this.#entries.size > MAX_KEYS) dropOldest(this.#entries);
  }

  /** Takes back `count` of a key's failures, and its wait. */
  forgive(key: string, count: number): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    if (entry.count <= count) this.#entries.delete(key);
    else this.#entries.set(key, { ...entry, count: entry.count - count, until: 0 });
  }
}

function pair(hostname: string, name: string): string {
  return `${peerKey(hostname)} ${name}`;
}

function dropOldest(table: Map<string, unknown> | Set<string>): void {
  table.delete(table.keys().next().value as string);
}
