/**
 * The rule for `connect`: opens a session or resumes one, once it is admitted. Pure, as all of the hub.
 */

import {
  type Event,
  fold,
  LIMITS,
  type Request,
  type RoomPosition,
  VERSION,
} from "../../protocol/mod.ts";
import {
  type ConnectAttempt,
  connectRefusal,
  type Credentials,
  findSession,
  profileOf,
  roomsAskedFor,
} from "./admission.ts";
import type { ConnectionHandle } from "./state/connection_handle.ts";
import type { Directory } from "./state/directory.ts";
import { answering, type Effect, recordArrival, recordSession, refuse, send } from "./effects.ts";
import { announceRename } from "./notifications.ts";
import { joinRoom, leaveRoom, voidSession } from "./lifecycle.ts";
import { recordChanges } from "./acts.ts";
import { type Positions, positionsOf } from "./state/positions.ts";
import { accessRefusal, codeChanges, entryRefusal } from "./rights/entry.ts";
import type { Room } from "./state/room.ts";
import { Session } from "./state/session.ts";

/** Opens a session over `connection`, or resumes the one whose token was shown. */
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
  // A session is resumed in the profile that it was opened in, and the lecture's has no tokens.
  const known = profile === "lecture" ? undefined : findSession(attempt);
  const refusal = connectRefusal(attempt, known);
  if (refusal !== undefined) return refuse(origin, refusal);
  const evicted = evictStaleHolders(attempt, known);
  return [...evicted, ...known === undefined ? open(attempt) : resume(attempt, known)];
}

/**
 * Frees the name of sessions whose hold has expired. When a registered name has too many
 * sessions, the one that has been away for longest ends.
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
  return joinRooms(attempt, session, { token, rooms: [], lost: [] });
}

/** Moves `session` to this connection, in the rooms that it was in, under the name that is asked for now. */
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
  const before = [...session.rooms.values()];
  const left = session.fold === former.fold ? [] : leaveForbidden(attempt, session);
  const lost = before.filter((room) => !session.rooms.has(room.fold)).map(({ name }) => name);
  const renamed = former.name === session.name ? [] : announceRename(session, former);
  const joined = joinRooms(attempt, session, { token, rooms, inboxSeen, lost });
  return [...replaced, ...left, ...joined, ...renamed];
}

/** Takes a session that comes back by another name out of the rooms that do not admit that. */
function leaveForbidden({ directory, now }: ConnectAttempt, session: Session): Effect[] {
  return [...session.rooms.values()].flatMap((room) =>
    accessRefusal(directory, room.name, session, now) === undefined
      ? []
      : leaveRoom(directory, session, room)
  );
}

/** Closes the connection that `session` still has, dead or not, without a notification to its rooms. */
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
  const replaced = refuse(origin, {
    code: "session_replaced",
    reason: "This session went on over a newer connection",
  });
  return [...replaced, { kind: "close", connection: old }];
}

/** Joins the rooms of a session that has just connected; its `connect_ack` comes before anything from them. */
function joinRooms(
  attempt: ConnectAttempt,
  session: Session,
  before: Before,
): Effect[] {
  const { directory, origin, request } = attempt;
  const { connection } = origin;
  const positions = positionsOf(directory, request.payload, session.tokenHash);
  const announced = roomsAskedFor(request, before.rooms)
    .flatMap((name) => session.rooms.has(fold(name)) ? [] : enterRoom(attempt, session, name));
  const subscriptions = [...session.rooms.values()].map((room) => {
    return {
      kind: "subscribe",
      connection,
      session,
      room,
      since: positions.since.get(room.fold),
    } as const;
  });
  const inbox = {
    kind: "subscribe inbox",
    connection,
    session,
    since: positions.directSince ?? before.inboxSeen,
  };
  return [
    ...recordSession(session),
    ...[...session.rooms.values()].flatMap((room) => recordArrival(session, room)),
    acknowledge(attempt, session, before.token, positions),
    ...tellLost(attempt, session, before),
    ...announceRestore(attempt, session, positions),
    ...subscriptions,
    ...session.profile === "lecture" ? [] : [inbox as Effect],
    ...announced,
  ];
}

/** The state of a session before it is connected: its token, its rooms, and those that it has lost. */
interface Before {
  token: string;
  rooms: readonly string[];
  lost: readonly string[];
  inboxSeen?: number;
}

/** Joins one room, by the code for it where it needs one; nothing where the session may not. */
function enterRoom(
  { directory, origin, request, now }: ConnectAttempt,
  session: Session,
  name: string,
): Effect[] {
  const { room: named, code: shown } = request.payload;
  const isNamed = shown !== undefined && named !== undefined && fold(named) === fold(name);
  const code = isNamed ? shown : undefined;
  if (entryRefusal(directory, name, session, now, code) !== undefined) return [];
  const { room, effects } = joinRoom(directory, session, origin.connection, name);
  return [...recordChanges(room, codeChanges(directory, room, session, now, code)), ...effects];
}

/** Notifies a session of the rooms that it was in before and may not enter any more. */
function tellLost(
  { directory, origin, now }: ConnectAttempt,
  session: Session,
  { rooms, lost }: Before,
): Effect[] {
  return [...rooms, ...lost].flatMap((name) => {
    const refusal = session.rooms.has(fold(name))
      ? undefined
      : accessRefusal(directory, name, session, now);
    if (refusal === undefined) return [];
    const event = refusal.code === "banned" ? "banned" : "kicked";
    const message = event === "banned" ? refusal.reason : `You may not enter ${name} any more`;
    const payload = { message, event, room: name, name: session.name, ...refusal.ban } as const;
    return send(origin.connection, session.profile, { type: "notification", payload });
  });
}

function acknowledge(
  { directory, origin: { connection, id }, request }: ConnectAttempt,
  session: Session,
  token: string,
  { corrected }: Positions,
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
    ...directory.timelines.current === undefined ? {} : { timeline: directory.timelines.current },
    ...corrected,
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

/** Tells a client of each room in which it has seen messages that a restored log does not have. */
function announceRestore(
  { origin: { connection } }: ConnectAttempt,
  session: Session,
  { since, setBack }: Positions,
): Effect[] {
  const rooms = [...session.rooms.values()].filter((room) => setBack.has(room.fold));
  return rooms.map(({ name, fold }) => {
    const seq = since.get(fold) ?? 0;
    const message = `The log was restored from a copy: what you saw in ${name} after message ` +
      `${seq} is no longer in it.`;
    const payload = { message, event: "restored", room: name, seq } as const;
    return { kind: "send", connection, event: { type: "notification", payload } };
  });
}

function positionOf(room: Room): RoomPosition {
  return { room: room.name, seq: room.seq };
}
