/**
 * The requests about registered names: register one, change its password, unregister it,
 * list and end its sessions. They wait for scrypt and for the log; the hub applies the
 * result at once.
 */

import type { Payload } from "../../protocol/mod.ts";
import { accountChanged, accountDeleted, syncAccounts } from "../hub/account_changes.ts";
import { type AccountCall, type AccountContext, appendOne, changeBy } from "./account_call.ts";
import { endSession, listSessions } from "./account_sessions.ts";
import type { Connection } from "../connection/connection.ts";
import { type Effect, type Origin, refuse, refuseUnconnected, reply } from "../hub/effects.ts";
import { registrationRefusal } from "../hub/rights/rights.ts";
import type { AccountRequest } from "../hub/request_table.ts";
import { RefusalError, refusalFrom } from "../hub/state/refusal.ts";
import { INSECURE, tooMany } from "./logins.ts";
import { type Account, type AccountDraft, type Authentication } from "../log/account_store.ts";
import { LogFailure, type Outcome } from "../log/message_log.ts";
import type { Session } from "../hub/state/session.ts";

/** Milliseconds between looks for what `chat-server passwd` has changed in the log. */
const SYNC_INTERVAL = 1000;

type Handlers = {
  [Type in AccountRequest["type"]]: (call: AccountCall, payload: Payload<Type>) => Promise<void>;
};

/** Answers requests about registered names, and follows what other processes do to accounts. */
export class Accounts {
  readonly #context: AccountContext;
  /** One change at a time, so that each is decided on what the one before has left. */
  #changing: Promise<unknown> = Promise.resolve();
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(context: AccountContext) {
    this.#context = context;
    this.#timer = setInterval(() => this.#sync(), SYNC_INTERVAL);
  }

