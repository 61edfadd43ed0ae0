/**
 * Requests (client → server) and events (server → client) as discriminated unions, and their
 * limits. `mod.ts` specifies what each of them means.
 */

import type { ErrorCode } from "./error_codes.ts";
import type { Access, Act, Ban, Duration, Role, RoomPayload, TopicBy } from "./rights.ts";

/** The limits of the wire. `connect_ack` sends them to version 2 clients. */
export const LIMITS = {
  /** Bytes in one line without its newline, in either direction. */
  line: 65_536,
  /** Nesting depth of the arrays and objects in one line. */
  depth: 4096,
  /** Code points in the text of a message or a direct message. */
  text: 4096,
  /** Code points in a name, after NFC. */
  name: 32,
  /** Code points in a room's name, after NFC. */
  room: 32,
  /** Code points in a room's topic. */
  topic: 256,
  /** Code points in a request's `id` and in a ping's `nonce`. */
  id: 64,
  /** Code points in a search query. */
  query: 256,
  /** Messages in one answer to `history` or `search`. */
  history: 500,
  /** Rooms that one session may be in: `connect_ack` and `unread` list them all in one line. */
  rooms: 256,
  /** Code points in a password, after NFC; and the minimum for a new one. */
  password: 256,
  shortest_password: 8,
  /** Sessions of one registered name that are connected, or hold its place, at a time. */
  sessions: 16,
  /** Seconds of a ban or a mute that is not for ever: ten years. */
  ban: 315_360_000,
  /** Seconds of slow mode. */
  slow: 3600,
  /** Code points in the reason of a kick, a ban or a mute. */
  reason: 256,
  /** Uses of one invitation code, and days for which it is good. */
  invite_uses: 1000,
  invite_days: 365,
  /** Bans and mutes of one room, invitation codes of one room. */
  bans: 1000,
  invites: 100,
} as const;

/** The version that this protocol module speaks, sent in `connect` and `connect_ack`. */
export const VERSION = 2;

/** The shape of every line on the wire. */
interface Envelope<Type extends string, Payload> {
  type: Type;
  /** Chosen by the client, at most {@linkcode LIMITS}`.id` long; the reply carries it back. */
  id?: string;
  payload: Payload;
}

type NoFields = Record<never, never>;

/** The requests (client → server): the payload of each, by its type. */
export interface Requests {
  /** Opens a session or resumes one. The first line of every connection. */
  connect: {
    name: string;
    room?: string;
    /** The highest version that the client speaks; left out by the lecture's clients. */
    version?: number;
    /** The token of a session that the client had before. */
    session?: string;
    /** The last `seq` that the client has seen, by room. */
    since?: Record<string, number>;
    /** The last `seq` that the client has seen of its direct messages. */
    direct_since?: number;
    /** The timeline of these positions, as the last `connect_ack` named it. */
    timeline?: string;
    password?: string;
    /** An invitation code for `room`. */
    code?: string;
  };
  /** Says something in a room. */
  message: { room?: string; text: string; ref?: number };
  /** Says something to one name. */
  direct: { to: string; text: string; ref?: number };
  /** Enters a room, which is created if there is none of that name. */
  join: { room: string; since?: number; code?: string };
  /** Leaves a room. */
  leave: { room: string };
  /** Changes the session's name. */
  rename: { name: string };
  /** Asks for a room's topic, or sets it; an empty one clears it. */
  topic: { room: string; topic?: string };
  /** Asks who is in a room; `after` is the last name of the previous page. */
  members: { room: string; after?: string };
  /** Asks which rooms there are; `after` is the last room of the previous page. */
  rooms: { after?: string };
  /** Asks for a room's messages before or after a `seq`. */
  history: { room: string; before?: number; after?: number; limit?: number };
  /** Searches the messages of the session's rooms. */
  search: { query: string; room?: string; from?: string; limit?: number };
  /** Sets the read mark: how far the person has read in a room. */
  read: { room: string; seq: number };
  /** Asks what is unread, by room. */
  unread: NoFields;
  /** Makes the session's name its own: from now on it needs this password. */
  register: { password: string };
  /** Changes the password of the session's name, and ends the name's other sessions. */
  password: { current: string; password: string };
  /** Makes the session's name anyone's again, and ends the name's other sessions. */
  unregister: { password: string };
  /** Asks for the sessions of the session's name. */
  sessions: NoFields;
  /** Ends one of the sessions that `sessions` lists. */
  end_session: { session: string };
  /** Asks how a room is run: its access, its owners and moderators, the own role. */
  room: { room: string };
  /** Changes how a room is run. */
  configure: { room: string; access?: Access; slow?: number; topic_by?: TopicBy };
  /** Gives a registered name a role in a room, or takes it down to `member`. */
  role: { room: string; name: string; role: Role };
  /** Invites a registered name; or, without a name, makes an invitation code. */
  invite: { room: string; name?: string; uses?: number; days?: number };
  /** Removes a name from a room, with its roles; with `for`, bans it. */
  kick: { room: string; name: string; reason?: string; for?: Duration };
  /** Takes a name's word in a room. */
  mute: { room: string; name: string; for: Duration; reason?: string };
  /** Gives a muted name its word back. */
  unmute: { room: string; name: string };
  /** Asks for a room's bans and mutes; `after` is the last name of the previous page. */
  bans: { room: string; after?: string };
  /** Lifts a ban. */
  unban: { room: string; name: string };
  /** Asks for a `pong`, which comes after everything that was asked before it. */
  ping: { nonce?: string };
  /** Answers the server's `ping`. */
  pong: { nonce?: string };
  /** Ends the session: its name is free and its token is void. The server closes. */
  quit: NoFields;
}

