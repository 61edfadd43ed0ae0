/**
 * The effects of each request once a session is open: a table of rules, one for each type.
 * A rule reads the directory, changes it, and returns effects; it waits for nothing.
 *
 * The path of a request: `connection/reader.ts` cuts its line, `peer/peer.ts` decodes it,
 * holds it against the limits and calls {@linkcode RULES} by way of `Hub.handle()`. The rule's
 * effects go to `delivery/pipeline.ts`, which appends their drafts to the log; `deliver.ts` says
 * what follows from the log's answer, and the pipeline sends that to the connections. `join`,
 * for one, is the function of that name below. `connect` has a file of its own, `connect.ts`;
 * `request_table.ts` says where the other requests go.
 */

import {
  type Event,
  fold,
  type NotificationPayload,
  type Payload,
  type RequestType,
} from "../../protocol/mod.ts";
import {
  answer,
  answering,
  type Effect,
  type Origin,
  recordArrival,
  recordSession,
  refuse,
  reply,
} from "./effects.ts";
import type { Directory } from "./state/directory.ts";
import type { Account } from "../log/account_store.ts";
import type { DirectDraft } from "../log/message_log.ts";
import type { HubRequest } from "./request_table.ts";
import { listMembers, listRooms, unknownRoom } from "./listings.ts";
import { announceRename } from "./notifications.ts";
import { joinRoom, leaveRoom, quit } from "./lifecycle.ts";
import type { Refusal } from "./state/refusal.ts";
import type { Room } from "./state/room.ts";
import type { Session } from "./state/session.ts";

/** A request on its way through a rule. */
export interface Call {
  directory: Directory;
  session: Session;
  origin: Origin;
  /** Milliseconds of the hub's clock. */
  now: number;
}

type Rule<Type extends RequestType> = (call: Call, payload: Payload<Type>) => Effect[];

/** A rule for every request that the directory suffices for. */
export type Rules = { [Type in HubRequest["type"]]: Rule<Type> };

/** The rules by request type. */
export const RULES: Rules = {
  message: say,
  direct,
  join,
  leave,
  rename,
  topic,
  members: ({ directory, origin }, payload) => answer(origin, listMembers(directory, payload)),
  rooms: ({ directory, origin }, payload) => answer(origin, listRooms(directory, payload)),
  read,
  room: (call) => UNDECIDED(call),
  configure: (call) => UNDECIDED(call),
  role: (call) => UNDECIDED(call),
  invite: (call) => UNDECIDED(call),
  kick: (call) => UNDECIDED(call),
  mute: (call) => UNDECIDED(call),
  unmute: (call) => UNDECIDED(call),
  bans: (call) => UNDECIDED(call),
  unban: (call) => UNDECIDED(call),
  ping: ({ origin }, payload) => reply(origin, { type: "pong", payload }),
  pong: () => [],
  quit: ({ directory, session, origin, now }) => quit(directory, session, origin.connection, now),
};

function say({ session, origin }: Call, payload: Payload<"message">): Effect[] {
  const room = payload.room === undefined ? onlyRoom(session) : roomOf(session, payload.room);
  if (room === undefined) return resolveRef(session, origin, payload);
  room.hasLog = true;
  const draft = {
    kind: "message",
    room: room.name,
    isRoomImplied: payload.room === undefined,
    text: payload.text,
    sender: session.name,
    session: session.tokenHash,
    ref: payload.ref,
  } as const;
  return [{ kind: "append message", draft, session, room, members: room.members, origin }];
}

/** Refuses a message to a room that the session is not in, unless the log has it from when it was there. */
function resolveRef(session: Session, origin: Origin, payload: Payload<"message">): Effect[] {
  const refusal = roomRefusal(session, payload.room);
  const { name: sender, tokenHash } = session;
  if (payload.ref === undefined || tokenHash === undefined) {
    return refuse(origin, refusal);
  }
  const draft = { kind: "retry", sender, session: tokenHash, ...payload } as const;
  return [{ kind: "resolve ref", draft, origin, refusal }];
}

function direct(
  { directory, session, origin }: Call,
  { to, text, ref }: Payload<"direct">,
): Effect[] {
  const { names } = directory;
  const recipients = names.holders(to);
  const account = names.accountOf(to);
  // A direct message from one device of a name goes to its other devices too.
  const devices = session.authentication === undefined ? [] : names.holders(session.name);
  const draft = {
    kind: "direct",
    to: recipients[0]?.name ?? account?.name ?? to,
    text,
    sender: session.name,
    session: session.tokenHash,
    ref,
    inbox: account === undefined ? inboxOf(recipients[0]) : inboxesOf(account, recipients),
    copies: session.authentication?.account,
  } as const;
  const listeners = new Set([...recipients, ...devices]);
  if (!recipients.includes(session)) listeners.delete(session);
  const targets = [...listeners].map((each) => ({ session: each, connection: each.connection }));
  return [{ kind: "append direct", draft, session, targets, origin }];
}

/** The inbox that keeps a direct message for `target`; a session that is not here may be known to the log. */
function inboxOf(target: Session | undefined): DirectDraft["inbox"] {
  if (target === undefined) return "by name";
  return target.tokenHash === undefined ? undefined : { session: target.tokenHash };
}

