/**
 * The hub: who is here, under which name, in which rooms. Pure and synchronous:
 * a request goes in, effects come out, and in between nothing else happens, so
 * there is nothing to lock. Time and tokens are passed in; nothing is sent from here.
 */

import { fold, LIMITS, type Refused, type Request } from "../../protocol/mod.ts";
import type { ConnectionHandle } from "./connection_handle.ts";
import { connect, type Credentials } from "./connect.ts";
import { type JoinRefusal, joinRefusalOf, NO_ROOM_LIMITS, type RoomLimits } from "./room_limits.ts";
import { announce, type Effect, notify, recordQuit, refuse, send } from "./effects.ts";
import type { Memory, Proof, StoredSession } from "../log/message_log.ts";
import { NameRegistry } from "./name_registry.ts";
import { RULES, type Rules } from "./requests.ts";
import { countUpTo, Room, sortByFold } from "./room.ts";
import { Session } from "./session.ts";

/** A request that the hub answers by itself; `connect` and questions to the log have their own ways. */
export type HubRequest = Request<keyof Rules>;

/** Milliseconds for which a void token is noted: longer than a log takes, and a password's check. */
const VOID_NOTED = 60_000;

/** All state of the chat but the log. */
export class Hub {
  /** The server's name and version, as `connect_ack` gives them. */
  readonly server: string;
  /** Who has which name. */
  readonly names: NameRegistry;
  readonly roomLimits: RoomLimits;
  /** The limits, as `connect_ack` gives them. */
  readonly limits: Readonly<Record<keyof typeof LIMITS, number>>;
  /** A connection whose session is over keeps its place here: it gets no second one. */
  readonly #sessions = new Map<ConnectionHandle, Session | undefined>();
  readonly #rooms = new Map<string, Room>();
  /** The hashes of tokens that were made void not long ago, and when. */
  readonly #voided = new Map<string, number>();
  #isStopping = false;
  #roomsInOrder: Room[] | undefined;

  /** Begins with what the log remembers. `now`, here as everywhere, is in milliseconds of one clock. */
  constructor(server: string, memory: Memory, now: number, roomLimits = NO_ROOM_LIMITS) {
    this.server = server;
    this.roomLimits = roomLimits;
    this.limits = { ...LIMITS, rooms: roomLimits.roomsOfSession };
    this.names = new NameRegistry(memory.claims);
    for (const { name, topic, seq } of memory.rooms) {
      const room = this.#make(name);
      room.topic = room.keptTopic = topic;
      room.seq = seq;
      room.hasLog = seq > 0;
    }
    for (const stored of memory.sessions) this.recall(stored, now);
  }

  /** The session that goes over `connection`. */
  sessionOf(connection: ConnectionHandle): Session | undefined {
    return this.#sessions.get(connection);
  }

  /** The room of that name, if there is one. */
  room(name: string): Room | undefined {
    return this.#rooms.get(fold(name));
  }

