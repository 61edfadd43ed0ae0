/**
 * The state of the chat outside the log: which session uses which connection and holds
 * which name, the rooms, the tokens made void. The rules read it and change it; it sends
 * nothing. Pure: `now` is passed in, here as everywhere in milliseconds of one clock.
 */

import { fold, LIMITS } from "../../../protocol/mod.ts";
import type { ConnectionHandle } from "./connection_handle.ts";
import type { Authentication, StoredSession } from "../../log/account_store.ts";
import type { LogSnapshot } from "../../log/message_log.ts";
import { NameRegistry } from "./name_registry.ts";
import type { Refusal } from "./refusal.ts";
import { countUpTo, Room, sortByFold } from "./room.ts";
import { Ban, RoomRights } from "./room_rights.ts";
import { joinRefusalOf, type RoomLimits } from "./room_limits.ts";
import { Session } from "./session.ts";
import { Timelines } from "./timelines.ts";

/** Milliseconds for which a void token is kept: longer than a look into the log and scrypt take. */
const VOID_TOKEN_TTL = 60_000;

/** The sessions, names and rooms of one server. */
export class Directory {
  /** The server's name and version, as `connect_ack` gives them. */
  readonly server: string;
  /** The limits, as `connect_ack` gives them. */
  limits: Readonly<Record<keyof typeof LIMITS, number>> = LIMITS;
  roomLimits: RoomLimits;
  readonly names: NameRegistry;
  readonly timelines: Timelines;
  /** Whether the server is stopping: what disconnects from then on is its doing. */
  isStopping = false;
  /** The bans from the server. */
  bans: readonly Ban[];
  /** Milliseconds that the hub's clock is behind the epoch's: bans end at dates. */
  epochOffset = 0;
  /** Makes an invitation code that nobody can guess; given by the server, since the hub has no chance. */
  makeCode: () => string = () => {
    throw new Error("Nobody has said how to make codes");
  };
  /** A connection whose session is over keeps its entry: it gets no second session. */
  readonly #sessions = new Map<ConnectionHandle, Session | undefined>();
  readonly #rooms = new Map<string, Room>();
  /** When each token was made void, by the token's hash. */
  readonly #voided = new Map<string, number>();
  #roomsInOrder: Room[] | undefined;

  /** Begins with what the log has stored. */
  constructor(server: string, snapshot: LogSnapshot, now: number, roomLimits: RoomLimits) {
    this.server = server;
    this.roomLimits = roomLimits;
    this.setLimits(roomLimits);
    this.names = new NameRegistry(snapshot.accounts);
    this.timelines = new Timelines(snapshot.timelines);
    this.bans = snapshot.bans.map((ban) => new Ban(ban));
    for (const { name, topic, seq, rights } of snapshot.rooms) {
      const room = this.addRoom(name);
      if (rights !== undefined) room.rights = new RoomRights(rights);
      room.topic = room.keptTopic = topic;
      room.seq = seq;
      room.hasLog = seq > 0;
    }
    for (const stored of snapshot.sessions) this.recall(stored, now);
  }

  /** Changes the limits, for requests from now on. */
  setLimits(roomLimits: RoomLimits): void {
    this.limits = { ...LIMITS, rooms: roomLimits.roomsOfSession };
    this.roomLimits = roomLimits;
  }

  /** A moment of the hub's clock in epoch milliseconds. */
  toEpoch(now: number): number {
    return Math.round(now + this.epochOffset);
  }

  /** The session that `connection` has now. */
  sessionOf(connection: ConnectionHandle): Session | undefined {
    return this.#sessions.get(connection);
  }

