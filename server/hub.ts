/**
 * The hub: who is here, under which name, in which rooms. Pure and synchronous:
 * a request goes in, effects come out, and in between nothing else happens, so
 * there is nothing to lock. Time and tokens are passed in; nothing is sent from here.
 */

import {
  type ConnectRequest,
  type Event,
  fold,
  LIMITS,
  type Refused,
  type Request,
  type RoomPosition,
  VERSION,
} from "../protocol/mod.ts";
import { type Barred, barredFrom, type Bounds, UNBOUNDED } from "./bounds.ts";
import {
  announceRename,
  answering,
  type Effect,
  keepArrival,
  keepSession,
  notify,
  type Origin,
  refuse,
  send,
} from "./effects.ts";
import type { Memory, StoredSession } from "./message_log.ts";
import { RULES, type Rules } from "./requests.ts";
import { countUpTo, Room, sortByFold } from "./room.ts";
import { type Link, Session } from "./session.ts";

/** What `connect` needs and the rules can't make: secrets, and hashes of secrets. */
export interface Credentials {
  /** A fresh token, for the session that may be opened. */
  token: string;
  tokenHash: string;
  /** The hash of the token that the client showed, if it showed one. */
  shownHash?: string;
  /** The session that the log has for it. */
  stored?: StoredSession | undefined;
  /** Up to where the connection that it still has was sent its inbox. */
  inboxSeen?: number | undefined;
}

/** A request that the hub answers by itself; `connect` and questions to the log have their own ways. */
export type HubRequest = Extract<Request, { type: keyof Rules }>;

/** All state of the chat but the log. */
export class Hub {
  /** The server's name and version, as `connect_ack` gives them. */
  readonly #server: string;
  readonly bounds: Bounds;
  readonly #sessions = new Map<Link, Session>();
  /** Every link that ever had a session: it gets no second one, though the first may be over. */
  readonly #used = new WeakSet<Link>();
  readonly #byName = new Map<string, Session>();
  readonly #byToken = new Map<string, Session>();
  readonly #rooms = new Map<string, Room>();
  #isStopping = false;
  #roomsInOrder: Room[] | undefined;

  /** Begins with what the log remembers. `now`, here as everywhere, is in milliseconds of one clock. */
  constructor(server: string, memory: Memory, now: number, bounds = UNBOUNDED) {
    this.#server = server;
    this.bounds = bounds;
    for (const { name, topic, seq } of memory.rooms) {
      const room = this.#make(name);
      room.topic = topic;
      room.seq = seq;
      room.hasLog = seq > 0;
    }
    for (const stored of memory.sessions) this.#recall(stored, now);
  }

  /** The session that goes over `link`. */
  sessionOf(link: Link): Session | undefined {
    return this.#sessions.get(link);
  }

  /** The session of that name, connected or away. */
  named(name: string): Session | undefined {
    return this.#byName.get(fold(name));
  }

  /** The room of that name, if there is one. */
  room(name: string): Room | undefined {
    return this.#rooms.get(fold(name));
  }

