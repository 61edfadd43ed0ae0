/**
 * A session: a connected identity, and what the rules know of it.
 */

import { fold } from "../protocol/mod.ts";
import type { Room } from "./room.ts";

/**
 * One connection, as the rules see it: something that effects can be addressed
 * to. What it is made of is the shell's business alone.
 */
export type Link = object;

/** What a client is spoken to in: the lecture's four types, or version 2. */
export type Profile = "lecture" | "version 2";

/** How long a session without a connection keeps its name, in milliseconds. */
export const NAME_HOLD = 120_000;

/** A session's connection; or since when (epoch milliseconds) it has none, and what it had then. */
type Presence = { link: Link } | Absence;

/** A session without a connection, as it was when it lost the last one. */
export interface Absence {
  /** Milliseconds of the clock that all of the hub's times are of. */
  awaySince: number;
  /** The names of the rooms that it was in. */
  rooms: readonly string[];
  /** The `seq` of the last direct message that it had been sent. */
  inboxSeen: number;
}

/** An identity and what it holds: a name, rooms, at most one connection. */
export class Session {
  readonly profile: Profile;
  /** SHA-256 of the token that takes the session up again; none in the lecture profile. */
  readonly tokenHash: string | undefined;
  /** The rooms it is in, by folded name. */
  readonly rooms = new Map<string, Room>();
  /** The `seq` of the last direct message in its inbox that was delivered here. */
  inboxSeq = 0;
  #name: string;
  #fold: string;
  #presence: Presence;

  /** `tokenHash` is left out in the lecture profile. */
  constructor(name: string, presence: Presence, tokenHash?: string) {
    this.#name = name;
    this.#fold = fold(name);
    this.#presence = presence;
    this.tokenHash = tokenHash;
    this.profile = tokenHash === undefined ? "lecture" : "version 2";
  }

  get name(): string {
    return this.#name;
  }

  set name(name: string) {
    this.#name = name;
    this.#fold = fold(name);
  }

  /** The name in the form in which names are compared. */
  get fold(): string {
    return this.#fold;
  }

  /** The connection, if there is one. */
  get link(): Link | undefined {
    return "link" in this.#presence ? this.#presence.link : undefined;
  }

  /** What it had when it lost its connection, if it has none. */
  get absence(): Absence | undefined {
    return "link" in this.#presence ? undefined : this.#presence;
  }

  /** The names of the rooms that it is in or, without a connection, was in. */
  get roomNames(): readonly string[] {
    return this.absence?.rooms ?? [...this.rooms.values()].map((room) => room.name);
  }

  /** Goes on over `link`. */
  attach(link: Link): void {
    this.#presence = { link };
  }

  /** Has no connection any more. */
  detach(absence: Absence): void {
    this.#presence = absence;
  }

  /** For how many more milliseconds it keeps its name; `Infinity` while connected. */
  holdsNameFor(now: number): number {
    if ("link" in this.#presence) return Infinity;
    return Math.max(0, this.#presence.awaySince + NAME_HOLD - now);
  }
}
