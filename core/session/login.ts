/** Sign-in under a registered name: the source of the password, and the reaction to a refusal. */

import type { Events } from "../../protocol/mod.ts";
import type { RetryDecision } from "./link.ts";
import type { AskSecret } from "./view.ts";

/** A password from a file or a variable. */
export interface GivenPassword {
  readonly password: string;
  /** Its source, for error messages. */
  readonly from: string;
}

/** The advice after a refusal, in terms of the program: its options, for example. */
export type Advice = Partial<
  Record<"password_required" | "wrong_password" | "insecure_link" | "invite_only", string>
>;

/** The options of a login. */
export interface LoginOptions {
  /** The current name. */
  readonly name: () => string;
  readonly given: GivenPassword | undefined;
  readonly advice?: Advice | undefined;
  /** Missing if nobody can be asked. */
  readonly ask: AskSecret | undefined;
  /** Shows the person an error. */
  readonly tell: (problem: string) => void;
}

type Refusal = Events["error"];

/** Milliseconds to wait if the server has not said how long. */
const USUAL_WAIT = 5_000;

/** Milliseconds before a new session replaces one that was ended. */
const ENDED_WAIT = 250;

/** Supplies passwords for `connect`, one try after the other. */
export class Login {
  readonly #options: LoginOptions;
  #given: GivenPassword | undefined;
  #typed: string | undefined;

  constructor(options: LoginOptions) {
    this.#options = options;
    this.#given = options.given;
  }

  /** The password for the next `connect`, if any. */
  get password(): string | undefined {
    return this.#typed ?? this.#given?.password;
  }

  /** The server has accepted the password: from now on the session's token is enough. */
  accepted(): void {
    this.#typed = undefined;
  }

  /** The decision after an error; `undefined` if it does not concern the login. */
  async refused(refusal: Refusal): Promise<RetryDecision | undefined> {
    switch (refusal.code) {
      case "password_required":
      case "wrong_password":
        return await this.#askAgain(refusal.code, refusal.message);
      case "insecure_link":
      case "invite_only":
        return this.#giveUp(refusal.code, refusal.message);
      case "session_ended":
        return this.#signIn(refusal);
      case "rate_limited":
        return this.#later(refusal);
      default:
        return undefined;
    }
  }

  #giveUp(code: keyof Advice, message: string): RetryDecision {
    const advice = this.#options.advice?.[code];
    return { end: advice === undefined ? message : `${message}; ${advice}` };
  }

  async #askAgain(code: keyof Advice, message: string): Promise<RetryDecision> {
    const { ask, name, tell } = this.#options;
    if (this.#given !== undefined) return { end: `${message}; it is from ${this.#given.from}` };
    if (ask === undefined) return this.#giveUp(code, message);
    if (code === "wrong_password") tell(message);
    this.#typed = await ask(`Password of ${name()}`);
    return this.#typed === undefined ? { end: message } : { wait: 0 };
  }

  /** The session was ended on purpose: only a person may return, by typing the password. */
  #signIn({ message }: Refusal): RetryDecision {
    this.#given = undefined;
    return this.#options.ask === undefined ? { end: message } : { wait: ENDED_WAIT };
  }

  /** A person waits without typing again; a script waits as long as its options say. */
  #later({ retry_after = USUAL_WAIT }: Refusal): RetryDecision | undefined {
    return this.#options.ask === undefined ? undefined : { wait: retry_after };
  }
}
