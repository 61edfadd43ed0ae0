/**
 * Checks a password against the one of a name. Takes the same time and gives the same
 * answer whatever is wrong, so that nobody learns here whether the name is registered.
 */

import { fold } from "../../protocol/mod.ts";
import { authenticationOf } from "../hub/account_changes.ts";
import type { Connection } from "../connection/connection.ts";
import { type Refusal, RefusalError } from "../hub/state/refusal.ts";
import type { LoginThrottle } from "./login_throttle.ts";
import type { Authentication } from "../log/account_store.ts";
import type { ServerLog } from "../log/message_log.ts";
import { Busy, type Passwords } from "./passwords.ts";

/** Checks passwords against the log. */
export class Logins {
  readonly #log: ServerLog;
  readonly #passwords: Passwords;
  readonly #throttle: LoginThrottle;
  /** Called for each wrong password. */
  readonly #onWrong: (connection: Connection, name: string) => void;

  constructor(
    log: ServerLog,
    passwords: Passwords,
    throttle: LoginThrottle,
    onWrong: (connection: Connection, name: string) => void,
  ) {
    this.#log = log;
    this.#passwords = passwords;
    this.#throttle = throttle;
    this.#onWrong = onWrong;
  }

  /**
   * Compares `password` with the one of `name`: gives the authentication, or `undefined` where it
   * is wrong. Rejects with a {@linkcode RefusalError}, or with a failure of the log.
   */
  async check(
    connection: Connection,
    name: string,
    password: string,
  ): Promise<Authentication | undefined> {
    if (!connection.isSecure) throw new RefusalError(INSECURE);
    const wait = this.#throttle.attempt(fold(name), connection.hostname, performance.now());
    if (wait > 0) throw new RefusalError(tooMany("Too many wrong passwords", wait));
    const account = await this.#log.account(name);
    const matches = await this.#passwords.matches(password, account?.password);
    if (account === undefined || !matches) {
      this.#onWrong(connection, name);
      return undefined;
    }
    this.#throttle.succeeded(fold(name), connection.hostname);
    const authentication = authenticationOf(account);
    if (this.#passwords.isOutdated(account.password)) await this.#rehash(authentication, password);
    return authentication;
  }

  /** Stores the password at today's cost, now that it is known; at a later login where scrypt is busy. */
  async #rehash(authentication: Authentication, shown: string): Promise<void> {
    try {
      const password = await this.#passwords.hash(shown);
      await this.#log.append([{ kind: "rehash", authentication, password }]);
    } catch (error) {
      if (!(error instanceof Busy)) throw error;
    }
  }
}

/** Refuses a password on a connection that others could read. */
export const INSECURE: Refusal = {
  code: "insecure_link",
  reason: "This link is neither encrypted nor within one machine, so others may have read " +
    "the password; connect over TLS, and use another password",
};

/** Refuses for `wait` milliseconds; `reason` says what there was too much of. */
export function tooMany(reason: string, wait: number): Refusal {
  return { code: "rate_limited", reason, retryAfter: wait };
}
