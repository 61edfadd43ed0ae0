/**
 * The rules of the requests that run a room: its rights, roles, invitations, bans. Each asks
 * `rights/rights.ts` for the right to it, decides on an act, and leaves the rest to `acts.ts`.
 */

import { type Act, fold, type Payload, type RoomPayload } from "../../protocol/mod.ts";
import { DAY } from "../process/time.ts";
import type { RightsChange, StoredBan } from "../log/rights.ts";
import { enact, removeFrom } from "./acts.ts";
import { answer, type Call, type Effect, refuse, reply } from "./effects.ts";
import { roomOf, roomRefusal } from "./lifecycle.ts";
import { countUpTo, type Room, sortByFold } from "./state/room.ts";
import { RoomRights } from "./state/room_rights.ts";
import type { Refusal } from "./state/refusal.ts";
import { isFull, membership } from "./rights/entry.ts";
import { isAtLeast, rankOf, rankOfName, RANKS, type Right, rightRefusal } from "./rights/rights.ts";
import { seenRoom } from "./listings.ts";

/** Names of owners, and of moderators, in one answer to `room`. */
const NAMES_LISTED = 100;

/** Bans on one page of `bans`: name, author and reason take at most 1,400 bytes of the line. */
const BANS_PAGE = 40;

/** The rules, but for `invite` with a name, which needs a direct message too. */
export const ROOM_RULES = {
  room: (call: Call, payload: Payload<"room">) => answer(call.origin, describe(call, payload)),
  configure,
  role,
  kick,
  mute,
  unmute: (call: Call, payload: Payload<"unmute">) => lift(call, payload, "mute"),
  bans,
  unban: (call: Call, payload: Payload<"unban">) => lift(call, payload, "ban"),
};

function describe(call: Call, { room: name }: Payload<"room">) {
  const { directory, session } = call;
  const room = seenRoom(directory, call, name);
  if ("code" in room) return room;
  const rights = room.rights ?? new RoomRights();
  const { access, slow, topicBy: topic_by } = rights.settings;
  const named = (role: "owner" | "moderator") =>
    rights.withRole(role).flatMap((id) => directory.names.nameOf(id) ?? []).slice(0, NAMES_LISTED);
  const payload: RoomPayload = {
    ...{ room: room.name, topic: room.topic, access, slow, topic_by },
    ...{ owners: named("owner"), moderators: named("moderator") },
    you: rankOf(directory, room, session),
  };
  return { type: "room", payload } as const;
}

/** The room of a request that runs it, if the session is in it and has the right; or the refusal. */
function roomToRun({ directory, session, now }: Call, name: string, right: Right): Room | Refusal {
  const room = roomOf(session, name);
  if (room === undefined) return roomRefusal(session, name);
  return rightRefusal(directory, room, session, right, now) ?? room;
}

/** Why a name is out of reach for the session: its rank is not below the session's own. */
function reachRefusal({ directory, session }: Call, room: Room, name: string): Refusal | undefined {
  const rank = rankOfName(directory, room, name);
  const own = rankOf(directory, room, session);
  if (RANKS.indexOf(rank) < RANKS.indexOf(own)) return undefined;
  const reason = rank === "operator"
    ? `${name} is an operator of the server`
    : `${name} is ${rank} in ${room.name}, and you are no more than that`;
  return { code: "not_allowed", reason };
}

function configure(call: Call, { room: name, ...asked }: Payload<"configure">): Effect[] {
  const { session, origin } = call;
  const room = roomToRun(call, name, "own");
  if ("code" in room) return refuse(origin, room);
  if (Object.keys(asked).length === 0) {
    const reason = 'Cannot accept "configure": payload.access, slow and topic_by are missing';
    return refuse(origin, { code: "missing_field", reason });
  }
  const { access, slow, topic_by } = asked;
  const before = (room.rights ?? new RoomRights()).settings;
  const value = {
    access: access ?? before.access,
    slow: slow ?? before.slow,
    topicBy: topic_by ?? before.topicBy,
  };
  const changes: RightsChange[] = [{ kind: "settings", value }];
  // Everybody who is in the room stays, and may come back.
  if (access === "invite") changes.push(...present(call, room));
  const act: Act = { event: "configured", ...asked };
  return enact({ room, act, changes, sender: session.name, origin });
}

function present({ directory }: Call, room: Room): RightsChange[] {
  return [...room.sessions].flatMap((session) => {
    const role = session.authentication && room.rights?.roleOf(session.authentication.account);
    const isKnown = role !== undefined || rankOf(directory, room, session) === "member";
    return isKnown ? [] : membership(session);
  });
}