/** The inboxes that keep a direct message to a registered name: those of all its sessions, here or not. */
function inboxesOf(account: Account, recipients: readonly Session[]): DirectDraft["inbox"] {
  const sessions = recipients.flatMap(({ tokenHash }) =>
    tokenHash === undefined ? [] : [tokenHash]
  );
  return { account: account.id, sessions, isHere: sessions.length < recipients.length };
}

function join(
  { directory, session, origin }: Call,
  { room: name, since }: Payload<"join">,
): Effect[] {
  if (roomOf(session, name) !== undefined) {
    return refuse(origin, { code: "already_in_room", reason: `You are in ${name} already` });
  }
  const most = directory.roomLimits.roomsOfSession;
  if (session.rooms.size >= most) {
    const reason =
      `You are in ${session.rooms.size} rooms, and ${most} is the most; leave one first`;
    return refuse(origin, { code: "too_many_rooms", reason });
  }
  const refusal = directory.joinRefusal(name) ??
    directory.lookalikeRefusal(session.name, [name], session);
  if (refusal !== undefined) return refuse(origin, refusal);
  const { connection, id } = origin;
  const { room, effects } = joinRoom(directory, session, connection, name);
  const payload = notification(session, room, "joined", `${session.name} has joined the room.`);
  const event = () =>
    answering<Event>(id, { type: "notification", payload: { ...payload, seq: room.seq } });
  return [
    ...recordSession(session),
    ...recordArrival(session, room),
    { kind: "send", connection, event },
    { kind: "subscribe", connection, session, room, since },
    ...effects,
  ];
}

function leave({ directory, session, origin }: Call, { room: name }: Payload<"leave">): Effect[] {
  const room = roomOf(session, name);
  if (room === undefined) return refuse(origin, roomRefusal(session, name));
  const others = leaveRoom(directory, session, room);
  const payload = notification(session, room, "left", `${session.name} has left the room.`);
  return [
    ...recordSession(session),
    { kind: "unsubscribe", connection: origin.connection, room },
    ...reply(origin, { type: "notification", payload }),
    ...others,
  ];
}

function rename({ directory, session, origin, now }: Call, { name }: Payload<"rename">): Effect[] {
  const former = { name: session.name, fold: session.fold };
  const refusal = renameRefusal(directory, session, name, now);
  if (refusal !== undefined) return refuse(origin, refusal);
  if (fold(name) !== session.fold) {
    for (const holder of directory.names.holders(name)) directory.names.remove(holder);
  }
  directory.setName(session, name);
  if (session.fold !== former.fold) session.authentication = undefined;
  return [...recordSession(session), ...announceRename(session, former, origin)];
}

function renameRefusal(
  directory: Directory,
  session: Session,
  name: string,
  now: number,
): Refusal | undefined {
  if (fold(name) !== session.fold) {
    if (!directory.mayUse(name, undefined)) {
      const reason = `"${name}" needs a password; connect with it instead`;
      return { code: "password_required", reason };
    }
    const [holder] = directory.names.holders(name);
    if (holder !== undefined && holder.holdsNameFor(now) > 0) {
      return { code: "name_taken", reason: `The name "${name}" is taken; choose another` };
    }
  }
  return directory.lookalikeRefusal(name, session.roomNames, session);
}

function topic(
  { directory, session, origin }: Call,
  { room: name, topic }: Payload<"topic">,
): Effect[] {
  if (topic === undefined) {
    const room = directory.room(name);
    if (room === undefined) return refuse(origin, unknownRoom(name));
    return reply(origin, { type: "topic", payload: { room: room.name, topic: room.topic } });
  }
  const room = roomOf(session, name);
  if (room === undefined) return refuse(origin, roomRefusal(session, name));
  room.topic = topic;
  const text = topic === ""
    ? `${session.name} has cleared the topic.`
    : `${session.name} has set the topic to: ${topic}`;
  const payload = { ...notification(session, room, "topic", text), topic };
  const draft = { kind: "topic", room: room.name, topic } as const;
  return [{ kind: "set topic", draft, room, members: room.members, payload, origin }];
}

function read({ session, origin }: Call, { room: name, seq }: Payload<"read">): Effect[] {
  const room = roomOf(session, name);
  if (room === undefined) return refuse(origin, roomRefusal(session, name));
  // The room has no messages to mark as read, and the log need not learn of it for that.
  if (!room.hasLog) return [];
  const draft = { kind: "read", name: session.name, room: room.name, seq, ifNew: false } as const;
  return [{ kind: "append record", draft }];
}

/** The room of that name, if `session` is in it. */
export function roomOf(session: Session, name: string): Room | undefined {
  return session.rooms.get(fold(name));
}

/** The room of `session`, if it is in exactly one. */
function onlyRoom(session: Session): Room | undefined {
  if (session.rooms.size !== 1) return undefined;
  const [room] = session.rooms.values();
  return room;
}

function notification(
  session: Session,
  room: Room,
  event: NotificationPayload["event"] & string,
  message: string,
): NotificationPayload {
  return { message, event, room: room.name, name: session.name };
}

/** Refuses what can only be done in a room that the session is in; `name` as the request had it. */
export function roomRefusal(session: Session, name: string | undefined): Refusal {
  if (name !== undefined) return { code: "not_in_room", reason: `You are not in ${name}` };
  const reason = `Say which room: you are in ${session.rooms.size}, not in exactly one`;
  return { code: "room_required", reason };
}

const UNDECIDED = ({ origin }: Call) =>
  refuse(origin, { code: "not_allowed", reason: "Rooms have no rights yet" });