/** The `type` of a request. */
export type RequestType = keyof Requests;

/** The payload of a request: `Payload<"join">`. */
export type Payload<Type extends RequestType> = Requests[Type];

/** Any request, or the request of one type: `Request<"join">`. */
export type Request<Type extends RequestType = RequestType> = {
  [Each in Type]: Envelope<Each, Requests[Each]>;
}[Type];

/** The events (server → client): the payload of each, by its type. */
export interface Events {
  /** The session is open. In the lecture profile the payload is `message` alone. */
  connect_ack: {
    message: string;
    /** The session's name as the server writes it (NFC). */
    name?: string;
    /** Whether that name is registered. */
    registered?: boolean;
    room?: string;
    version?: number;
    /** The token that resumes this session. */
    session?: string;
    /** Whether `session` is the one that the client had. If not, its `ref`s mean nothing here. */
    resumed?: boolean;
    /** The server's name and version. */
    server?: string;
    limits?: Record<string, number>;
    /** The rooms that the session is in, each with the `seq` of its last message. */
    rooms?: RoomPosition[];
    /** The `seq` of the last direct message in the session's inbox. */
    direct?: number;
    /** The highest `ref` that the session has used; 0 for none. */
    ref?: number;
    /** The log's timeline: another one after the log was restored from a copy, or begun anew. */
    timeline?: string;
    /** With another timeline than the client's: its `since`, up to where that still holds. */
    since?: Record<string, number>;
    /** The same for its `direct_since`. */
    direct_since?: number;
  };
  /** Something was said in a room. */
  message: MessagePayload;
  /** Something was said to one name; the sender gets a copy too. */
  direct: DirectPayload;
  /** Something happened; `message` says it for a person, the rest for a program. */
  notification: NotificationPayload;
  /** A room's topic, as asked. */
  topic: { room: string; topic: string };
  /** The members of a room, in the order of folded names; `more` when there is a next page. */
  members: { room: string; members: string[]; total: number; more: boolean };
  /** The rooms of the server, in the order of folded names; `more` when there is a next page. */
  rooms: { rooms: RoomSummary[]; more: boolean };
  /** Messages of a room, oldest first; `more` when there are further ones in that direction. */
  history: { room: string; messages: MessagePayload[]; more: boolean };
  /** Messages that match, newest first; `incomplete` when some are not in the index yet. */
  search: { messages: MessagePayload[]; more: boolean; incomplete?: boolean };
  /** The unread counts, by room. */
  unread: { rooms: UnreadRoom[] };
  /** The sessions of the asking session's name, connected ones first. */
  sessions: { sessions: SessionSummary[] };
  /** How a room is run. */
  room: RoomPayload;
  /** An invitation code, for its maker alone. */
  invite: { room: string; code: string; uses: number; until: number };
  /** A room's bans and mutes, in the order of folded names; `more` when there is a next page. */
  bans: { room: string; bans: Ban[]; more: boolean };
  /** Asks for a `pong`: the connection has been silent. */
  ping: { nonce?: string };
  /** Answers `ping`. */
  pong: { nonce?: string };
  /** A request was refused, or the connection is about to close. */
  error: {
    code: ErrorCode;
    message: string;
    /** With `rate_limited`, `muted`, `slow_mode`: milliseconds until the request may be sent again. */
    retry_after?: number;
    /** With `ref_used`, `stale_ref`, `ref_expired`: the session's highest used `ref`. */
    ref?: number;
  };
}