function role(call: Call, { room: roomName, name, role }: Payload<"role">): Effect[] {
  const { directory, session, origin } = call;
  const account = directory.names.accountOf(name);
  const current = roomOf(session, roomName)?.rights?.roleOf(account?.id ?? 0) ?? "none";
  const isHigh = isAtLeast(role, "moderator") || isAtLeast(current, "moderator");
  const room = roomToRun(call, roomName, isHigh ? "own" : "moderate");
  if ("code" in room) return refuse(origin, room);
  if (account === undefined) return refuse(origin, unregistered(name));
  const isSelf = account.id === session.authentication?.account;
  const isRaise = RANKS.indexOf(role) >= RANKS.indexOf(current);
  const refusal = heldRefusal(call, room, account.name) ??
    (isSelf || isRaise ? undefined : reachRefusal(call, room, account.name)) ??
    lastOwnerRefusal(room, account.id, role);
  if (refusal !== undefined) return refuse(origin, refusal);
  const changes = [{ kind: "role", account: account.id, value: role }] as const;
  const act = { event: "role", name: account.name, role } as const;
  return enact({ room, act, changes, sender: session.name, origin });
}

function lastOwnerRefusal(
  { name, rights }: Room,
  account: number,
  role: string,
): Refusal | undefined {
  const owners = rights?.withRole("owner") ?? [];
  if (role === "owner" || owners.length !== 1 || owners[0] !== account) return undefined;
  const reason = `${name} would belong to nobody; give it to someone else first`;
  return { code: "not_allowed", reason };
}

/** Why a banned name is not invited, and gets no role. */
function heldRefusal({ directory, now }: Call, room: Room, name: string): Refusal | undefined {
  const ban = findBan(room, "ban", name, directory.toEpoch(now));
  if (ban === undefined) return undefined;
  return { code: "not_allowed", reason: `${name} is banned from ${room.name}; unban it first` };
}

function unregistered(name: string): Refusal {
  const reason = `"${name}" is not registered, and only registered names have rights`;
  return { code: "not_registered", reason };
}

/** Invites a registered name, which is a member from now on; the direct message is the caller's. */
export function inviteName(call: Call, room: Room, name: string): Effect[] | Refusal {
  const { directory, session, origin } = call;
  const account = directory.names.accountOf(name);
  if (account === undefined) return unregistered(name);
  const refusal = heldRefusal(call, room, account.name);
  if (refusal !== undefined) return refusal;
  const value = room.rights?.roleOf(account.id) ?? "member";
  const changes = [{ kind: "role", account: account.id, value }] as const;
  const act = { event: "invited", name: account.name } as const;
  return enact({ room, act, changes, sender: session.name, origin });
}

/** The room that a session may invite to; or the refusal. */
export function roomToInviteTo(
  call: Call,
  { room, name, uses, days }: Payload<"invite">,
): Room | Refusal {
  if (name === undefined || (uses ?? days) === undefined) return roomToRun(call, room, "moderate");
  const reason = 'Cannot accept "invite": payload.name excludes payload.uses and payload.days';
  return { code: "bad_field", reason };
}

/** Makes an invitation code, which its maker alone is told. */
export function inviteByCode(
  { directory, session, origin, now }: Call,
  room: Room,
  { uses = 1, days = 7 }: Payload<"invite">,
): Effect[] | Refusal {
  const epoch = directory.toEpoch(now);
  const over = (room.rights?.codes ?? []).filter(({ value }) => (value?.until ?? 0) <= epoch)
    .map((code) => ({ ...code, value: undefined }));
  if (over.length === 0 && room.rights !== undefined && isFull(room.rights, "invites")) {
    return { code: "not_allowed", reason: `${room.name} has as many codes as it may have` };
  }
  const code = directory.makeCode();
  const until = epoch + days * DAY;
  const changes = [...over, { kind: "code", code, value: { uses, until } } as const];
  const act = { event: "invited", uses, until } as const;
  const payload = { room: room.name, code, uses, until };
  const first = reply(origin, { type: "invite", payload });
  const own = { ...origin, id: undefined };
  return enact({ room, act, changes, sender: session.name, origin: own, first });
}

function kick(call: Call, { room: roomName, name, reason, for: time }: Payload<"kick">): Effect[] {
  const { directory, session, origin } = call;
  const room = roomToRun(call, roomName, "moderate");
  if ("code" in room) return refuse(origin, room);
  const refusal = reachRefusal(call, room, name) ??
    (time === undefined ? undefined : fullRefusal(room));
  if (refusal !== undefined) return refuse(origin, refusal);
  const folded = fold(name);
  const sessions = [...room.sessions].filter((each) => each.fold === folded);
  const memberships = membershipsOf(call, room, name);
  if (time === undefined && sessions.length === 0 && memberships.length === 0) {
    return refuse(origin, { code: "unknown_name", reason: `Nobody in ${room.name} is "${name}"` });
  }
  const known = sessions[0]?.name ?? directory.names.accountOf(name)?.name ?? name;
  const ban = time === undefined ? undefined : banOf(call, "ban", known, time, reason);
  const act: Act = {
    event: ban === undefined ? "kicked" : "banned",
    name: known,
    ...ban?.until === undefined ? {} : { until: ban.until },
    ...reason === undefined ? {} : { reason },
  };
  const banned: RightsChange[] = ban === undefined ? [] : [
    ...overBans(call, room),
    { kind: "ban", name: known, value: ban },
  ];
  const { records, ...removal } = removeFrom(directory, room, sessions, {
    act,
    sender: session.name,
  });
  const changes = [...memberships, ...banned];
  return [...enact({ room, act, changes, sender: session.name, origin, ...removal }), ...records];
}

