/** Coming in under a registered name: where the password is from, and what to do when it is refused. */

import type { Events } from "../../protocol/mod.ts";
import type { RetryDecision } from "./link.ts";
import type { AskSecret } from "./view.ts";

/** A password that nobody has to type. */
export interface GivenPassword {
  readonly password: string;
  /** Where it is from, for error messages. */
  readonly from: string;
}

/** What a login needs. */
export interface LoginOptions {
  /** The name as it is by now. */
  readonly name: () => string;
  readonly given: GivenPassword | undefined;
  /** Missing where there is nobody to ask. */
  readonly ask: AskSecret | undefined;
  /** Tells the person what was wrong. */
  readonly tell: (problem: string) => void;
}

type Refusal = Events["error"];

/** Milliseconds to wait where the server has not said how long. */
const USUAL_WAIT = 5_000;

/** Milliseconds before a new session is asked for in place of one that was ended. */
const ENDED_WAIT = 250;

/** Shows passwords to the server, one try after the other. */
export class Login {
  readonly #options: LoginOptions;
  #given: GivenPassword | undefined;
  #typed: string | undefined;

  constructor(options: LoginOptions) {
    this.#options = options;
    this.#given = options.given;
  }

  /** The password for the next `connect`, if there is any. */
  get password(): string | undefined {
    return this.#typed ?? this.#given?.password;
  }

  /** The server has let us in: from now on the session's token is enough. */
  accepted(): void {
    this.#typed = undefined;
  }

  /** What to do about an error; `undefined` when that is not for a login to say. */
  async refused(refusal: Refusal): Promise<RetryDecision | undefined> {
    switch (refusal.code) {
      case "password_required":
      case "wrong_password":
        return await this.#askAgain(refusal);
      case "insecure_link":
        return { end: `${refusal.message}; use TLS: chats://, or --tls` };
      case "session_ended":
        return this.#signIn(refusal);
      case "rate_limited":
        return this.#later(refusal);
      default:
        return undefined;
    }
  }

  async #askAgain({ code, message }: Refusal): Promise<RetryDecision> {
    const { ask, name, tell } = this.#options;
    if (this.#given !== undefined) return { end: `${message}; it is from ${this.#given.from}` };
    if (ask === undefined) {
      return { end: `${message}; give --password-file FILE, or set CHAT_PASSWORD` };
    }
    if (code === "wrong_password") tell(message);
    this.#typed = await ask(`Password of ${name()}`);
    return this.#typed === undefined ? { end: message } : { wait: 0 };
  }

  /** Whoever ended the session meant it: only a person comes back, by typing the password. */
  #signIn({ message }: Refusal): RetryDecision {
    this.#given = undefined;
    return this.#options.ask === undefined ? { end: message } : { wait: ENDED_WAIT };
  }

  /** A person waits and need not type again; a script waits as long as it was told to. */
  #later({ retry_after = USUAL_WAIT }: Refusal): RetryDecision | undefined {
    return this.#options.ask === undefined ? undefined : { wait: retry_after };
  }
}
