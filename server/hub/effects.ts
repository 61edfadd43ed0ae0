/**
 * Effects: what a rule wants done, as values, and the builders for them. The pipeline
 * carries them out in the order in which they left the hub; see `delivery/pipeline.ts`.
 */

import { type Event, type NotificationPayload, type Request } from "../../protocol/mod.ts";
import type { ConnectionHandle } from "./state/connection_handle.ts";
import type { Directory } from "./state/directory.ts";
import { toLectureEvent } from "./lecture_profile.ts";
import type {
  DirectDraft,
  Draft,
  MessageDraft,
  RetryDraft,
  TopicDraft,
} from "../log/message_log.ts";
import type { RightsDraft } from "../log/rights.ts";
import { errorOf, type Refusal } from "./state/refusal.ts";
import type { Members, Room } from "./state/room.ts";
import type { Profile, Session } from "./state/session.ts";

/** Send an event to one connection. */
export interface Send {
  kind: "send";
  connection: ConnectionHandle;
  /** A function where the event depends on how far the log has come when it leaves. */
  event: Event | (() => Event);
  /** Whether a lagging connection is not sent it. */
  isLiveOnly?: boolean;
}

/** The request behind an effect: its connection's own copy of an event carries the request's `id`. */
export interface Origin {
  connection: ConnectionHandle;
  profile: Profile;
  id: string | undefined;
}

/** A request on its way through a rule. */
export interface Call {
  directory: Directory;
  session: Session;
  origin: Origin;
  /** Milliseconds of the hub's clock. */
  now: number;
}

/** Send one event to the members of a room as they were when the hub decided. */
export interface Broadcast {
  kind: "broadcast";
  members: Members;
  event: Event;
  /** One connection's own form of the event. */
  own?: { connection: ConnectionHandle; event: Event } | undefined;
}

/** Append a message to the log; then send it to `members`. */
export interface AppendMessage {
  kind: "append message";
  draft: MessageDraft;
  /** The author. */
  session: Session;
  room: Room;
  members: Members;
  origin: Origin;
}

/** Append a direct message to the log; then send it to `targets` and its sender. */
export interface AppendDirect {
  kind: "append direct";
  draft: DirectDraft;
  /** The author. */
  session: Session;
  /** The sessions in the directory that are to be sent it. */
  targets: readonly Target[];
  origin: Origin;
}

/** A session that is to be sent a direct message, and the connection that it had then. */
export interface Target {
  session: Session;
  connection: ConnectionHandle | undefined;
}

/** Answer a `ref` that was used before for the same message; refuse any other. */
export interface ResolveRef {
  kind: "resolve ref";
  draft: RetryDraft;
  origin: Origin;
  refusal: Refusal;
}

/** Append a room's topic, which the room has already; then notify `members`. */
export interface SetTopic {
  kind: "set topic";
  draft: TopicDraft;
  room: Room;
  members: Members;
  payload: NotificationPayload;
  origin: Origin;
}

/** Append changes of a room's rights, which the room has already; with an entry, send that to `members`. */
export interface AppendRights {
  kind: "append rights";
  draft: RightsDraft;
  room: Room;
  members: Members;
  origin?: Origin | undefined;
  /** Effects before the entry and behind it, once it is kept. */
  first: readonly Effect[];
  then: readonly Effect[];
  /** The sessions that are in the room no more by it. */
  removed: readonly { session: Session; connection: ConnectionHandle }[];
}

/** Append something to the log that no connection is sent. */
export interface AppendRecord {
  kind: "append record";
  draft: Draft;
}

/** Send the connection the messages of a room from now on, beginning after `since`. */
export interface Subscribe {
  kind: "subscribe";
  connection: ConnectionHandle;
  session: Session;
  room: Room;
  /** A `seq`; left out: with the next message. */
  since: number | undefined;
}

/** Send the connection its session's inbox from now on. */
export interface SubscribeInbox {
  kind: "subscribe inbox";
  connection: ConnectionHandle;
  session: Session;
  /** A `seq` to begin after; left out: with the next direct message. */
  since: number | undefined;
}

/** Send the connection the messages of a room no longer. */
export interface Unsubscribe {
  kind: "unsubscribe";
  connection: ConnectionHandle;
  room: Room;
  /** Whether not even the session's own messages are sent any more. */
  isAtOnce?: boolean;
}

/** Close a connection once everything sent before has left. */
export interface Close {
  kind: "close";
  connection: ConnectionHandle;
  /** Whether to wait for the connection's own messages too, which may still have to come from the log. */
  isAfterAnswers?: boolean;
}

/** Resolve once everything before this has been carried out. */
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
  | AppendRights
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

/** Sends `event` to one connection in the form that its profile knows; nothing where it knows none. */
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

/** Answers a request with an event, or refuses it. */
export function answer(origin: Origin, answer: Event | Refusal): Effect[] {
  return "code" in answer ? refuse(origin, answer) : reply(origin, answer);
}

/** Refuses a request that came before `connect`. */
export function refuseUnconnected(
  connection: ConnectionHandle,
  { type, id }: Pick<Request, "type" | "id">,
): Effect[] {
  const origin = { connection, profile: "version 2", id } as const;
  return refuse(origin, { code: "not_connected", reason: `"${type}" came before "connect"` });
}

const FANS_OUT: ReadonlySet<Effect["kind"]> = new Set(["broadcast", "set topic", "append rights"]);

/** How many events `effects` send that are no messages, each to one member. */
export function fanOutOf(effects: readonly Effect[]): number {
  let count = 0;
  for (const effect of effects) {
    if (FANS_OUT.has(effect.kind)) count += (effect as Broadcast).members.length;
  }
  return count;
}

/** Records a session as it is now. Nothing in the lecture profile, whose sessions end with their connection. */
export function recordSession({ tokenHash, name, roomNames, authentication }: Session): Effect[] {
  if (tokenHash === undefined) return [];
  const rooms = [...roomNames];
  return [{
    kind: "append record",
    draft: { kind: "session", session: tokenHash, name, rooms, authentication },
  }];
}

/** Records that a session is over. */
export function recordQuit(tokenHash: string): Effect {
  return { kind: "append record", draft: { kind: "quit", session: tokenHash } };
}

/** Records where a name that was never in the room before begins to read. */
export function recordArrival({ name, profile }: Session, room: Room): Effect[] {
  if (profile === "lecture" || !room.hasLog) return [];
  const draft = { kind: "read", name, room: room.name, seq: Infinity, ifNew: true } as const;
  return [{ kind: "append record", draft }];
}