  /** Why nobody more can enter the room of that name; nothing when one more can. */
  barred(name: string): Barred | undefined {
    return barredFrom(name, this.room(name), this.#rooms.size, this.bounds);
  }

  /** All rooms, in the order of their folded names. */
  get roomsInOrder(): readonly Room[] {
    return this.#roomsInOrder ??= sortByFold([...this.#rooms.values()]);
  }

  /** The session of that token hash, connected or away; if it is not here, the log may know it. */
  withToken(tokenHash: string): Session | undefined {
    return this.#byToken.get(tokenHash);
  }

  /** Opens a session over `link`, or takes one up again. */
  connect(link: Link, request: ConnectRequest, credentials: Credentials, now: number): Effect[] {
    const { name, room, version } = request.payload;
    const profile = version === undefined ? "lecture" : "version 2";
    const origin = { link, profile, id: request.id } as const;
    if (this.#used.has(link)) {
      const current = this.#sessions.get(link);
      const reason = "This connection has its session already; open another one";
      return refuse(
        { ...origin, profile: current?.profile ?? profile },
        "already_connected",
        reason,
      );
    }
    if (profile === "lecture" && room === undefined) {
      return refuse(origin, "missing_field", 'Cannot accept "connect": payload.room is missing');
    }
    // A session is taken up in the profile that it was opened in.
    const known = profile === "lecture" ? undefined : this.#find(credentials, now);
    const holder = this.#byName.get(fold(name));
    const wait = holder === undefined || holder === known ? 0 : holder.holdsNameFor(now);
    if (wait > 0) return refuse(origin, "name_taken", takenText(name, wait));
    const barred = this.#barredAtConnect(request, known?.roomNames ?? []);
    if (barred !== undefined) return refuse(origin, barred.code, barred.reason);
    if (holder !== undefined && holder !== known) this.#forget(holder);
    return known === undefined
      ? this.#open(origin, request, credentials)
      : this.#resume(known, origin, request, credentials.inboxSeen);
  }

  /** Does what a request asks. */
  handle(link: Link, request: HubRequest, now: number): Effect[] {
    const session = this.#sessions.get(link);
    if (session === undefined) return this.refuseUnconnected(link, request);
    const { id, payload } = request;
    const rule = RULES[request.type] as Rules["quit"];
    const origin = { link, profile: session.profile, id };
    return rule({ hub: this, session, origin, now }, payload);
  }

  /** Refuses a request that came before `connect`. */
  refuseUnconnected(link: Link, { type, id }: Request): Effect[] {
    const origin = { link, profile: "version 2", id } as const;
    return refuse(origin, "not_connected", `"${type}" came before "connect"`);
  }

  /** Answers a line that was no request. */
  refuse(link: Link, { error, lecture }: Refused): Effect[] {
    const profile = this.#sessions.get(link)?.profile ?? (lecture ? "lecture" : "version 2");
    return send(link, profile, error);
  }

  /**
   * Notes that a connection has ended, having been sent its inbox up to `inboxSeen`:
   * its session leaves its rooms and, for a while, keeps its name.
   */
  disconnect(link: Link, now: number, inboxSeen = 0): Effect[] {
    const session = this.#sessions.get(link);
    if (session === undefined) return [];
    this.#sessions.delete(link);
    const rooms = [...session.rooms.values()];
    const told = rooms.flatMap((room) => this.leave(session, room));
    session.detach({ awaySince: now, rooms: rooms.map((room) => room.name), inboxSeen });
    const { tokenHash } = session;
    if (tokenHash === undefined) {
      this.#forget(session);
      return told;
    }
    const draft = {
      kind: "away",
      session: tokenHash,
      inboxSeq: inboxSeen,
      byServer: this.#isStopping,
    } as const;
    return [{ kind: "keep", draft }, ...told];
  }

  /** Ends a session: its name is free, its token void. */
  quit(session: Session, link: Link, now: number): Effect[] {
    const { tokenHash } = session;
    const effects = this.disconnect(link, now);
    this.#forget(session);
    if (tokenHash !== undefined) {
      effects.push({ kind: "keep", draft: { kind: "quit", session: tokenHash } });
    }
    return [...effects, { kind: "close", link }];
  }

  /** Gives `session` another name; false when someone else holds it. */
  rename(session: Session, name: string, now: number): boolean {
    const holder = this.#byName.get(fold(name));
    if (holder !== undefined && holder !== session) {
      if (holder.holdsNameFor(now) > 0) return false;
      this.#forget(holder);
    }
    if (this.#byName.get(session.fold) === session) this.#byName.delete(session.fold);
    session.name = name;
    this.#byName.set(session.fold, session);
    for (const room of session.rooms.values()) room.renamed();
    return true;
  }

  /** Puts `session` into the room of that name; the effects tell the others in it. */
  join(session: Session, link: Link, name: string): { room: Room; effects: Effect[] } {
    const room = this.room(name) ?? this.#make(name);
    const message = `${session.name} has joined the room.`;
    const effects = notify(room.members, {
      message,
      event: "joined",
      room: room.name,
      name: session.name,
    });
    room.add(session, link);
    return { room, effects };
  }

  /** Takes `session` out of `room` and tells those who stay. */
  leave(session: Session, room: Room): Effect[] {
    room.remove(session);
    if (room.isForgettable) this.#drop(room);
    const message = `${session.name} has left the room.`;
    return notify(room.members, { message, event: "left", room: room.name, name: session.name });
  }

  /** Tells everyone that the server stops. */
  shutdown(): Effect[] {
    this.#isStopping = true;
    const message = "The server is shutting down.";
    return notify([...this.#sessions.keys()], { message, event: "shutdown" });
  }

  /** Forgets the sessions that no longer hold their names; the log still knows them. */
  sweep(now: number): void {
    // Only sessions with a token are ever away.
    for (const session of this.#byToken.values()) {
      if (session.holdsNameFor(now) === 0) this.#forget(session);
    }
  }

  #open(origin: Origin, request: ConnectRequest, credentials: Credentials): Effect[] {
    const { link, profile } = origin;
    const tokenHash = profile === "lecture" ? undefined : credentials.tokenHash;
    const session = new Session(request.payload.name, { link }, tokenHash);
    this.#attach(link, session);
    this.#byName.set(session.fold, session);
    if (tokenHash !== undefined) this.#byToken.set(tokenHash, session);
    return this.#enter(session, origin, request, { token: credentials.token, rooms: [] });
  }

  /** Lets `session` go on over another link, in the rooms that it was in, under the name now asked for. */
  #resume(
    session: Session,
    origin: Origin,
    request: ConnectRequest,
    sentSoFar = session.inboxSeq,
  ): Effect[] {
    const { name, session: token = "" } = request.payload;
    const replaced = this.#replaceLink(session, origin.link);
    const former = session.name;
    this.rename(session, name, 0);
    const renamed = former === session.name ? [] : announceRename(session, former);
    const { rooms = [], inboxSeen = sentSoFar } = session.absence ?? {};
    session.attach(origin.link);
    this.#attach(origin.link, session);
    return [
      ...replaced,
      ...this.#enter(session, origin, request, { token, rooms, inboxSeen }),
      ...renamed,
    ];
  }

  #attach(link: Link, session: Session): void {
    this.#sessions.set(link, session);
    this.#used.add(link);
  }

  /** Lets go of the connection that `session` still has, half-dead or not; the rooms notice nothing. */
  #replaceLink(session: Session, link: Link): Effect[] {
    const old = session.link;
    if (old === undefined) return [];
    this.#sessions.delete(old);
    for (const room of session.rooms.values()) room.add(session, link);
    const origin = { link: old, profile: session.profile, id: undefined };
    const told = refuse(origin, "session_replaced", "This session went on over a newer connection");
    return [...told, { kind: "close", link: old }];
  }

