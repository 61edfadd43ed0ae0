/**
 * What is refused before anyone has looked at it: what comes too fast, and what would
 * take memory when there is none. One gate stands in the way of one connection.
 */

import {
  errorEvent,
  type Event,
  rateLimited,
  type Refused,
  type Request,
} from "../../protocol/mod.ts";
import { type ConnectionRates, Limiter } from "./limiter.ts";
import { type MemoryGuard, SHORT_OF_MEMORY } from "./memory_guard.ts";

/** What makes the server hold more than before. */
const NEW_WORK: ReadonlySet<string> = new Set(["connect", "join", "register"]);

/** The same where the log itself is in memory. */
const NEW_WORK_IN_MEMORY: ReadonlySet<string> = new Set([
  ...NEW_WORK,
  "message",
  "direct",
  "read",
]);

/** What the gates of one server have in common. */
export interface GateOptions {
  rates: ConnectionRates;
  memory: MemoryGuard;
  isLogInMemory: boolean;
}

/** Why a request can't pass now. */
export interface Stopped {
  error: Event<"error">;
  /** Milliseconds for which the peer is not to be read: it goes on regardless. */
  rest: number;
}

/** Lets the requests of one connection pass, or not. */
export class Gate {
  readonly #limiter: Limiter;
  readonly #memory: MemoryGuard;
  readonly #newWork: ReadonlySet<string>;

  constructor({ rates, memory, isLogInMemory }: GateOptions, now: number) {
    this.#limiter = new Limiter(rates, now);
    this.#memory = memory;
    this.#newWork = isLogInMemory ? NEW_WORK_IN_MEMORY : NEW_WORK;
  }

  /** Lets a request pass, or says why not. */
  stop(request: Request | Refused, now: number): Stopped | undefined {
    const wait = this.#limiter.admit(request.type, now);
    if (wait > 0) {
      const error = rateLimited("Too many requests", wait, idOf(request));
      return { error, rest: this.#limiter.refused(now) };
    }
    if (!this.#memory.isShort || !this.#newWork.has(request.type)) return undefined;
    const error = errorEvent("server_busy", SHORT_OF_MEMORY, idOf(request));
    return { error, rest: this.#limiter.refused(now) };
  }

  /** Counts that so many were told of what a request did. */
  told(count: number, now: number): void {
    this.#limiter.told(count, now);
  }

  /** Notes that `bytes` were read; gives the milliseconds for which nothing more is to be read. */
  read(bytes: number, now: number): number {
    return this.#limiter.read(bytes, now);
  }
}

function idOf(request: Request | Refused): string | undefined {
  return request.type === "refused" ? request.error.id : request.id;
}
