/**
 * The requests about registered names: to register one, to change its password, to
 * give it up, and to see and end its sessions. They ask scrypt and the log, so they
 * take their time; the hub then does at once what came of it.
 */

import type { Payload } from "../../protocol/mod.ts";
import { accountChanged, accountDeleted, type Change, end } from "../hub/account_changes.ts";
import type { Connection } from "../connection/connection.ts";
import { type Effect, type Origin, refuse, refuseUnconnected, reply } from "../hub/effects.ts";
import type { AccountRequest } from "../hub/request_table.ts";
import { RefusalError, refusalFrom } from "../hub/refusal.ts";
import { voidToken } from "../hub/lifecycle.ts";
import type { Reception } from "./handshake.ts";
import { INSECURE, tooMany } from "./logins.ts";
import type { LoginThrottle } from "./login_throttle.ts";
import {
  type Account,
  type AccountSession,
  type Authentication,
  type Draft,
  LogFailure,
  type Outcome,
} from "../log/message_log.ts";
import type { Passwords } from "./passwords.ts";
import { idOf, type Session } from "../hub/session.ts";

/** One request in the making. */
interface Case {
  connection: Connection;
  session: Session;
  origin: Origin;
}

type Handlers = {
  [Type in AccountRequest["type"]]: (each: Case, payload: Payload<Type>) => Promise<void>;
};

/** What the requests need of the server. */
export interface Desk extends Reception {
  passwords: Passwords;
  throttle: LoginThrottle;
}

/** Answers requests about registered names. */
export class Accounts {
  readonly #desk: Desk;
  /** One change at a time, so that each is decided on what the one before has left. */
  #changing: Promise<unknown> = Promise.resolve();

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  /** Does what a request about a name asks. */
  async handle(connection: Connection, request: AccountRequest): Promise<void> {
    const session = this.#desk.hub.directory.sessionOf(connection);
    if (session === undefined) {
      return this.#push(refuseUnconnected(connection, request));
    }
    const origin = { connection, profile: session.profile, id: request.id };
    const handler = this.#handlers[request.type] as Handlers["register"];
    try {
      // Everything that this session did before is in the log.
      await this.#desk.pipeline.flushed();
      await handler({ connection, session, origin }, request.payload as never);
    } catch (error) {
      this.#push(refuse(origin, refusalFrom(error)));
    }
  }

  /** Up to where connections were sent their inboxes, and by whom something is changed. */
  change(own?: Session): Change {
    const inboxSeen: Change["inboxSeen"] = (connection) =>
      this.#desk.pipeline.subscriptionOf(connection)?.inboxSeen;
    return { now: performance.now(), own, inboxSeen };
  }

