/**
 * Whether a password is a name's. Takes its time, and the same time and words
 * whatever is wrong: nobody learns here whether there is such a name.
 */

import { fold } from "../../protocol/mod.ts";
import { proofOf } from "../hub/account_changes.ts";
import type { Connection } from "../connection/connection.ts";
import { type Effect, type Origin, refuse, refuseForNow } from "../hub/effects.ts";
import type { LoginThrottle } from "./login_throttle.ts";
import { LogFailure, type MessageLog, type Proof } from "../log/message_log.ts";
import { Busy, type Passwords } from "./passwords.ts";

/** What a shown password came to: the proof that it was the name's, or the refusal. */
export type Verdict = { proof: Proof } | { wrong: true } | { refusal: Effect[] };

/** Checks passwords against the log. */
export class Logins {
  readonly #log: MessageLog;
  readonly #passwords: Passwords;
  readonly #throttle: LoginThrottle;
  /** Called for each wrong password. */
  readonly #onWrong: (connection: Connection, name: string) => void;

  constructor(
    log: MessageLog,
    passwords: Passwords,
    throttle: LoginThrottle,
    onWrong: (connection: Connection, name: string) => void,
  ) {
    this.#log = log;
    this.#passwords = passwords;
    this.#throttle = throttle;
    this.#onWrong = onWrong;
  }

  /** Holds `password` against the one that `name` has. */
  async check(
    connection: Connection,
    origin: Origin,
    name: string,
    password: string,
  ): Promise<Verdict> {
    if (!connection.isSecure) return { refusal: refuseInsecure(origin) };
    const wait = this.#throttle.attempt(fold(name), connection.hostname, performance.now());
    if (wait > 0) return { refusal: refuseForNow(origin, "Too many wrong passwords", wait) };
    try {
      const claim = await this.#log.claim(name);
      const matches = await this.#passwords.matches(password, claim?.password);
      if (claim === undefined || !matches) {
        this.#onWrong(connection, name);
        return { wrong: true };
      }
      this.#throttle.succeeded(fold(name), connection.hostname);
      const proof = proofOf(claim);
      if (this.#passwords.isOutdated(claim.password)) await this.#rehash(proof, password);
      return { proof };
    } catch (error) {
      return { refusal: refuseFailed(origin, error) };
    }
  }

  /** Keeps a password at today's cost, now that it is known. Another time, when there is no time. */
  async #rehash(proof: Proof, shown: string): Promise<void> {
    try {
      const password = await this.#passwords.hash(shown);
      await this.#log.append([{ kind: "rehash", proof, password }]);
    } catch (error) {
      if (!(error instanceof Busy)) throw error;
    }
  }
}

/** Refuses a password that others could read along. */
export function refuseInsecure(origin: Origin): Effect[] {
  const reason = "This link is neither encrypted nor within one machine, so others may have read " +
    "the password; connect over TLS, and use another password";
  return refuse(origin, "insecure_link", reason);
}

/** Refuses what could not be looked into: nothing was found wrong. */
export function refuseFailed(origin: Origin, error: unknown): Effect[] {
  if (error instanceof Busy) return refuseForNow(origin, error.message, error.wait);
  if (!(error instanceof LogFailure)) throw error;
  return refuse(origin, "log_failed", `The log can't be asked: ${error.message}`);
}
