/**
 * Hashes and compares passwords. scrypt is slow and takes much memory, on purpose: it
 * runs off the main thread, a few at a time, with a bounded queue.
 */

import { Buffer } from "node:buffer";
import { RetrySlots } from "../limits/retry_slots.ts";
import { RefusalError } from "../hub/state/refusal.ts";
import type { ScryptCost, StoredPassword } from "../log/account_store.ts";

/** The cost of one guess: 32 MB, three times. The memory makes graphics cards no faster. */
export const SCRYPT_COST: ScryptCost = { n: 2 ** 15, r: 8, p: 3 };

/** Computations at a time: each takes a core and 32 MB. */
const AT_ONCE = 2;

/** Computations that wait for their turn: some seconds, and few bytes. */
const WAITING = 16;

const SALT_BYTES = 16;
const HASH_BYTES = 32;

/** The salt that stands in for that of a name that is not registered: comparing takes as long. */
const NOBODYS_SALT = "00".repeat(SALT_BYTES);

/** Loaded when it is first needed: it takes as long to load as the whole server. */
const nodeCrypto = () => import("node:crypto");

/** Too many passwords are being looked at; `wait` is in milliseconds. */
export class Busy extends RefusalError {
  override name = "Busy";
  constructor(readonly wait: number) {
    const reason = "Too many passwords are being looked at";
    super({ code: "rate_limited", reason, retryAfter: wait });
  }
}

/** Hashes and compares passwords, off the main thread and a bounded number at a time. */
export class Passwords {
  readonly #cost: ScryptCost;
  readonly #turns: (() => void)[] = [];
  #running = 0;
  readonly #slots = new RetrySlots();
  /** Milliseconds that the last computation took. */
  #took = 500;

  /** `cost` is that of new hashes; each stored hash has its own. */
  constructor(cost: ScryptCost = SCRYPT_COST) {
    this.#cost = cost;
  }

  /** The hash of `password`, with a salt of its own. Rejects with {@linkcode Busy}. */
  async hash(password: string): Promise<StoredPassword> {
    const { randomBytes } = await nodeCrypto();
    const salt = randomBytes(SALT_BYTES).toString("hex");
    const hash = await this.#compute(password, salt, this.#cost);
    return { salt, hash: hash.toString("hex"), ...this.#cost };
  }

  /**
   * Whether `stored` is a hash of `password`; never where there is none, which takes as
   * long. Rejects with {@linkcode Busy}.
   */
  async matches(password: string, stored: StoredPassword | undefined): Promise<boolean> {
    const { randomBytes, timingSafeEqual } = await nodeCrypto();
    const { salt, n, r, p } = stored ?? { salt: NOBODYS_SALT, ...this.#cost };
    const hash = await this.#compute(password, salt, { n, r, p });
    const expected = stored === undefined
      ? randomBytes(HASH_BYTES)
      : Buffer.from(stored.hash, "hex");
    return expected.length === hash.length && timingSafeEqual(hash, expected);
  }

  /** Whether `stored` costs less to guess than a new hash would. */
  isOutdated({ n, r, p }: StoredPassword): boolean {
    return n * r * p < this.#cost.n * this.#cost.r * this.#cost.p;
  }

  async #compute(password: string, salt: string, cost: ScryptCost): Promise<Buffer> {
    await this.#turn();
    const began = performance.now();
    try {
      return await derive(password, salt, cost);
    } finally {
      this.#took = performance.now() - began;
      // The turn passes to the next in the queue.
      const next = this.#turns.shift();
      if (next === undefined) this.#running--;
      else next();
    }
  }

  #turn(): Promise<void> {
    if (this.#running < AT_ONCE) {
      this.#running++;
      return Promise.resolve();
    }
    if (this.#turns.length >= WAITING) {
      const interval = this.#took / AT_ONCE;
      throw new Busy(this.#slots.next(interval * WAITING, interval, performance.now()));
    }
    return new Promise((resolve) => this.#turns.push(resolve));
  }
}

async function derive(password: string, salt: string, { n, r, p }: ScryptCost): Promise<Buffer> {
  const { scrypt } = await nodeCrypto();
  // Twice what it takes: at the exact number some versions refuse.
  const limits = { N: n, r, p, maxmem: 2 * 128 * n * r };
  return await new Promise((resolve, reject) => {
    scrypt(password, Buffer.from(salt, "hex"), HASH_BYTES, limits, (error, hash) => {
      if (error === null) resolve(hash);
      else reject(error);
    });
  });
}
