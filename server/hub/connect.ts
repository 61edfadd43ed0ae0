/**
 * What `connect` does: who may come in under which name, and how a session is
 * opened or taken up again. Pure, as all of the directory.
 */

import {
  type Event,
  fold,
  LIMITS,
  type Request,
  type RoomPosition,
  VERSION,
} from "../../protocol/mod.ts";
import type { ConnectionHandle } from "./connection_handle.ts";
import type { Directory } from "./directory.ts";
import {
  announceRename,
  answering,
  type Effect,
  type Origin,
  recordArrival,
  recordSession,
  refuse,
} from "./effects.ts";
import type { Authentication, StoredSession } from "../log/account_store.ts";
import { joinRoom, voidSession } from "./lifecycle.ts";
import type { Refusal } from "./refusal.ts";
import type { Room } from "./room.ts";
import { type Profile, Session } from "./session.ts";

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
  /** That the password that the client showed was the name's. */
  authentication?: Authentication | undefined;
}

/** One `connect` in the making. */
interface ConnectAttempt {
  directory: Directory;
  origin: Origin;
  request: Request<"connect">;
  credentials: Credentials;
  now: number;
}

/** Opens a session over `connection`, or takes one up again. */
export function connect(
  directory: Directory,
  connection: ConnectionHandle,
  request: Request<"connect">,
  credentials: Credentials,
  now: number,
): Effect[] {
  const { room } = request.payload;
  const profile = profileOf(request);
  const origin = { connection, profile, id: request.id } as const;
  if (directory.wasBound(connection)) {
    const reason = "This connection has its session already; open another one";
    const spoken = directory.sessionOf(connection)?.profile ?? profile;
    return refuse({ ...origin, profile: spoken }, { code: "already_connected", reason });
  }
  if (profile === "lecture" && room === undefined) {
    const reason = 'Cannot accept "connect": payload.room is missing';
    return refuse(origin, { code: "missing_field", reason });
  }
  const attempt = { directory, origin, request, credentials, now };
  // A session is taken up in the profile that it was opened in.
  const known = profile === "lecture" ? undefined : find(attempt);
  const refusal = refusalOf(attempt, known);
  if (refusal !== undefined) return refuse(origin, refusal);
  const evicted = evictStaleHolders(attempt, known);
  return [...evicted, ...known === undefined ? open(attempt) : resume(attempt, known)];
}

/** The profile that a `connect` asks for. */
export function profileOf({ payload }: Request<"connect">): Profile {
  return payload.version === undefined ? "lecture" : "version 2";
}

/** Whether the token that was shown opens a session of that name, so that no password is needed. */
export function opensByToken(
  directory: Directory,
  name: string,
  credentials: Credentials,
): boolean {
  const known = directory.names.withToken(credentials.shownHash ?? "") ??
    storedOf(directory, credentials);
  return known !== undefined && fold(known.name) === fold(name) &&
    directory.mayUse(name, known.authentication);
}

/** The session whose token was shown, from here or from the log; if the token is still good for it. */
function find({ directory, credentials, now }: ConnectAttempt): Session | undefined {
  const { shownHash, authentication } = credentials;
  const stored = storedOf(directory, credentials);
  const known = directory.names.withToken(shownHash ?? "");
  const its = (known ?? stored)?.authentication;
  // After a change of password the token needs the new one beside it.
  const isGood = its === undefined || directory.names.isCurrent(its) ||
    its.account === authentication?.account;
  if (!isGood) return undefined;
  if (known !== undefined || stored === undefined) return known;
  return directory.recall(stored, now);
}

/** What the log knew of the token that was shown; nothing when that was made void since. */
function storedOf(
  directory: Directory,
  { shownHash = "", stored }: Credentials,
): StoredSession | undefined {
  return directory.isVoid(shownHash) ? undefined : stored;
}

function refusalOf(attempt: ConnectAttempt, known: Session | undefined): Refusal | undefined {
  return passwordRefusal(attempt, known) ?? takenRefusal(attempt, known) ??
    lookalikeRefusal(attempt, known) ?? roomRefusal(attempt, known);
}

