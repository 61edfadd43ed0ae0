/**
 * Who has which name. A name that nobody registered is one session's, for as long
 * as that holds it; a registered one is had by all sessions that have shown its
 * password. Finds sessions by name, by token, and by how their names look. Pure.
 */

import { fold } from "../../protocol/mod.ts";
import { skeletonsOf } from "./skeletons.ts";
import type { Claim, Proof } from "../log/message_log.ts";
import type { Session } from "./session.ts";

/** The sessions that hold a name, and the names that are registered. */
export class NameRegistry {
  /** Arrays, since nearly all of them have one element. */
  readonly #byFold = new Map<string, readonly Session[]>();
  readonly #byToken = new Map<string, Session>();
  readonly #bySkeleton = new Map<string, readonly Session[]>();
  readonly #claims = new Map<string, Claim>();
  readonly #claimsById = new Map<number, Claim>();
  readonly #claimsBySkeleton = new Map<string, Claim>();

  constructor(claims: readonly Claim[]) {
    for (const claim of claims) this.setClaim(claim);
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

  /** Lets `session` hold its name. */
  hold(session: Session): void {
    put(this.#byFold, session.fold, session);
    for (const skeleton of session.skeletons) put(this.#bySkeleton, skeleton, session);
  }

  /** Lets `session` hold its name no more; it is still found by its token. */
  release(session: Session): void {
    take(this.#byFold, session.fold, session);
    for (const skeleton of session.skeletons) take(this.#bySkeleton, skeleton, session);
  }

  /** Finds `session` by its token from now on. */
  index(session: Session): void {
    if (session.tokenHash !== undefined) this.#byToken.set(session.tokenHash, session);
  }

  /** Knows nothing of `session` any more. */
  remove(session: Session): void {
    this.release(session);
    if (session.tokenHash !== undefined) this.#byToken.delete(session.tokenHash);
  }

  /** The claim to that name. */
  claimOf(name: string): Claim | undefined {
    return this.#claims.get(fold(name));
  }

  /** All claims. */
  get claims(): Iterable<Claim> {
    return this.#claims.values();
  }

  /** Knows a claim as it is now. */
  setClaim(claim: Claim): void {
    this.#claims.set(fold(claim.name), claim);
    this.#claimsById.set(claim.id, claim);
    for (const skeleton of skeletonsOf(claim.name)) this.#claimsBySkeleton.set(skeleton, claim);
  }

  /** Knows a claim no more. */
  deleteClaim(claim: Claim): void {
    this.#claims.delete(fold(claim.name));
    this.#claimsById.delete(claim.id);
    for (const skeleton of skeletonsOf(claim.name)) this.#claimsBySkeleton.delete(skeleton);
  }

  /** Whether `proof` is of a claim as it is now: of its present password. */
  isCurrent({ claim, edition }: Proof): boolean {
    return this.#claimsById.get(claim)?.edition === edition;
  }

  /** Whether whoever has shown `proof` may have that name, as far as its claim goes. */
  admits(name: string, proof: Proof | undefined): boolean {
    const claim = this.claimOf(name);
    if (claim === undefined) return true;
    return proof?.claim === claim.id && proof.edition === claim.edition;
  }

  /** A registered name that looks like `name` and is another. */
  registeredLookalike(name: string): string | undefined {
    if (this.#claims.size === 0) return undefined;
    const folded = fold(name);
    for (const skeleton of skeletonsOf(name)) {
      const claim = this.#claimsBySkeleton.get(skeleton);
      if (claim !== undefined && fold(claim.name) !== folded) return claim.name;
    }
    return undefined;
  }

  /** A session in one of `rooms` (folded), or away from it, whose name looks like `name` and is another. */
  lookalikeIn(
    rooms: ReadonlySet<string>,
    name: string,
    except: Session | undefined,
  ): Session | undefined {
    const folded = fold(name);
    for (const skeleton of skeletonsOf(name)) {
      for (const session of this.#bySkeleton.get(skeleton) ?? []) {
        const isOther = session !== except && session.fold !== folded;
        if (isOther && session.isInOneOf(rooms)) return session;
      }
    }
    return undefined;
  }
}

function put(index: Map<string, readonly Session[]>, key: string, session: Session): void {
  const sessions = index.get(key) ?? [];
  if (!sessions.includes(session)) index.set(key, [...sessions, session]);
}

function take(index: Map<string, readonly Session[]>, key: string, session: Session): void {
  const sessions = (index.get(key) ?? []).filter((other) => other !== session);
  if (sessions.length > 0) index.set(key, sessions);
  else index.delete(key);
}