  /** The connections that have a session now. */
  get connections(): ConnectionHandle[] {
    return [...this.#sessions].flatMap(([connection, session]) => session ? [connection] : []);
  }

  /** The numbers of sessions with a connection, and of rooms. */
  get counts(): { sessions: number; rooms: number } {
    let sessions = 0;
    for (const session of this.#sessions.values()) if (session !== undefined) sessions++;
    return { sessions, rooms: this.#rooms.size };
  }

  /** Gives `connection` its session. */
  bind(connection: ConnectionHandle, session: Session): void {
    this.#sessions.set(connection, session);
  }

  /** Whether `connection` has or had a session. */
  wasBound(connection: ConnectionHandle): boolean {
    return this.#sessions.has(connection);
  }

  /** Takes its session from `connection`, for good. */
  unbind(connection: ConnectionHandle): void {
    this.#sessions.set(connection, undefined);
  }

  /** Removes a connection from which nothing more will be read. */
  forget(connection: ConnectionHandle): void {
    this.#sessions.delete(connection);
  }

  /** The room of that name, if it exists. */
  room(name: string): Room | undefined {
    return this.#rooms.get(fold(name));
  }

  /** All rooms, in the order of their folded names. */
  get roomsInOrder(): readonly Room[] {
    return this.#roomsInOrder ??= sortByFold([...this.#rooms.values()]);
  }

  /** Makes a room that does not exist yet. */
  addRoom(name: string): Room {
    const room = new Room(name);
    this.#rooms.set(room.fold, room);
    // Inserted, not sorted anew: a client that makes rooms and lists them in turn would cost a sort each time.
    this.#roomsInOrder?.splice(countUpTo(this.#roomsInOrder, room.fold), 0, room);
    return room;
  }

  /** Removes a room. */
  removeRoom(room: Room): void {
    this.#rooms.delete(room.fold);
    this.#roomsInOrder?.splice(countUpTo(this.#roomsInOrder, room.fold) - 1, 1);
  }

  /** Why the room of that name takes no further member; nothing when it takes one more. */
  joinRefusal(name: string): Refusal | undefined {
    return joinRefusalOf(name, this.room(name), this.#rooms.size, this.roomLimits);
  }

  /** Whether a session with this `authentication`, or with none, may use that name. */
  mayUse(name: string, authentication: Authentication | undefined): boolean {
    if (this.names.accountOf(name) === undefined) return this.roomLimits.registeredOnly !== true;
    return this.names.admits(name, authentication);
  }

  /** Why `session` can't use a name in `rooms`: it looks like another that is registered, or is in one of them. */
  lookalikeRefusal(
    name: string,
    rooms: readonly string[],
    session: Session | undefined,
  ): Refusal | undefined {
    const registered = this.names.accountOf(name) === undefined
      ? this.names.registeredLookalike(name)
      : undefined;
    const other = registered ??
      this.names.lookalikeIn(new Set(rooms.map(fold)), name, session)?.name;
    if (other === undefined) return undefined;
    const reason =
      `"${name}" looks like "${other}", and people would take one for the other; choose another name`;
    return { code: "lookalike_name", reason };
  }

  /** Gives `session` another name, which must be free for it. */
  setName(session: Session, name: string): void {
    const former = session.fold;
    this.names.release(session);
    session.name = name;
    this.names.hold(session);
    for (const room of session.rooms.values()) room.renamed(session, former);
  }

  /** Restores a stored session as if it had disconnected just now. */
  recall(stored: StoredSession, now: number): Session {
    const { name, rooms, inboxSeq, inboxSeen, ref, session: tokenHash, authentication } = stored;
    const session = new Session(name, { awaySince: now, rooms, inboxSeen }, tokenHash);
    session.inboxSeq = inboxSeq;
    session.ref = ref;
    session.authentication = authentication;
    this.names.index(session);
    const isRegistered = this.names.accountOf(name) !== undefined;
    const isFree = isRegistered || this.names.holders(name).length === 0;
    if (isFree && this.mayUse(name, authentication)) this.names.hold(session);
    return session;
  }

  /** Makes a token void at once: until the log has that too, it still finds the session. */
  addVoidToken(tokenHash: string, now: number): void {
    this.#voided.set(tokenHash, now);
  }

  /** Whether a token is void, even if the log has just found its session. */
  isVoid(tokenHash: string): boolean {
    return this.#voided.has(tokenHash);
  }

  /** Removes the sessions that no longer hold their names; the log still has them. */
  sweep(now: number): void {
    // Only sessions with a token are ever away.
    for (const session of this.names.withTokens) {
      if (session.holdsNameFor(now) === 0) this.names.remove(session);
    }
    for (const [tokenHash, since] of this.#voided) {
      if (now - since > VOID_TOKEN_TTL) this.#voided.delete(tokenHash);
    }
  }
}