/** The same words for a wrong password and for a name that has none. */
function passwordRefusal(
  { directory, request, credentials }: ConnectAttempt,
  known: Session | undefined,
): Refusal | undefined {
  const { name, password } = request.payload;
  if (known !== undefined && opensByToken(directory, name, credentials)) return undefined;
  const isRegistered = directory.names.accountOf(name) !== undefined;
  if (password !== undefined) {
    if (isRegistered && directory.mayUse(name, credentials.authentication)) return undefined;
    return { code: "wrong_password", reason: `That is not the password of "${name}"` };
  }
  if (!isRegistered && directory.mayUse(name, undefined)) return undefined;
  const reason = isRegistered
    ? `"${name}" is registered; show its password, or choose another name`
    : `"${name}" needs a password: this server takes registered names alone`;
  return { code: "password_required", reason };
}

function takenRefusal(
  { directory, request, now }: ConnectAttempt,
  known: Session | undefined,
): Refusal | undefined {
  const { name } = request.payload;
  const holders = directory.names.holders(name).filter((holder) => holder !== known);
  if (directory.names.accountOf(name) !== undefined) {
    if (holders.filter(({ connection }) => connection !== undefined).length < LIMITS.sessions) {
      return undefined;
    }
    const reason = `"${name}" is connected ${LIMITS.sessions} times, and that is the most`;
    return { code: "too_many_sessions", reason };
  }
  const [holder] = holders;
  const wait = holder?.holdsNameFor(now) ?? 0;
  return wait === 0 ? undefined : { code: "name_taken", reason: takenText(name, wait) };
}

function lookalikeRefusal(
  { directory, request }: ConnectAttempt,
  known: Session | undefined,
): Refusal | undefined {
  const rooms = roomsAskedFor(request, known?.roomNames ?? []);
  return directory.lookalikeRefusal(request.payload.name, rooms, known);
}

/**
 * Why a session can't connect because of rooms. Only what it asks for now counts against
 * it: one that was in more rooms than it may be in today must be able to come back.
 */
function roomRefusal(
  { directory, request }: ConnectAttempt,
  known: Session | undefined,
): Refusal | undefined {
  const before = new Set((known?.roomNames ?? []).map(fold));
  const all = new Set([...before, ...roomsAskedFor(request, []).map(fold)]);
  const { room } = request.payload;
  const most = before.size === all.size ? LIMITS.rooms : directory.roomLimits.roomsOfSession;
  if (all.size > most) return { code: "too_many_rooms", reason: `${most} rooms are the most` };
  return room === undefined || before.has(fold(room)) ? undefined : directory.joinRefusal(room);
}

/**
 * Takes the name from whoever holds it no more. Of a registered name's sessions that
 * are away, the longest away is over when there are too many.
 */
function evictStaleHolders(
  { directory, request, now }: ConnectAttempt,
  known: Session | undefined,
): Effect[] {
  const { name } = request.payload;
  const holders = directory.names.holders(name).filter((holder) => holder !== known);
  if (directory.names.accountOf(name) === undefined) {
    for (const holder of holders) directory.names.remove(holder);
    return [];
  }
  if (holders.length < LIMITS.sessions) return [];
  const away = holders.filter(({ connection }) => connection === undefined);
  const [longest] = away.sort((one, other) => one.since - other.since);
  return longest === undefined ? [] : voidSession(directory, longest, now);
}

function open(attempt: ConnectAttempt): Effect[] {
  const { directory, origin, request, credentials, now } = attempt;
  const { name } = request.payload;
  const { token, tokenHash, authentication } = credentials;
  const presence = { connection: origin.connection, since: now };
  const session = new Session(name, presence, tokenHash, origin.profile);
  session.authentication = directory.names.accountOf(name) === undefined
    ? undefined
    : authentication;
  directory.names.index(session);
  directory.names.hold(session);
  directory.bind(origin.connection, session);
  return joinRooms(attempt, session, { token, rooms: [] });
}