/** The changes that take from a name what lets it come back. */
function membershipsOf({ directory }: Call, { rights }: Room, name: string): RightsChange[] {
  if (rights === undefined) return [];
  const account = directory.names.accountOf(name);
  const hasRole = account !== undefined && rights.roleOf(account.id) !== undefined;
  const role = { kind: "role", account: account?.id ?? 0, value: undefined } as const;
  const folded = fold(name);
  const guests = rights.guests.filter(({ session, value }) =>
    fold(directory.names.withToken(session)?.name ?? value ?? "") === folded
  ).map(({ session }) => ({ kind: "guest", session, value: undefined }) as const);
  return [...hasRole ? [role] : [], ...guests];
}

function mute(call: Call, { room: roomName, name, for: time, reason }: Payload<"mute">): Effect[] {
  const { session, origin, directory } = call;
  const room = roomToRun(call, roomName, "moderate");
  if ("code" in room) return refuse(origin, room);
  const refusal = reachRefusal(call, room, name) ?? fullRefusal(room);
  if (refusal !== undefined) return refuse(origin, refusal);
  const known = directory.names.holders(name)[0]?.name ?? name;
  const { addresses: _, ...value } = banOf(call, "mute", known, time, reason);
  const changes = [...overBans(call, room), { kind: "mute", name: known, value } as const];
  const act: Act = {
    event: "muted",
    name: known,
    ...value.until === undefined ? {} : { until: value.until },
    ...reason === undefined ? {} : { reason },
  };
  return enact({ room, act, changes, sender: session.name, origin });
}

/** A ban, or a mute, from now on. */
function banOf(
  { directory, session, now }: Call,
  kind: "ban" | "mute",
  name: string,
  time: number | "ever",
  reason: string | undefined,
): StoredBan {
  const at = directory.toEpoch(now);
  const addresses = directory.names.holders(name).flatMap(({ connection }) =>
    connection?.addressKey ?? []
  );
  const until = time === "ever" ? undefined : at + time * 1000;
  return { kind, name, addresses: [...new Set(addresses)], by: session.name, reason, at, until };
}

function fullRefusal({ name, rights }: Room): Refusal | undefined {
  if (rights === undefined || !isFull(rights, "bans")) return undefined;
  const reason = `${name} has ${rights.bans.length} bans and mutes, and that is the most`;
  return { code: "not_allowed", reason };
}

/** The changes that forget some bans that are over. */
function overBans({ directory, now }: Call, { rights }: Room): RightsChange[] {
  const epoch = directory.toEpoch(now);
  return (rights?.bans ?? []).filter((ban) => !ban.holds(epoch)).slice(0, 10)
    .map(({ stored: { kind, name } }) => ({ kind, name, value: undefined }) as RightsChange);
}

function lift(
  call: Call,
  { room: roomName, name }: Payload<"unban">,
  kind: "ban" | "mute",
): Effect[] {
  const { directory, session, origin, now } = call;
  const room = roomToRun(call, roomName, "moderate");
  if ("code" in room) return refuse(origin, room);
  const ban = findBan(room, kind, name, directory.toEpoch(now));
  const [event, is] = kind === "ban"
    ? ["unbanned", "banned"] as const
    : ["unmuted", "muted"] as const;
  if (ban === undefined) {
    const reason = `"${name}" is not ${is} in ${room.name}`;
    return refuse(origin, { code: "unknown_name", reason });
  }
  const changes = [{ kind, name: ban.name, value: undefined }] as const;
  const act = { event, name: ban.name } as const;
  return enact({ room, act, changes, sender: session.name, origin });
}

function findBan(
  { rights }: Room,
  kind: "ban" | "mute",
  name: string,
  epoch: number,
): StoredBan | undefined {
  const folded = fold(name);
  return rights?.bans.find((ban) =>
    ban.stored.kind === kind && ban.fold === folded && ban.holds(epoch)
  )?.stored;
}

function bans(call: Call, { room: name, after }: Payload<"bans">): Effect[] {
  const { directory, origin, now } = call;
  const room = roomToRun(call, name, "moderate");
  if ("code" in room) return refuse(origin, room);
  const epoch = directory.toEpoch(now);
  const all = sortByFold((room.rights?.bans ?? []).filter((ban) => ban.holds(epoch)));
  const start = after === undefined ? 0 : countUpTo(all, fold(after));
  // The ban and the mute of one name stay together, since the next page begins behind a name.
  let end = Math.min(start + BANS_PAGE, all.length);
  if (end < all.length && all[end]?.fold === all[end - 1]?.fold) end--;
  const payload = {
    room: room.name,
    bans: all.slice(start, end).map((
      { stored: { addresses: _, kind, reason, until, ...rest } },
    ) => ({
      ...rest,
      kind: kind === "mute" ? kind : "ban" as const,
      ...until === undefined ? {} : { until },
      ...reason === undefined ? {} : { reason },
    })),
    more: end < all.length,
  };
  return reply(origin, { type: "bans", payload });
}
