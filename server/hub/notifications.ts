/**
 * Notifications to the members of rooms: names that join, leave, or change. Pure.
 */

import type { Event, NotificationPayload } from "../../protocol/mod.ts";
import type { ConnectionHandle } from "./state/connection_handle.ts";
import { answering, type Effect, type Origin } from "./effects.ts";
import type { Members, Room } from "./state/room.ts";
import type { Session } from "./state/session.ts";

/** Sends a notification to `members`, if there are any. */
export function notify(members: Members, payload: NotificationPayload, origin?: Origin): Effect[] {
  if (members.length === 0) return [];
  const event = { type: "notification", payload } as const;
  const own = origin === undefined
    ? undefined
    : { connection: origin.connection, event: answering<Event>(origin.id, event) };
  return [{ kind: "broadcast", members, event, own }];
}

/** Notifies a room's members, except `but`, that a name has joined or left. */
export function announce(
  { name: room, members }: Room,
  event: "joined" | "left",
  name: string,
  but?: ConnectionHandle,
): Effect[] {
  const others = but === undefined ? members : members.filter((connection) => connection !== but);
  return notify(others, { message: `${name} has ${event} the room.`, event, room, name });
}

/**
 * Notifies every session that shares a room with `session`, and itself, once, of its new name.
 * In a room where another session of the former name stays, the new name only joins; where one
 * of the new name was before, the former name only leaves.
 */
export function announceRename(
  session: Session,
  former: { name: string; fold: string },
  origin?: Origin,
): Effect[] {
  const isOther = session.fold !== former.fold;
  const connections = new Set<ConnectionHandle>();
  const effects: Effect[] = [];
  for (const room of session.rooms.values()) {
    const stays = isOther && room.sessionsNamed(former.fold) > 0;
    const wasThere = isOther && room.sessionsNamed(session.fold) > 1;
    if (stays === wasThere && stays) continue;
    if (stays) effects.push(...announce(room, "joined", session.name, session.connection));
    else if (wasThere) effects.push(...announce(room, "left", former.name, session.connection));
    else for (const connection of room.members) connections.add(connection);
  }
  if (origin !== undefined) connections.add(origin.connection);
  const message = `${former.name} is now known as ${session.name}.`;
  const payload = { message, event: "renamed", name: former.name, new_name: session.name } as const;
  return [...notify([...connections], payload, origin), ...effects];
}
