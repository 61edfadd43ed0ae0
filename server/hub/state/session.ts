/**
 * A session: an identity that outlives its connections, and what the rules know of it.
 */

import { fold } from "../../../protocol/mod.ts";
import { skeletonsOf } from "./skeletons.ts";
import { type Authentication, NAME_HOLD } from "../../log/account_store.ts";
import type { ConnectionHandle } from "./connection_handle.ts";
import type { Room } from "./room.ts";

/** The form of the protocol that a client speaks: the lecture's four types, or version 2. */
export type Profile = "lecture" | "version 2";

/** Hexadecimal digits of the token's hash in a session's id: enough to tell a name's sessions apart, and no secret. */
const ID_DIGITS = 12;

/** A session's connection and since when it has that; or its absence. */
type Presence = { connection: ConnectionHandle; since: number } | Absence;

/** The state of a session when it lost its connection. */
export interface Absence {
  /** Milliseconds of the hub's clock. */
  awaySince: number;
  /** The names of its rooms. */
  rooms: readonly string[];
  /** The `seq` of the last direct message that it was sent. */
  inboxSeen: number;
}

/** The id of a session, by its token's hash. */
export function idOf(hash: string): string {
  return hash.slice(0, ID_DIGITS);
}

/** An identity with a name, rooms, and at most one connection. */
export class Session {
  readonly profile: Profile;
  /** SHA-256 of the token that resumes the session; none in the lecture profile. */
  readonly tokenHash: string | undefined;
  /** Identifies it among the sessions of its name. */
  readonly id: string;
  /** Proof that it may use its name, where that is registered. */
  authentication: Authentication | undefined;
  /** The rooms it is in, by folded name. */
  readonly rooms = new Map<string, Room>();
  /** The `seq` of the last direct message in its inbox, as far as the hub knows. */
  inboxSeq = 0;
  /** The highest `ref` of its messages in the log. */
  ref = 0;
  #name: string;
  #fold: string;
  #skeletons: readonly string[];
  #presence: Presence;
  /** The folded names of the rooms in `absence`, made when first needed: to fold them is expensive. */
  #wasIn: ReadonlySet<string> | undefined;

  /** `hash` is its token's; in the lecture profile, which has no tokens, it only makes the id. */
  constructor(name: string, presence: Presence, hash: string, profile: Profile = "version 2") {
    this.#name = name;
    this.#fold = fold(name);
    this.#skeletons = skeletonsOf(name);
    this.#presence = presence;
    this.tokenHash = profile === "lecture" ? undefined : hash;
    this.id = idOf(hash);
    this.profile = profile;
  }

  get name(): string {
    return this.#name;
  }

  set name(name: string) {
    this.#name = name;
    this.#fold = fold(name);
    this.#skeletons = skeletonsOf(name);
  }

  /** The name in the form in which names are compared. */
  get fold(): string {
    return this.#fold;
  }

  /** The skeletons of the name: two names look alike when they share one. */
  get skeletons(): readonly string[] {
    return this.#skeletons;
  }

  /** The connection, if there is one. */
  get connection(): ConnectionHandle | undefined {
    return "connection" in this.#presence ? this.#presence.connection : undefined;
  }

  /** Since when it has its connection, or is away. */
  get since(): number {
    return "connection" in this.#presence ? this.#presence.since : this.#presence.awaySince;
  }

  /** Its state when it lost its connection, if it has none. */
  get absence(): Absence | undefined {
    return "connection" in this.#presence ? undefined : this.#presence;
  }

  /** The names of its rooms or, while it is away, of those it was in. */
  get roomNames(): readonly string[] {
    return this.absence?.rooms ?? [...this.rooms.values()].map((room) => room.name);
  }

  /** Whether it is in one of `rooms` (folded) or, while it is away, was in one. */
  isInOneOf(rooms: ReadonlySet<string>): boolean {
    const { absence } = this;
    const own = absence === undefined
      ? this.rooms
      : this.#wasIn ??= new Set(absence.rooms.map(fold));
    for (const room of rooms) if (own.has(room)) return true;
    return false;
  }

  /** Gives it a connection. */
  attach(connection: ConnectionHandle, since: number): void {
    this.#presence = { connection, since };
    this.#wasIn = undefined;
  }

  /** Takes its connection away. */
  detach(absence: Absence): void {
    this.#presence = absence;
    this.#wasIn = undefined;
  }

  /** Milliseconds for which it still holds its name; `Infinity` while it has a connection. */
  holdsNameFor(now: number): number {
    if ("connection" in this.#presence) return Infinity;
    return Math.max(0, this.#presence.awaySince + NAME_HOLD - now);
  }
}
