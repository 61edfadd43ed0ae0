/**
 * A session: a connected identity, and what the rules know of it.
 */

import { fold } from "../../protocol/mod.ts";
import { skeletonsOf } from "./skeletons.ts";
import { type Authentication, NAME_HOLD } from "../log/account_store.ts";
import type { ConnectionHandle } from "./connection_handle.ts";
import type { Room } from "./room.ts";

/** What a client is spoken to in: the lecture's four types, or version 2. */
export type Profile = "lecture" | "version 2";

/** Digits of a session's hash in its id: enough to tell the sessions of a name apart, and no secret. */
const ID_DIGITS = 12;

/** A session's connection and since when it has it; or since when it has none, and what it had then. */
type Presence = { connection: ConnectionHandle; since: number } | Absence;

/** A session without a connection, as it was when it lost the last one. */
export interface Absence {
  /** Milliseconds of the clock that all of the hub's times are of. */
  awaySince: number;
  /** The names of the rooms that it was in. */
  rooms: readonly string[];
  /** The `seq` of the last direct message that it had been sent. */
  inboxSeen: number;
}

/** What a session is called by, whose token's hash is `hash`. */
export function idOf(hash: string): string {
  return hash.slice(0, ID_DIGITS);
}

/** An identity and what it holds: a name, rooms, at most one connection. */
export class Session {
  readonly profile: Profile;
  /** SHA-256 of the token that takes the session up again; none in the lecture profile. */
  readonly tokenHash: string | undefined;
  /** What it is called by among the sessions of its name. */
  readonly id: string;
  /** That it may have its name, where that is registered. */
  authentication: Authentication | undefined;
  /** The rooms it is in, by folded name. */
  readonly rooms = new Map<string, Room>();
  /** The `seq` of the last direct message in its inbox that was delivered here. */
  inboxSeq = 0;
  /** The highest `ref` that it has used, of what is in the log. */
  ref = 0;
  #name: string;
  #fold: string;
  #skeletons: readonly string[];
  #presence: Presence;
  /** The folded names of the rooms that it was in, once somebody has asked; folding them is dear. */
  #wasIn: ReadonlySet<string> | undefined;

  /** `hash` is its token's; a session in the lecture profile has no token, but the hash is its own. */
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

  /** Since when it has its connection, or has none. */
  get since(): number {
    return "connection" in this.#presence ? this.#presence.since : this.#presence.awaySince;
  }

  /** What it had when it lost its connection, if it has none. */
  get absence(): Absence | undefined {
    return "connection" in this.#presence ? undefined : this.#presence;
  }

  /** The names of the rooms that it is in or, without a connection, was in. */
  get roomNames(): readonly string[] {
    return this.absence?.rooms ?? [...this.rooms.values()].map((room) => room.name);
  }

  /** Whether it is in one of `rooms` (folded) or, without a connection, was in one. */
  isInOneOf(rooms: ReadonlySet<string>): boolean {
    const { absence } = this;
    const own = absence === undefined
      ? this.rooms
      : this.#wasIn ??= new Set(absence.rooms.map(fold));
    for (const room of rooms) if (own.has(room)) return true;
    return false;
  }

  /** Goes on over `connection`. */
  attach(connection: ConnectionHandle, since: number): void {
    this.#presence = { connection, since };
    this.#wasIn = undefined;
  }

  /** Has no connection any more. */
  detach(absence: Absence): void {
    this.#presence = absence;
    this.#wasIn = undefined;
  }

  /** For how many more milliseconds it keeps its name; `Infinity` while connected. */
  holdsNameFor(now: number): number {
    if ("connection" in this.#presence) return Infinity;
    return Math.max(0, this.#presence.awaySince + NAME_HOLD - now);
  }
}