/** The `type` of an event. */
export type EventType = keyof Events;

/** Any event, or the event of one type: `Event<"error">`. */
export type Event<Type extends EventType = EventType> = {
  [Each in Type]: Envelope<Each, Events[Each]>;
}[Type];

/** A message as events and answers carry it. */
export interface MessagePayload {
  sender: string;
  room: string;
  text: string;
  /** Counts from 1 in each room, without a gap. */
  seq: number;
  /** Epoch milliseconds of the server's clock. */
  at: number;
  /** On the sender's own copy only: the `ref` that it gave. */
  ref?: number;
  /** `act`: the sender did something, which `text` says for people; left out: it was said. */
  kind?: MessageKind;
  /** With `kind` `act`. */
  act?: Act;
}

/** The kinds of messages that are more than something said. */
export type MessageKind = "act";

/** A direct message as events carry it. */
export interface DirectPayload {
  sender: string;
  to: string;
  text: string;
  /** Counts from 1 in each inbox, without a gap; 0 when no inbox keeps it. */
  seq: number;
  /** Epoch milliseconds of the server's clock. */
  at: number;
  /** On the sender's own copy only: the `ref` that it gave. */
  ref?: number;
  /** With an invitation: the room that it is for. */
  room?: string;
}

/** The subject of a notification. */
export type NotificationKind =
  | "joined"
  | "left"
  | "renamed"
  | "topic"
  | "behind"
  | "caught_up"
  | "dropped"
  | "restored"
  | "registered"
  | "password_changed"
  | "unregistered"
  | "session_ended"
  | "kicked"
  | "banned"
  | "shutdown"
  | "error";

/** The payload of a notification. */
export interface NotificationPayload {
  message: string;
  event?: NotificationKind;
  room?: string;
  /** The name that joined, left, changed the topic, was given up or was registered. */
  name?: string;
  /** With `renamed`: the new name. */
  new_name?: string;
  /** With `topic`: the new topic. */
  topic?: string;
  /**
   * With `joined`, to the session that joined: the `seq` of the room's last message.
   * With `dropped`: the `seq` of the first message that is still kept. With `restored`: the
   * `seq` up to which the log has what the client has seen.
   */
  seq?: number;
  /** With `behind`: how many messages are still to come. */
  behind?: number;
  /** With `error`: the code that a version 2 client gets in an `error`. */
  code?: ErrorCode;
  retry_after?: number;
  /** With `kicked` and `banned`: the name of who did it, and why. */
  by?: string;
  reason?: string;
  /** With `banned`: epoch milliseconds until which it holds; left out for ever. */
  until?: number;
}

/** A room and the `seq` of its last message (0: none yet). */
export interface RoomPosition {
  room: string;
  seq: number;
}

/** A room as `rooms` lists it. */
export interface RoomSummary {
  room: string;
  members: number;
  topic: string;
  /** Left out where it is `open`. */
  access?: Access;
}

/** A room as `unread` lists it. */
export interface UnreadRoom extends RoomPosition {
  unread: number;
  mentions: number;
}

/** A session as `sessions` lists it. */
export interface SessionSummary {
  /** Its id for `end_session`; not a secret. */
  session: string;
  /** Whether it is the session that asks. */
  current: boolean;
  connected: boolean;
  /** Epoch milliseconds: when it connected, or when it lost its connection. */
  since: number;
  /** The address of a connected one. */
  address?: string;
}

/** An `error` event. */
export function errorEvent(
  code: ErrorCode,
  message: string,
  id?: string,
): Event<"error"> {
  const payload = { code, message };
  return id === undefined ? { type: "error", payload } : { type: "error", id, payload };
}

/**
 * The `error` `rate_limited`, or another that passes: `reason` says what there was too much of,
 * `milliseconds` when to try again.
 */
export function rateLimited(
  reason: string,
  milliseconds: number,
  id?: string,
  code: ErrorCode = "rate_limited",
): Event<"error"> {
  const wait = Math.ceil(milliseconds);
  const { payload, ...envelope } = errorEvent(
    code,
    `${reason}; try again in ${inWords(wait)}`,
    id,
  );
  return { ...envelope, payload: { ...payload, retry_after: wait } };
}

function inWords(milliseconds: number): string {
  const seconds = Math.ceil(milliseconds / 1000);
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 240 ? `${minutes} minutes` : `${Math.ceil(minutes / 60)} hours`;
}
