/**
 * The holders of names. A name that is not registered belongs to one session for as long as
 * that holds it; a registered one to all sessions that have shown its password. Finds sessions
 * by name, by token, and by skeleton. Pure.
 */

import { fold } from "../../../protocol/mod.ts";
import { areToldApart, skeletonsOf } from "./skeletons.ts";
import type { Account, Authentication } from "../../log/account_store.ts";
import type { Session } from "./session.ts";

/** The sessions by the names they hold, and the accounts: the names that are registered. */
export class NameRegistry {
  /** Arrays, since nearly all of them have one element. */
  readonly #byFold = new Map<string, readonly Session[]>();
  readonly #byToken = new Map<string, Session>();
  readonly #bySkeleton = new Map<string, readonly Session[]>();
  readonly #accounts = new Map<string, Account>();
  readonly #accountsById = new Map<number, Account>();
  readonly #accountsBySkeleton = new Map<string, readonly Account[]>();

  constructor(accounts: readonly Account[]) {
    for (const account of accounts) this.setAccount(account);
  }

  /** The sessions that hold that name, connected or away: at most one, unless it is registered. */
  holders(name: string): readonly Session[] {
    return this.#byFold.get(fold(name)) ?? [];
  }

  /** The session of that token hash, connected or away. */
  withToken(tokenHash: string): Session | undefined {
    return this.#byToken.get(tokenHash);
  }

  /** All sessions that have a token. */
  get withTokens(): Iterable<Session> {
    return this.#byToken.values();
  }

  /** Makes `session` a holder of its name. */
  hold(session: Session): void {
    put(this.#byFold, session.fold, session);
    for (const skeleton of session.skeletons) put(this.#bySkeleton, skeleton, session);
  }

  /** Frees the name of `session`, which is still found by its token. */
  release(session: Session): void {
    take(this.#byFold, session.fold, session);
    for (const skeleton of session.skeletons) take(this.#bySkeleton, skeleton, session);
  }

  /** Makes `session` known by its token. */
  index(session: Session): void {
    if (session.tokenHash !== undefined) this.#byToken.set(session.tokenHash, session);
  }

  /** Removes `session`: neither its name nor its token finds it. */
  remove(session: Session): void {
    this.release(session);
    if (session.tokenHash !== undefined) this.#byToken.delete(session.tokenHash);
  }

  /** The account to that name. */
  accountOf(name: string): Account | undefined {
    return this.#accounts.get(fold(name));
  }

  /** All accounts. */
  get accounts(): Iterable<Account> {
    return this.#accounts.values();
  }

  /** Adds an account, or replaces its former version. */
  setAccount(account: Account): void {
    this.deleteAccount(account);
    this.#accounts.set(fold(account.name), account);
    this.#accountsById.set(account.id, account);
    for (const skeleton of skeletonsOf(account.name)) {
      put(this.#accountsBySkeleton, skeleton, account);
    }
  }

  /** Removes an account. */
  deleteAccount(account: Account): void {
    const known = this.accountOf(account.name);
    if (known === undefined) return;
    this.#accounts.delete(fold(known.name));
    this.#accountsById.delete(known.id);
    for (const skeleton of skeletonsOf(known.name)) {
      take(this.#accountsBySkeleton, skeleton, known);
    }
  }

  /** Whether an account is an operator of the server. */
  isOperator(account: number): boolean {
    return this.#accountsById.get(account)?.isOperator === true;
  }

  /** The name of an account. */
  nameOf(account: number): string | undefined {
    return this.#accountsById.get(account)?.name;
  }

  /** Whether `authentication` is of an account's present password. */
  isCurrent({ account, passwordVersion }: Authentication): boolean {
    return this.#accountsById.get(account)?.passwordVersion === passwordVersion;
  }

  /** Whether that name is not registered, or `authentication` is of its present password. */
  admits(name: string, authentication: Authentication | undefined): boolean {
    const account = this.accountOf(name);
    if (account === undefined) return true;
    return authentication?.account === account.id &&
      authentication.passwordVersion === account.passwordVersion;
  }

  /** Another name that is registered and looks like `name`. */
  registeredLookalike(name: string): string | undefined {
    if (this.#accounts.size === 0) return undefined;
    const folded = fold(name);
    for (const skeleton of skeletonsOf(name)) {
      for (const account of this.#accountsBySkeleton.get(skeleton) ?? []) {
        const isOther = fold(account.name) !== folded;
        if (isOther && !areToldApart(account.name, name)) return account.name;
      }
    }
    return undefined;
  }

  /** A session in one of `rooms` (folded), or away from one, that has another name which looks like `name`. */
  lookalikeIn(
    rooms: ReadonlySet<string>,
    name: string,
    except: Session | undefined,
  ): Session | undefined {
    const folded = fold(name);
    for (const skeleton of skeletonsOf(name)) {
      for (const session of this.#bySkeleton.get(skeleton) ?? []) {
        const isOther = session !== except && session.fold !== folded;
        if (!isOther || !session.isInOneOf(rooms)) continue;
        if (!areToldApart(session.name, name)) return session;
      }
    }
    return undefined;
  }
}

function put<Item>(index: Map<string, readonly Item[]>, key: string, item: Item): void {
  const items = index.get(key) ?? [];
  if (!items.includes(item)) index.set(key, [...items, item]);
}

function take<Item>(index: Map<string, readonly Item[]>, key: string, item: Item): void {
  const items = (index.get(key) ?? []).filter((other) => other !== item);
  if (items.length > 0) index.set(key, items);
  else index.delete(key);
}
