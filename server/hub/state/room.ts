/**
 * A room: its members, its topic, and how far its log has come.
 */

import { fold } from "../../../protocol/mod.ts";
import type { ConnectionHandle } from "./connection_handle.ts";
import type { RoomRights } from "./room_rights.ts";
import type { Session } from "./session.ts";

/**
 * The connections in a room at one moment. A change of membership makes a new array and leaves
 * the old one as it was: a message said before the change goes to the members of that time, and
 * everything said to one array is one batch.
 */
export type Members = readonly ConnectionHandle[];

/** A room. It exists while it has members, and for good once it has a log or had a topic. */
export class Room {
  readonly name: string;
  readonly fold: string;
  /** The `seq` of the last message that the members were sent. */
  seq = 0;
  /** Whether it has, or is about to have, messages. */
  hasLog = false;
  /** The topic that the log has. */
  keptTopic = "";
  /** Its rights, if it has any. */
  rights: RoomRights | undefined;
  readonly #sessions = new Map<Session, ConnectionHandle>();
  /** How many sessions of each folded name are in it. */
  readonly #names = new Map<string, number>();
  #members: Members = [];
  #topic: string | undefined;
  #inOrder: readonly Session[] | undefined;

  constructor(name: string) {
    this.name = name;
    this.fold = fold(name);
  }

  /** Whether it can be removed and made anew with nothing lost. */
  get isForgettable(): boolean {
    // A topic that was cleared has left its trace in the log.
    return this.#sessions.size === 0 && !this.hasLog && this.#topic === undefined;
  }

  /** The topic that was set last, even if it is still on its way to the log. */
  get topic(): string {
    return this.#topic ?? "";
  }

  set topic(topic: string) {
    this.#topic = topic;
  }

  /** The connections of all sessions in the room, now. */
  get members(): Members {
    return this.#members;
  }

  /** The sessions in the room. */
  get sessions(): Iterable<Session> {
    return this.#sessions.keys();
  }

  /** How many names are in the room: several sessions of one name are one member. */
  get size(): number {
    return this.#names.size;
  }

  /** How many sessions of that folded name are in the room. */
  sessionsNamed(folded: string): number {
    return this.#names.get(folded) ?? 0;
  }

  /** One session of each name in the room, in the order of their folded names. */
  get inOrder(): readonly Session[] {
    // Sorted when it is asked for, so that a thousand joins stay cheap.
    return this.#inOrder ??= sortByFold([...this.#oneOfEachName()]);
  }

  /** Adds `session`, or moves it to another connection. */
  add(session: Session, connection: ConnectionHandle): void {
    if (!this.#sessions.has(session)) this.#count(session.fold, 1);
    this.#sessions.set(session, connection);
    session.rooms.set(this.fold, this);
    this.#changed();
  }

  /** Removes `session`. */
  remove(session: Session): void {
    if (this.#sessions.delete(session)) this.#count(session.fold, -1);
    session.rooms.delete(this.fold);
    this.#changed();
  }

  /** Notes that the name of a member, whose fold was `former`, has changed. */
  renamed(session: Session, former: string): void {
    this.#count(former, -1);
    this.#count(session.fold, 1);
    this.#inOrder = undefined;
  }

  #count(folded: string, change: 1 | -1): void {
    const count = this.sessionsNamed(folded) + change;
    if (count === 0) this.#names.delete(folded);
    else this.#names.set(folded, count);
  }

  #oneOfEachName(): Iterable<Session> {
    if (this.#names.size === this.#sessions.size) return this.#sessions.keys();
    return new Map([...this.#sessions.keys()].map((session) => [session.fold, session])).values();
  }

  #changed(): void {
    this.#members = [...this.#sessions.values()];
    this.#inOrder = undefined;
  }
}

/** Sorts by fold, code unit by code unit, which is the order of the wire's lists. */
export function sortByFold<Named extends { fold: string }>(named: Named[]): Named[] {
  return named.sort((one, other) => one.fold < other.fold ? -1 : 1);
}

/** How many of `sorted` come before or with `last`. A binary search, since a list may have many pages. */
export function countUpTo(sorted: readonly { fold: string }[], last: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as { fold: string }).fold <= last) low = middle + 1;
    else high = middle;
  }
  return low;
}