/** Lets `session` go on over another connection, in the rooms that it was in, under the name now asked for. */
function resume(attempt: ConnectAttempt, session: Session): Effect[] {
  const { directory, origin, request, credentials, now } = attempt;
  const { name, session: token = "" } = request.payload;
  const delivered = credentials.inboxSeen ?? session.inboxSeq;
  const replaced = replaceConnection(directory, session, origin.connection);
  const former = { name: session.name, fold: session.fold };
  const authentication = credentials.authentication ?? session.authentication;
  directory.setName(session, name);
  session.authentication = directory.names.accountOf(name) === undefined
    ? undefined
    : authentication;
  const { rooms = [], inboxSeen = delivered } = session.absence ?? {};
  session.attach(origin.connection, now);
  directory.bind(origin.connection, session);
  const renamed = former.name === session.name ? [] : announceRename(session, former);
  return [...replaced, ...joinRooms(attempt, session, { token, rooms, inboxSeen }), ...renamed];
}

/** Lets go of the connection that `session` still has, half-dead or not; the rooms notice nothing. */
function replaceConnection(
  directory: Directory,
  session: Session,
  connection: ConnectionHandle,
): Effect[] {
  const old = session.connection;
  if (old === undefined) return [];
  directory.unbind(old);
  for (const room of session.rooms.values()) room.add(session, connection);
  const origin = { connection: old, profile: session.profile, id: undefined };
  const told = refuse(origin, {
    code: "session_replaced",
    reason: "This session went on over a newer connection",
  });
  return [...told, { kind: "close", connection: old }];
}

/** Puts a session that has just connected into its rooms, and acknowledges it before all else. */
function joinRooms(
  { directory, origin, request }: ConnectAttempt,
  session: Session,
  before: { token: string; rooms: readonly string[]; inboxSeen?: number },
): Effect[] {
  const { connection } = origin;
  const { since = {}, direct_since } = request.payload;
  const announced = roomsAskedFor(request, before.rooms)
    .flatMap((name) =>
      session.rooms.has(fold(name)) || directory.joinRefusal(name) !== undefined
        ? []
        : joinRoom(directory, session, connection, name).effects
    );
  const positions = new Map(Object.entries(since).map(([name, seq]) => [fold(name), seq]));
  const subscriptions = [...session.rooms.values()].map((room) => {
    return {
      kind: "subscribe",
      connection,
      session,
      room,
      since: positions.get(room.fold),
    } as const;
  });
  const inbox = {
    kind: "subscribe inbox",
    connection,
    session,
    since: direct_since ?? before.inboxSeen,
  };
  return [
    ...recordSession(session),
    ...[...session.rooms.values()].flatMap((room) => recordArrival(session, room)),
    acknowledge(directory, session, origin, request, before.token),
    ...subscriptions,
    ...session.profile === "lecture" ? [] : [inbox as Effect],
    ...announced,
  ];
}

function acknowledge(
  directory: Directory,
  session: Session,
  { connection, id }: Origin,
  request: Request<"connect">,
  token: string,
): Effect {
  const { room } = request.payload;
  const message = room === undefined ? "Connected." : "Connected to the room.";
  if (session.profile === "lecture") {
    return { kind: "send", connection, event: { type: "connect_ack", payload: { message } } };
  }
  const rooms = [...session.rooms.values()];
  const payload = {
    message,
    name: session.name,
    registered: directory.names.accountOf(session.name) !== undefined,
    ...(room === undefined ? {} : { room: directory.room(room)?.name ?? room }),
    version: VERSION,
    session: token,
    resumed: token === request.payload.session,
    server: directory.server,
    limits: directory.limits,
  };
  const event = () =>
    answering<Event>(id, {
      type: "connect_ack",
      payload: {
        ...payload,
        rooms: rooms.map(positionOf),
        direct: session.inboxSeq,
        ref: session.ref,
      },
    });
  return { kind: "send", connection, event };
}

/** The rooms that a session is in once `connect` is done: those it had, those it resumes, the one it names. */
function roomsAskedFor({ payload }: Request<"connect">, had: readonly string[]): string[] {
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