  /** Follows no more. */
  close(): void {
    clearInterval(this.#timer);
  }

  /** Does what a request about a name asks. */
  async handle(connection: Connection, request: AccountRequest): Promise<void> {
    const session = this.#context.hub.directory.sessionOf(connection);
    if (session === undefined) {
      return this.#push(refuseUnconnected(connection, request));
    }
    const origin = { connection, profile: session.profile, id: request.id };
    const handler = this.#handlers[request.type] as Handlers["register"];
    try {
      // Everything that this session did before is in the log.
      await this.#context.pipeline.flushed();
      await handler({ connection, session, origin }, request.payload as never);
    } catch (error) {
      this.#push(refuse(origin, refusalFrom(error)));
    }
  }

  readonly #handlers: Handlers = {
    register: (call, payload) => this.#register(call, payload),
    password: (call, payload) => this.#changePassword(call, payload),
    unregister: (call, payload) => this.#unregister(call, payload),
    sessions: (call) => listSessions(this.#context, call),
    end_session: (call, payload) => endSession(this.#context, call, payload),
  };

  async #register(
    { connection, session, origin }: AccountCall,
    { password }: Payload<"register">,
  ): Promise<void> {
    const { hub, passwords, throttle } = this.#context;
    if (!connection.isSecure) throw new RefusalError(INSECURE);
    this.#checkRegistrable(session);
    const wait = throttle.registering(connection.hostname, performance.now());
    if (wait > 0) throw new RefusalError(tooMany("Too many names came from here", wait));
    const hashed = await passwords.hash(password);
    await this.#oneByOne(async () => {
      // It may have changed while the password was hashed.
      this.#checkRegistrable(session);
      const outcome = await this.#append({
        kind: "register",
        name: session.name,
        password: hashed,
      });
      if (outcome.kind !== "account") throw alreadyRegistered(session.name);
      const { account } = outcome;
      const message = `"${account.name}" is registered; from now on it needs its password.`;
      this.#push([
        ...accountChanged(hub.directory, account, changeBy(this.#context, session)),
        ...tell(origin, "registered", account, message),
      ]);
    });
  }

  #checkRegistrable(session: Session): void {
    const { name, authentication } = session;
    const { directory } = this.#context.hub;
    const { names } = directory;
    const refusal = registrationRefusal(directory, session);
    if (refusal !== undefined) throw new RefusalError(refusal);
    if (authentication !== undefined || names.accountOf(name) !== undefined) {
      throw alreadyRegistered(name);
    }
    const other = names.registeredLookalike(name);
    if (other === undefined) return;
    const reason = `"${name}" looks like "${other}", which is registered; choose another name`;
    throw new RefusalError({ code: "lookalike_name", reason });
  }

  async #changePassword(
    call: AccountCall,
    { current, password }: Payload<"password">,
  ): Promise<void> {
    const { hub, passwords } = this.#context;
    const { session, origin } = call;
    const authentication = await this.#authenticate(call, current);
    const hashed = await passwords.hash(password);
    await this.#oneByOne(async () => {
      const outcome = await this.#append({ kind: "password", authentication, password: hashed });
      if (outcome.kind !== "account") throw wrongPassword(session.name);
      const { account } = outcome;
      const message = `"${account.name}" has its new password; its other sessions need that too.`;
      this.#push([
        ...accountChanged(hub.directory, account, changeBy(this.#context, session)),
        ...tell(origin, "password_changed", account, message),
      ]);
    });
  }

  async #unregister(call: AccountCall, { password }: Payload<"unregister">): Promise<void> {
    const { hub } = this.#context;
    const { session, origin } = call;
    const authentication = await this.#authenticate(call, password);
    await this.#oneByOne(async () => {
      const outcome = await this.#append({
        kind: "unregister",
        authentication,
        session: session.tokenHash,
      });
      const account = hub.directory.names.accountOf(session.name);
      if (outcome.kind !== "kept" || account?.id !== authentication.account) {
        throw wrongPassword(session.name);
      }
      const message = `"${account.name}" is registered no more; anyone may have it after you.`;
      this.#push([
        ...tell(origin, "unregistered", account, message),
        ...accountDeleted(hub.directory, account, changeBy(this.#context, session)),
      ]);
    });
  }

  /** The authentication that `password` gives the session's name; rejects where it gives none. */
  async #authenticate(
    { connection, session }: AccountCall,
    password: string,
  ): Promise<Authentication> {
    if (session.authentication === undefined) {
      const reason = `"${session.name}" is not registered`;
      throw new RefusalError({ code: "not_registered", reason });
    }
    const authentication = await this.#context.logins.check(connection, session.name, password);
    if (authentication === undefined) throw wrongPassword(session.name);
    return authentication;
  }

  /** At once after the hub has changed, so that nothing comes between. */
  #push(effects: readonly Effect[]): void {
    this.#context.pipeline.push(effects);
  }

  #append(draft: AccountDraft): Promise<Outcome> {
    return appendOne(this.#context.log, draft);
  }

  #oneByOne<Result>(change: () => Promise<Result>): Promise<Result> {
    const changed = this.#changing.then(change);
    this.#changing = changed.catch(() => {/* reported to the request that asked for it */});
    return changed;
  }

  async #sync(): Promise<void> {
    const { hub, pipeline, log } = this.#context;
    try {
      const accounts = await log.changedAccounts();
      if (accounts === undefined) return;
      pipeline.push(syncAccounts(hub.directory, accounts, changeBy(this.#context)));
    } catch (error) {
      // Requests that need the log report its failure; the next look may work.
      if (!(error instanceof LogFailure)) throw error;
    }
  }
}

function tell(
  origin: Origin,
  event: "registered" | "password_changed" | "unregistered",
  { name }: Account,
  message: string,
): Effect[] {
  return reply(origin, { type: "notification", payload: { message, event, name } });
}

function alreadyRegistered(name: string): RefusalError {
  return new RefusalError({
    code: "already_registered",
    reason: `"${name}" is registered already`,
  });
}

function wrongPassword(name: string): RefusalError {
  return new RefusalError({
    code: "wrong_password",
    reason: `That is not the password of "${name}"`,
  });
}
