/**
 * What the hub wants done: a list of effects, carried out in the order in which
 * they left the hub (see `pipeline.ts`), and the small builders for them.
 */

import { type Event, type NotificationPayload, type Request } from "../../protocol/mod.ts";
import type { ConnectionHandle } from "./connection_handle.ts";
import { toLectureEvent } from "./lecture_profile.ts";
import type {
  DirectDraft,
  Draft,
  MessageDraft,
  RetryDraft,
  TopicDraft,
} from "../log/message_log.ts";
import { errorOf, type Refusal } from "./refusal.ts";
import type { Members, Room } from "./room.ts";
import type { Profile, Session } from "./session.ts";

/** Send an event to one connection. */
export interface Send {
  kind: "send";
  connection: ConnectionHandle;
  /** A function where the event says how far the log has come by the time it leaves. */
  event: Event | (() => Event);
  /** Whether it passes by a connection that has fallen behind. */
  isLiveOnly?: boolean;
}

/** Whose request it was: its own copy of what comes of it carries the request's `id`. */
export interface Origin {
  connection: ConnectionHandle;
  profile: Profile;
  id: string | undefined;
}

/** Send one event to everyone who was in a room. */
export interface Broadcast {
  kind: "broadcast";
  members: Members;
  event: Event;
  /** One connection's own form of the event. */
  own?: { connection: ConnectionHandle; event: Event } | undefined;
}

/** Put a message in the log; then send it to everyone who was in the room. */
export interface AppendMessage {
  kind: "append message";
  draft: MessageDraft;
  /** The author. */
  session: Session;
  room: Room;
  members: Members;
  origin: Origin;
}

/** Put a direct message in the log; then send it to its inboxes' connections and its sender. */
export interface AppendDirect {
  kind: "append direct";
  draft: DirectDraft;
  /** The author. */
  session: Session;
  /** The sessions that are to hear of it, of those that are here. */
  targets: readonly Target[];
  origin: Origin;
}

/** A session that is to hear of a direct message, and the connection that it had then. */
export interface Target {
  session: Session;
  connection: ConnectionHandle | undefined;
}

/** Answer a `ref` that was used before for the same; refuse one that was not. */
export interface ResolveRef {
  kind: "resolve ref";
  draft: RetryDraft;
  origin: Origin;
  refusal: Refusal;
}

/** Keep a room's topic, which the room has by now; then tell everyone who was in it. */
export interface SetTopic {
  kind: "set topic";
  draft: TopicDraft;
  room: Room;
  members: Members;
  payload: NotificationPayload;
  origin: Origin;
}

/** Put something in the log of which nobody needs to be told. */
export interface AppendRecord {
  kind: "append record";
  draft: Draft;
}

/** From now on the connection is sent what is said in a room, beginning after `since`. */
export interface Subscribe {
  kind: "subscribe";
  connection: ConnectionHandle;
  session: Session;
  room: Room;
  /** Left out: with the next message. */
  since: number | undefined;
}

/** From now on the connection is sent what comes into its session's inbox. */
export interface SubscribeInbox {
  kind: "subscribe inbox";
  connection: ConnectionHandle;
  session: Session;
  /** Beginning after this; left out: with the next. */
  since: number | undefined;
}

/** The connection is no longer sent what is said in a room. */
export interface Unsubscribe {
  kind: "unsubscribe";
  connection: ConnectionHandle;
  room: Room;
}

/** Close a connection, once all that was sent to it before has left. */
export interface Close {
  kind: "close";
  connection: ConnectionHandle;
  /** Whether its own messages, which may be still to come from the log, are to be sent before. */
  isAfterAnswers?: boolean;
}

/** Tell the shell that everything before this has been carried out. */
export interface Barrier {
  kind: "barrier";
  resolve: () => void;
}

/** One thing that the hub wants done. */
export type Effect =
  | Send
  | Broadcast
  | AppendMessage
  | AppendDirect
  | ResolveRef
  | SetTopic
  | AppendRecord
  | Subscribe
  | SubscribeInbox
  | Unsubscribe
  | Close
  | Barrier;

/** `event` with the `id` of the request that it answers. */
export function answering<Answer extends Event>(id: string | undefined, event: Answer): Answer {
  return id === undefined ? event : { ...event, id };
}

/** Sends `event` to one connection, in the words that its profile knows; nothing if it knows none. */
export function send(connection: ConnectionHandle, profile: Profile, event: Event): Effect[] {
  const known = profile === "lecture" ? toLectureEvent(event) : event;
  return known === undefined ? [] : [{ kind: "send", connection, event: known }];
}

/** Answers a request with `event`. */
export function reply({ connection, profile, id }: Origin, event: Event): Effect[] {
  return send(connection, profile, answering(id, event));
}

/** Refuses a request. */
export function refuse(origin: Origin, refusal: Refusal): Effect[] {
  return reply(origin, errorOf(refusal));
}

/** Refuses a request that came before `connect`. */
export function refuseUnconnected(
  connection: ConnectionHandle,
  { type, id }: Pick<Request, "type" | "id">,
): Effect[] {
  const origin = { connection, profile: "version 2", id } as const;
  return refuse(origin, { code: "not_connected", reason: `"${type}" came before "connect"` });
}

/** Sends a notification to `members`; nothing when nobody is there. */
export function notify(members: Members, payload: NotificationPayload, origin?: Origin): Effect[] {
  if (members.length === 0) return [];
  const event = { type: "notification", payload } as const;
  const own = origin === undefined
    ? undefined
    : { connection: origin.connection, event: answering<Event>(origin.id, event) };
  return [{ kind: "broadcast", members, event, own }];
}

/** How many are told by `effects`, of what is no message. */
export function fanOutOf(effects: readonly Effect[]): number {
  let count = 0;
  for (const effect of effects) {
    if (effect.kind === "broadcast" || effect.kind === "set topic") count += effect.members.length;
  }
  return count;
}

/** Tells those in a room who has come or gone; `but` is not told. */
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
 * Tells everyone who shares a room with `session`, and itself, once, of its new name.
 * Where another session of the former name stays, or one of the new name was there
 * before, somebody only came or only went.
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

/** Keeps how a session is now. Nothing in the lecture profile, whose sessions end with their connection. */
export function recordSession({ tokenHash, name, roomNames, authentication }: Session): Effect[] {
  if (tokenHash === undefined) return [];
  const rooms = [...roomNames];
  return [{
    kind: "append record",
    draft: { kind: "session", session: tokenHash, name, rooms, authentication },
  }];
}

/** Keeps that a session is over. */
export function recordQuit(tokenHash: string): Effect {
  return { kind: "append record", draft: { kind: "quit", session: tokenHash } };
}

/** Notes where a name that was never in the room before begins to read. */
export function recordArrival({ name, profile }: Session, room: Room): Effect[] {
  if (profile === "lecture" || !room.hasLog) return [];
  const draft = { kind: "read", name, room: room.name, seq: Infinity, ifNew: true } as const;
  return [{ kind: "append record", draft }];
}