  /** Why nobody more can enter the room of that name; nothing when one more can. */
  joinRefusal(name: string): JoinRefusal | undefined {
    return joinRefusalOf(name, this.room(name), this.#rooms.size, this.roomLimits);
  }

  /** All rooms, in the order of their folded names. */
  get roomsInOrder(): readonly Room[] {
    return this.#roomsInOrder ??= sortByFold([...this.#rooms.values()]);
  }

  /** Whether whoever has shown `proof`, or no password, may have that name. */
  mayHave(name: string, proof: Proof | undefined): boolean {
    if (this.names.claimOf(name) === undefined) return this.roomLimits.registeredOnly !== true;
    return this.names.admits(name, proof);
  }

  /** Why a name can't be had for its looks, by one who is in `rooms` or wants to be. */
  lookalikeOf(
    name: string,
    rooms: readonly string[],
    session: Session | undefined,
  ): string | undefined {
    const registered = this.names.claimOf(name) === undefined
      ? this.names.registeredLookalike(name)
      : undefined;
    const other = registered ??
      this.names.lookalikeIn(new Set(rooms.map(fold)), name, session)?.name;
    return other === undefined
      ? undefined
      : `"${name}" looks like "${other}", and people would take one for the other; choose another name`;
  }

  /** Opens a session over `connection`, or takes one up again. */
  connect(
    connection: ConnectionHandle,
    request: Request<"connect">,
    credentials: Credentials,
    now: number,
  ): Effect[] {
    return connect(this, connection, request, credentials, now);
  }

  /** Does what a request asks. */
  handle(connection: ConnectionHandle, request: HubRequest, now: number): Effect[] {
    const session = this.#sessions.get(connection);
    if (session === undefined) return this.refuseUnconnected(connection, request);
    const { id, payload } = request;
    const rule = RULES[request.type] as Rules["quit"];
    const origin = { connection, profile: session.profile, id };
    return rule({ hub: this, session, origin, now }, payload);
  }

  /** Refuses a request that came before `connect`. */
  refuseUnconnected(connection: ConnectionHandle, { type, id }: Request): Effect[] {
    const origin = { connection, profile: "version 2", id } as const;
    return refuse(origin, "not_connected", `"${type}" came before "connect"`);
  }

  /** Answers a line that was no request. */
  refuse(
    connection: ConnectionHandle,
    { error, lecture }: Pick<Refused, "error" | "lecture">,
  ): Effect[] {
    const profile = this.#sessions.get(connection)?.profile ?? (lecture ? "lecture" : "version 2");
    return send(connection, profile, error);
  }

  /**
   * Notes that a connection has ended, having been sent its inbox up to `inboxSeen`:
   * its session leaves its rooms and, for a while, keeps its name.
   */
  disconnect(connection: ConnectionHandle, now: number, inboxSeen = 0): Effect[] {
    const session = this.#sessions.get(connection);
    if (session === undefined) return [];
    this.unbind(connection);
    const rooms = [...session.rooms.values()];
    const told = rooms.flatMap((room) => this.leave(session, room));
    session.detach({ awaySince: now, rooms: rooms.map((room) => room.name), inboxSeen });
    const { tokenHash } = session;
    if (tokenHash === undefined) {
      this.names.remove(session);
      return told;
    }
    const draft = {
      kind: "away",
      session: tokenHash,
      inboxSeq: inboxSeen,
      byServer: this.#isStopping,
    } as const;
    return [{ kind: "append record", draft }, ...told];
  }

  /** Ends a session at its own wish: its name is free, its token void. */
  quit(session: Session, connection: ConnectionHandle, now: number): Effect[] {
    return [...this.void(session, now), { kind: "close", connection, isAfterAnswers: true }];
  }

  /** Ends a session for good: it has left its rooms, its name is free, its token void. */
  void(session: Session, now: number): Effect[] {
    const { tokenHash, connection } = session;
    const told = connection === undefined ? [] : this.disconnect(connection, now);
    this.names.remove(session);
    return tokenHash === undefined ? told : [...told, ...this.voidToken(tokenHash, now)];
  }

  /** Makes a token void. Until the log has that, whoever asks the log still finds its session. */
  voidToken(tokenHash: string, now: number): Effect[] {
    this.#voided.set(tokenHash, now);
    return [recordQuit(tokenHash)];
  }

  /** Whether a token is void, whatever the log said of it a moment ago. */
  isVoid(tokenHash: string): boolean {
    return this.#voided.has(tokenHash);
  }

  /** Gives `session` another name, which is its to have. */
  setName(session: Session, name: string): void {
    const former = session.fold;
    this.names.release(session);
    session.name = name;
    this.names.hold(session);
    for (const room of session.rooms.values()) room.renamed(session, former);
  }

  /** Puts `session` into the room of that name; the effects tell the others in it. */
  join(
    session: Session,
    connection: ConnectionHandle,
    name: string,
  ): { room: Room; effects: Effect[] } {
    const room = this.room(name) ?? this.#make(name);
    const isFirst = room.sessionsNamed(session.fold) === 0;
    const effects = isFirst ? announce(room, "joined", session.name) : [];
    room.add(session, connection);
    return { room, effects };
  }

  /** Takes `session` out of `room` and tells those who stay. */
  leave(session: Session, room: Room): Effect[] {
    room.remove(session);
    if (room.isForgettable) this.#drop(room);
    const isLast = room.sessionsNamed(session.fold) === 0;
    return isLast ? announce(room, "left", session.name) : [];
  }

  /** Tells everyone that the server stops. */
  shutdown(): Effect[] {
    this.#isStopping = true;
    const message = "The server is shutting down.";
    const connections = [...this.#sessions].flatMap(([connection, session]) =>
      session ? [connection] : []
    );
    return notify(connections, { message, event: "shutdown" });
  }

  /** Forgets the sessions that no longer hold their names; the log still knows them. */
  sweep(now: number): void {
    // Only sessions with a token are ever away.
    for (const session of this.names.withTokens) {
      if (session.holdsNameFor(now) === 0) this.names.remove(session);
    }
    for (const [tokenHash, since] of this.#voided) {
      if (now - since > VOID_NOTED) this.#voided.delete(tokenHash);
    }
  }

  /** Lets what comes over `connection` be `session`'s. */
  bind(connection: ConnectionHandle, session: Session): void {
    this.#sessions.set(connection, session);
  }

  /** Whether `connection` ever had a session. */
  wasBound(connection: ConnectionHandle): boolean {
    return this.#sessions.has(connection);
  }

  /** Lets what comes over `connection` be nobody's. */
  unbind(connection: ConnectionHandle): void {
    this.#sessions.set(connection, undefined);
  }

  /** Forgets a connection over which nothing comes any more. */
  forget(connection: ConnectionHandle): void {
    this.#sessions.delete(connection);
  }

  /** Knows a session of the log's again, as one that has just gone away. */
  recall(stored: StoredSession, now: number): Session {
    const { name, rooms, inboxSeq, inboxSeen, ref, session: tokenHash, proof } = stored;
    const session = new Session(name, { awaySince: now, rooms, inboxSeen }, tokenHash);
    session.inboxSeq = inboxSeq;
    session.ref = ref;
    session.proof = proof;
    this.names.index(session);
    const isClaimed = this.names.claimOf(name) !== undefined;
    const isFree = isClaimed || this.names.holders(name).length === 0;
    if (isFree && this.mayHave(name, proof)) this.names.hold(session);
    return session;
  }

  #make(name: string): Room {
    const room = new Room(name);
    this.#rooms.set(room.fold, room);
    // Not sorted anew: whoever makes a room and lists them all, again and again, would have us do it each time.
    this.#roomsInOrder?.splice(countUpTo(this.#roomsInOrder, room.fold), 0, room);
    return room;
  }

  #drop(room: Room): void {
    this.#rooms.delete(room.fold);
    this.#roomsInOrder?.splice(countUpTo(this.#roomsInOrder, room.fold) - 1, 1);
  }
}
