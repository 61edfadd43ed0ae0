/**
 * How a session enters and leaves rooms, loses its connection, and ends. Pure, as all of the hub.
 */

import { fold } from "../../protocol/mod.ts";
import type { ConnectionHandle } from "./state/connection_handle.ts";
import type { Directory } from "./state/directory.ts";
import { type Effect, recordQuit } from "./effects.ts";
import { firstRights } from "./rights/entry.ts";
import { announce } from "./notifications.ts";
import type { Refusal } from "./state/refusal.ts";
import type { Room } from "./state/room.ts";
import type { Session } from "./state/session.ts";

/** Adds `session` to the room of that name, which is made if need be; the effects tell the other members. */
export function joinRoom(
  directory: Directory,
  session: Session,
  connection: ConnectionHandle,
  name: string,
): { room: Room; effects: Effect[] } {
  const room = directory.room(name) ?? makeRoom(directory, session, name);
  const isFirst = room.sessionsNamed(session.fold) === 0;
  const effects = isFirst ? announce(room, "joined", session.name) : [];
  room.add(session, connection);
  return { room, effects };
}

/** The room of that name, if `session` is in it. */
export function roomOf(session: Session, name: string): Room | undefined {
  return session.rooms.get(fold(name));
}

/** Refuses what can only be done in a room that the session is in; `name` as the request had it. */
export function roomRefusal(session: Session, name: string | undefined): Refusal {
  if (name !== undefined) return { code: "not_in_room", reason: `You are not in ${name}` };
  const reason = `Say which room: you are in ${session.rooms.size}, not in exactly one`;
  return { code: "room_required", reason };
}

/** A session with a registered name owns the room that it makes. */
function makeRoom(directory: Directory, session: Session, name: string): Room {
  const room = directory.addRoom(name);
  room.rights = firstRights(session);
  return room;
}

/** Removes `session` from `room`; the effects tell the members who stay. */
export function leaveRoom(directory: Directory, session: Session, room: Room): Effect[] {
  room.remove(session);
  if (room.isForgettable) directory.removeRoom(room);
  const isLast = room.sessionsNamed(session.fold) === 0;
  return isLast ? announce(room, "left", session.name) : [];
}

/**
 * Takes its session from `connection`, which was sent the session's inbox up to `inboxSeen`:
 * the session leaves its rooms and, for a while, keeps its name.
 */
export function disconnect(
  directory: Directory,
  connection: ConnectionHandle,
  now: number,
  inboxSeen = 0,
): Effect[] {
  const session = directory.sessionOf(connection);
  if (session === undefined) return [];
  directory.unbind(connection);
  const rooms = [...session.rooms.values()];
  const announced = rooms.flatMap((room) => leaveRoom(directory, session, room));
  session.detach({ awaySince: now, rooms: rooms.map((room) => room.name), inboxSeen });
  const { tokenHash } = session;
  if (tokenHash === undefined) {
    directory.names.remove(session);
    return announced;
  }
  const draft = {
    kind: "away",
    session: tokenHash,
    inboxSeen,
    byServer: directory.isStopping,
  } as const;
  return [{ kind: "append record", draft }, ...announced];
}

/** Ends a session at its client's request, and closes its connection behind the answers. */
export function quit(
  directory: Directory,
  session: Session,
  connection: ConnectionHandle,
  now: number,
): Effect[] {
  const ended = voidSession(directory, session, now);
  return [...ended, { kind: "close", connection, isAfterAnswers: true }];
}

/** Ends a session for good: it leaves its rooms, its name is free, its token void. */
export function voidSession(directory: Directory, session: Session, now: number): Effect[] {
  const { tokenHash, connection } = session;
  const left = connection === undefined ? [] : disconnect(directory, connection, now);
  directory.names.remove(session);
  return tokenHash === undefined ? left : [...left, ...voidToken(directory, tokenHash, now)];
}

/** Makes the token of a session void that may be known to the log alone. */
export function voidToken(directory: Directory, tokenHash: string, now: number): Effect[] {
  directory.addVoidToken(tokenHash, now);
  return [recordQuit(tokenHash)];
}
