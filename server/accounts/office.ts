/**
 * What knows passwords and tokens, put together; and the watch over what another
 * process does to accounts.
 */

import { Accounts } from "./accounts.ts";
import { syncAccounts } from "../hub/account_changes.ts";
import type { Connection } from "../connection/connection.ts";
import type { Reception } from "./handshake.ts";
import type { Hub } from "../hub/hub.ts";
import type { Limits } from "../limit_options.ts";
import { LoginThrottle } from "./login_throttle.ts";
import { Logins } from "./logins.ts";
import { LogFailure, type MessageLog, type ScryptCost } from "../log/message_log.ts";
import { Passwords } from "./passwords.ts";
import type { Pipeline } from "../delivery/pipeline.ts";

/** How often the log is asked what another process has changed in it, in milliseconds. */
const LOOK_INTERVAL = 1000;

/** What an office is made of. */
export interface OfficeParts {
  hub: Hub;
  pipeline: Pipeline;
  log: MessageLog;
  limits: Limits;
  /** What a password's hash is to cost, if not the usual. */
  passwordCost?: ScryptCost | undefined;
  /** Called for each wrong password. */
  onWrong: (connection: Connection, name: string) => void;
}

/** Opens sessions, and answers requests about names. Hears of what `chat-server passwd` does. */
export class Office {
  /** What opening sessions needs. */
  readonly reception: Reception;
  /** The requests about names. */
  readonly accounts: Accounts;
  readonly #watch: ReturnType<typeof setInterval>;

  constructor({ hub, pipeline, log, limits, passwordCost, onWrong }: OfficeParts) {
    const passwords = new Passwords(passwordCost);
    const throttle = new LoginThrottle(limits.loginFailures, limits.connections.limitLoopback);
    const logins = new Logins(log, passwords, throttle, onWrong);
    this.reception = { hub, pipeline, log, logins };
    this.accounts = new Accounts({ ...this.reception, passwords, throttle });
    this.#watch = setInterval(() => this.#look(), LOOK_INTERVAL);
  }

  /** Looks no more. */
  close(): void {
    clearInterval(this.#watch);
  }

  async #look(): Promise<void> {
    const { hub, pipeline, log } = this.reception;
    try {
      const accounts = await log.changedAccounts();
      if (accounts !== undefined) {
        pipeline.push(syncAccounts(hub.directory, accounts, this.accounts.change()));
      }
    } catch (error) {
      // Whoever wants something kept is told that the log has failed; the next look may work.
      if (!(error instanceof LogFailure)) throw error;
    }
  }
}