  readonly #handlers: Handlers = {
    register: (each, payload) => this.#register(each, payload),
    password: (each, payload) => this.#changePassword(each, payload),
    unregister: (each, payload) => this.#unregister(each, payload),
    sessions: (each) => this.#sessions(each),
    end_session: (each, payload) => this.#endSession(each, payload),
  };

  async #register(
    { connection, session, origin }: Case,
    { password }: Payload<"register">,
  ): Promise<void> {
    const { hub, passwords, throttle } = this.#desk;
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
        ...accountChanged(hub.directory, account, this.change(session)),
        ...tell(origin, "registered", account, message),
      ]);
    });
  }

  #checkRegistrable({ name, authentication }: Session): void {
    const { names } = this.#desk.hub.directory;
    if (authentication !== undefined || names.accountOf(name) !== undefined) {
      throw alreadyRegistered(name);
    }
    const other = names.registeredLookalike(name);
    if (other === undefined) return;
    const reason = `"${name}" looks like "${other}", which is registered; choose another name`;
    throw new RefusalError({ code: "lookalike_name", reason });
  }

  async #changePassword(
    each: Case,
    { current, password }: Payload<"password">,
  ): Promise<void> {
    const { hub, passwords } = this.#desk;
    const { session, origin } = each;
    const authentication = await this.#prove(each, current);
    const hashed = await passwords.hash(password);
    await this.#oneByOne(async () => {
      const outcome = await this.#append({ kind: "password", authentication, password: hashed });
      if (outcome.kind !== "account") throw wrongPassword(session.name);
      const { account } = outcome;
      const message = `"${account.name}" has its new password; its other sessions need that too.`;
      this.#push([
        ...accountChanged(hub.directory, account, this.change(session)),
        ...tell(origin, "password_changed", account, message),
      ]);
    });
  }

  async #unregister(each: Case, { password }: Payload<"unregister">): Promise<void> {
    const { hub } = this.#desk;
    const { session, origin } = each;
    const authentication = await this.#prove(each, password);
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
        ...accountDeleted(hub.directory, account, this.change(session)),
      ]);
    });
  }

  /** Proves that a password is that of the session's name. */
  async #prove({ connection, session }: Case, password: string): Promise<Authentication> {
    if (session.authentication === undefined) {
      const reason = `"${session.name}" is not registered`;
      throw new RefusalError({ code: "not_registered", reason });
    }
    const authentication = await this.#desk.logins.check(connection, session.name, password);
    if (authentication === undefined) throw wrongPassword(session.name);
    return authentication;
  }

  async #sessions({ session, origin }: Case): Promise<void> {
    const { names } = this.#desk.hub.directory;
    const away = await this.#awayOf(session);
    // The hub's clock begins with the program.
    const toEpoch = (time: number) => Math.round(Date.now() - performance.now() + time);
    const sessions = this.#hereOf(session).map((each) => ({
      session: each.id,
      current: each === session,
      connected: true,
      since: toEpoch(each.since),
      address: each.connection?.peer,
    }));
    const rest = away.map(({ session: hash, awaySince }) => ({
      session: idOf(hash),
      current: false,
      connected: false,
      since: awaySince ?? toEpoch(names.withToken(hash)?.since ?? 0),
    }));
    this.#push(reply(origin, { type: "sessions", payload: { sessions: [...sessions, ...rest] } }));
  }

  async #endSession(
    { session, origin }: Case,
    { session: id }: Payload<"end_session">,
  ): Promise<void> {
    const { hub } = this.#desk;
    const payload = { message: "The session was ended.", event: "session_ended" } as const;
    const told = reply(origin, { type: "notification", payload });
    const away = await this.#awayOf(session);
    const here = this.#hereOf(session).find((each) => each.id === id);
    const hash = here?.tokenHash ?? away.find((each) => idOf(each.session) === id)?.session;
    if (here === undefined && hash === undefined) {
      const reason = `"${session.name}" has no session of that id; "sessions" lists them`;
      throw new RefusalError({ code: "unknown_session", reason });
    }
    // Kept before it is said: a session that a full disk keeps alive was not ended.
    if (hash !== undefined) await this.#append({ kind: "quit", session: hash });
    // One that was away may have come back meanwhile: its connection is ended with it.
    const known = here ?? hub.directory.names.withToken(hash ?? "");
    const reason = `This session was ended by "${session.name}"`;
    const ended = known === undefined
      ? voidToken(hub.directory, hash as string, performance.now())
      : end(hub.directory, known, reason, this.change());
    this.#push([...told, ...ended]);
  }

  /** The connected sessions of a session's name: itself alone, where that is not registered. */
  #hereOf(session: Session): Session[] {
    if (session.authentication === undefined) return [session];
    const holders = this.#desk.hub.directory.names.holders(session.name);
    return holders.filter(({ connection }) => connection !== undefined);
  }

  /** The sessions of a session's name that are not connected. */
  async #awayOf({ authentication }: Session): Promise<AccountSession[]> {
    if (authentication === undefined) return [];
    const sessions = await this.#desk.log.accountSessions(authentication.account);
    const { names } = this.#desk.hub.directory;
    return sessions.filter(({ session }) => names.withToken(session)?.connection === undefined);
  }

  /** At once after the hub has changed, so that nothing comes between. */
  #push(effects: readonly Effect[]): void {
    this.#desk.pipeline.push(effects);
  }

  async #append(draft: Draft): Promise<Outcome> {
    const [outcome] = await this.#desk.log.append([draft]);
    if (outcome?.kind === "failed") throw new LogFailure(outcome.reason);
    return outcome as Outcome;
  }

  #oneByOne<Result>(change: () => Promise<Result>): Promise<Result> {
    const changed = this.#changing.then(change);
    this.#changing = changed.catch(() => {/* whoever asked for that one is told */});
    return changed;
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
