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
  type Call,
  type Effect,
  recordArrival,
  recordSession,
  refuse,
  reply,
} from "./effects.ts";
import type { Directory } from "./state/directory.ts";
import type { Account } from "../log/account_store.ts";
import type { DirectDraft } from "../log/message_log.ts";
import type { HubRequest } from "./request_table.ts";
import { listMembers, listRooms, seenRoom } from "./listings.ts";
import { founding, recordChanges } from "./acts.ts";
import { codeChanges, entryRefusal, silenceRefusal, stayRefusal } from "./rights/entry.ts";
import { rightRefusal, serverBanRefusal } from "./rights/rights.ts";
import { inviteByCode, inviteName, ROOM_RULES, roomToInviteTo } from "./room_requests.ts";
import { skeletonsOf } from "./state/skeletons.ts";
import { announceRename } from "./notifications.ts";
import { joinRoom, leaveRoom, quit, roomOf, roomRefusal } from "./lifecycle.ts";
import type { Refusal } from "./state/refusal.ts";
import type { Room } from "./state/room.ts";
import type { Session } from "./state/session.ts";

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
  members: (call, payload) => answer(call.origin, listMembers(call.directory, call, payload)),
  rooms: (call, payload) => answer(call.origin, listRooms(call.directory, call, payload)),
  read,
  ...ROOM_RULES,
  invite,
  ping: ({ origin }, payload) => reply(origin, { type: "pong", payload }),
  pong: () => [],
  quit: ({ directory, session, origin, now }) => quit(directory, session, origin.connection, now),
};

function say(call: Call, payload: Payload<"message">): Effect[] {
  const { session, origin } = call;
  const room = payload.room === undefined ? onlyRoom(session) : roomOf(session, payload.room);
  if (room === undefined) return resolveRef(call, payload, roomRefusal(session, payload.room));
  if (room.rights !== undefined) {
    const refusal = speechRefusal(call, room, payload);
    if (refusal !== undefined) return resolveRef(call, payload, refusal);
  }
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
  const { members } = room;
  const message: Effect = { kind: "append message", draft, session, room, members, origin };
  return room.rights === undefined ? [message] : [...founding(room), message];
}

/** Why a message may not be said now; a message that may starts the wait of slow mode. */
function speechRefusal(
  { directory, session, now }: Call,
  room: Room,
  { ref = Infinity }: Payload<"message">,
): Refusal | undefined {
  const refusal = rightRefusal(directory, room, session, "speak", now);
  // A message that is sent again is none: its answer is the log's.
  if (refusal === undefined && ref > session.ref) room.rights?.noteSpeech(session, now);
  return refusal;
}

/** Refuses a message that may not be said now, unless the log has it from when it might. */
function resolveRef(
  { session, origin }: Call,
  payload: Payload<"message">,
  refusal: Refusal,
): Effect[] {
  const { name: sender, tokenHash } = session;
  if (payload.ref === undefined || tokenHash === undefined) {
    return refuse(origin, refusal);
  }
  const draft = { kind: "retry", sender, session: tokenHash, ...payload } as const;
  return [{ kind: "resolve ref", draft, origin, refusal }];
}

function direct(
  { directory, session, origin }: Call,
  { to, text, ref, room }: Payload<"direct"> & { room?: string },
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
    room,
  } as const;
  const listeners = new Set([...recipients, ...devices]);
  if (!recipients.includes(session)) listeners.delete(session);
  const targets = [...listeners].map((each) => ({ session: each, connection: each.connection }));
  return [{ kind: "append direct", draft, session, targets, origin }];
}

function invite(call: Call, payload: Payload<"invite">): Effect[] {
  const { origin } = call;
  const { name } = payload;
  const room = roomToInviteTo(call, payload);
  if ("code" in room) return refuse(origin, room);
  const effects = name === undefined
    ? inviteByCode(call, room, payload)
    : inviteName(call, room, name);
  if ("code" in effects) return refuse(origin, effects);
  if (name === undefined) return effects;
  // The answer is the act: the copy of the direct message is none.
  const quiet = { ...call, origin: { ...origin, id: undefined } };
  const text = `invites you to ${room.name}`;
  return [...effects, ...direct(quiet, { to: name, text, room: room.name })];
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
  { directory, session, origin, now }: Call,
  { room: name, since, code }: Payload<"join">,
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
  const refusal = entryRefusal(directory, name, session, now, code) ??
    directory.lookalikeRefusal(session.name, [name], session);
  if (refusal !== undefined) return refuse(origin, refusal);
  const { connection, id } = origin;
  const { room, effects } = joinRoom(directory, session, connection, name);
  const used = recordChanges(room, codeChanges(directory, room, session, now, code));
  const payload = notification(session, room, "joined", `${session.name} has joined the room.`);
  const event = () =>
    answering<Event>(id, { type: "notification", payload: { ...payload, seq: room.seq } });
  return [
    ...used,
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
  return renamedRefusal(directory, session, name, now) ??
    directory.lookalikeRefusal(name, session.roomNames, session);
}

/** Why the rights of the session's rooms, or a ban, keep it from another name. */
function renamedRefusal(
  directory: Directory,
  session: Session,
  name: string,
  now: number,
): Refusal | undefined {
  if (fold(name) === session.fold) return undefined;
  const { roomNames, tokenHash, connection } = session;
  const renamed = { name, fold: fold(name), skeletons: skeletonsOf(name), tokenHash, connection };
  return serverBanRefusal(directory, renamed, now) ??
    silenceRefusal(directory, roomNames, session, now) ??
    stayRefusal(directory, roomNames, renamed, now);
}

function topic(call: Call, { room: name, topic }: Payload<"topic">): Effect[] {
  const { directory, session, origin, now } = call;
  if (topic === undefined) {
    const room = seenRoom(directory, call, name);
    if ("code" in room) return refuse(origin, room);
    return reply(origin, { type: "topic", payload: { room: room.name, topic: room.topic } });
  }
  const room = roomOf(session, name);
  if (room === undefined) return refuse(origin, roomRefusal(session, name));
  const refusal = rightRefusal(directory, room, session, "topic", now);
  if (refusal !== undefined) return refuse(origin, refusal);
  room.topic = topic;
  const text = topic === ""
    ? `${session.name} has cleared the topic.`
    : `${session.name} has set the topic to: ${topic}`;
  const payload = { ...notification(session, room, "topic", text), topic };
  const draft = { kind: "topic", room: room.name, topic } as const;
  const { members } = room;
  return [...founding(room), { kind: "set topic", draft, room, members, payload, origin }];
}

function read({ session, origin }: Call, { room: name, seq }: Payload<"read">): Effect[] {
  const room = roomOf(session, name);
  if (room === undefined) return refuse(origin, roomRefusal(session, name));
  // The room has no messages to mark as read, and the log need not learn of it for that.
  if (!room.hasLog) return [];
  const draft = { kind: "read", name: session.name, room: room.name, seq, ifNew: false } as const;
  return [{ kind: "append record", draft }];
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