  /** Puts a session that has just connected into its rooms, and acknowledges it before all else. */
  #enter(
    session: Session,
    origin: Origin,
    request: ConnectRequest,
    before: { token: string; rooms: readonly string[]; inboxSeen?: number },
  ): Effect[] {
    const { link } = origin;
    const { since = {}, direct_since } = request.payload;
    const announced = roomsAskedFor(request, before.rooms)
      .flatMap((name) =>
        session.rooms.has(fold(name)) || this.barred(name) !== undefined
          ? []
          : this.join(session, link, name).effects
      );
    const positions = new Map(Object.entries(since).map(([name, seq]) => [fold(name), seq]));
    const follows = [...session.rooms.values()].map((room) => {
      return { kind: "follow", link, session, room, since: positions.get(room.fold) } as const;
    });
    const inbox = { kind: "follow inbox", link, session, since: direct_since ?? before.inboxSeen };
    return [
      ...keepSession(session),
      ...[...session.rooms.values()].flatMap((room) => keepArrival(session, room)),
      this.#acknowledge(session, origin, request, before.token),
      ...follows,
      ...session.profile === "lecture" ? [] : [inbox as Effect],
      ...announced,
    ];
  }

  #acknowledge(
    session: Session,
    { link, id }: Origin,
    request: ConnectRequest,
    token: string,
  ): Effect {
    const { room } = request.payload;
    const message = room === undefined ? "Connected." : "Connected to the room.";
    if (session.profile === "lecture") {
      return { kind: "send", link, event: { type: "connect_ack", payload: { message } } };
    }
    const rooms = [...session.rooms.values()];
    const payload = {
      message,
      name: session.name,
      ...(room === undefined ? {} : { room: this.room(room)?.name ?? room }),
      version: VERSION,
      session: token,
      resumed: token === request.payload.session,
      server: this.#server,
      limits: { ...LIMITS, rooms: this.bounds.roomsOfSession },
    };
    const event = () =>
      answering<Event>(id, {
        type: "connect_ack",
        payload: { ...payload, rooms: rooms.map(positionOf), direct: session.inboxSeq },
      });
    return { kind: "send", link, event };
  }

  /**
   * Why a session can't connect because of rooms. Only what it asks for now counts against
   * it: one that was in more rooms than it may be in today must be able to come back.
   */
  #barredAtConnect(request: ConnectRequest, had: readonly string[]): Barred | undefined {
    const before = new Set(had.map(fold));
    const all = new Set([...before, ...roomsAskedFor(request, []).map(fold)]);
    const { room } = request.payload;
    const most = before.size === all.size ? LIMITS.rooms : this.bounds.roomsOfSession;
    if (all.size > most) return { code: "too_many_rooms", reason: `${most} rooms are the most` };
    return room === undefined || before.has(fold(room)) ? undefined : this.barred(room);
  }

  /** The session whose token was shown, from here or from the log. */
  #find({ shownHash, stored }: Credentials, now: number): Session | undefined {
    const known = this.#byToken.get(shownHash ?? "");
    if (known !== undefined || stored === undefined) return known;
    return this.#recall(stored, now);
  }

  /** Knows a session of the log's again, as one that has just gone away. */
  #recall(stored: StoredSession, now: number): Session {
    const { name, rooms, inboxSeq, inboxSeen, session: tokenHash } = stored;
    const session = new Session(name, { awaySince: now, rooms, inboxSeen }, tokenHash);
    session.inboxSeq = inboxSeq;
    this.#byToken.set(tokenHash, session);
    if (!this.#byName.has(session.fold)) this.#byName.set(session.fold, session);
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

  #forget(session: Session): void {
    if (this.#byName.get(session.fold) === session) this.#byName.delete(session.fold);
    if (session.tokenHash !== undefined) this.#byToken.delete(session.tokenHash);
  }
}

/** The rooms that a session is in once `connect` is done: those it had, those it resumes, the one it names. */
function roomsAskedFor({ payload }: ConnectRequest, had: readonly string[]): string[] {
  const { since = {}, room } = payload;
  return [...had, ...Object.keys(since), ...room === undefined ? [] : [room]];
}

function positionOf(room: Room): RoomPosition {
  return { room: room.name, seq: room.seq };
}

function takenText(name: string, wait: number): string {
  if (wait === Infinity) return `The name "${name}" is taken; choose another`;
  const seconds = Math.ceil(wait / 1000);
  return `The name "${name}" is held for its session for ${seconds} s more; ` +
    "show that session's token, wait, or choose another";
}
