/**
 * Whether a person may enter a room: by its role, by a code, or not at all. Pure.
 */

import { fold, LIMITS, type Request } from "../../../protocol/mod.ts";
import type { RightsChange } from "../../log/rights.ts";
import type { Directory } from "../state/directory.ts";
import type { Refusal } from "../state/refusal.ts";
import type { Room } from "../state/room.ts";
import { type Person, RoomRights } from "../state/room_rights.ts";
import { banRefusal, rightRefusal } from "./rights.ts";

/** Why a person can't enter the room of that name, with the code that it shows; nothing where it can. */
export function entryRefusal(
  directory: Directory,
  name: string,
  person: Person,
  now: number,
  code?: string,
): Refusal | undefined {
  return accessRefusal(directory, name, person, now, code) ?? directory.joinRefusal(name);
}

/** The same for the room's rights alone. */
export function accessRefusal(
  directory: Directory,
  name: string,
  person: Person,
  now: number,
  code?: string,
): Refusal | undefined {
  const room = directory.room(name);
  if (room === undefined) return code === undefined ? undefined : unknownInvite(name);
  if (room.rights === undefined) return undefined;
  const refusal = rightRefusal(directory, room, person, "enter", now, name);
  if (refusal?.code !== "invite_only" || code === undefined) return refusal;
  if (!isGood(directory, room, code, now)) return unknownInvite(name);
  return banRefusal(directory, room, person, now);
}

/** The changes that a code makes when a person enters a room by it: none where it needs none. */
export function codeChanges(
  directory: Directory,
  room: Room,
  person: Person,
  now: number,
  code: string | undefined,
): RightsChange[] {
  const value = code === undefined ? undefined : room.rights?.code(code);
  if (code === undefined || value === undefined) return [];
  const mayEnter = rightRefusal(directory, room, person, "enter", now) === undefined;
  if (mayEnter && !isToRegister(directory, person)) return [];
  if (!isGood(directory, room, code, now)) return [];
  const { uses, until } = value;
  const left = uses === 1 ? undefined : { uses: uses - 1, until };
  return [{ kind: "code", code, value: left }, ...membership(person)];
}

/** Whether a code lets a person register its name, also where it needs none to enter. */
function isToRegister({ roomLimits }: Directory, { authentication }: Person): boolean {
  return roomLimits.registration === "invite" && authentication === undefined;
}

/** The change that lets a person come back to an invite room; none for a lecture client. */
export function membership({ authentication, tokenHash, name }: Person): RightsChange[] {
  if (authentication !== undefined) {
    return [{ kind: "role", account: authentication.account, value: "member" }];
  }
  return tokenHash === undefined ? [] : [{ kind: "guest", session: tokenHash, value: name }];
}

/** The rights of a room that a person makes: it is the first owner, if its name is registered. */
export function firstRights({ authentication }: Person): RoomRights | undefined {
  if (authentication === undefined) return undefined;
  const owner = { kind: "role", account: authentication.account, value: "owner" } as const;
  const rights = new RoomRights([owner]);
  rights.isKept = false;
  return rights;
}

/** Why a person can't take another name: it would leave behind a mute, or the wait of slow mode, in one of `rooms`. */
export function silenceRefusal(
  directory: Directory,
  rooms: readonly string[],
  person: Person,
  now: number,
): Refusal | undefined {
  for (const name of rooms) {
    const room = directory.room(name);
    if (room?.rights === undefined) continue;
    const refusal = rightRefusal(directory, room, person, "speak", now);
    if (refusal?.code === "muted" || refusal?.code === "slow_mode") return refusal;
  }
  return undefined;
}

/** Why `person`, by its new name, can't stay in one of `rooms`. */
export function stayRefusal(
  directory: Directory,
  rooms: readonly string[],
  person: Person,
  now: number,
): Refusal | undefined {
  for (const name of rooms) {
    const refusal = accessRefusal(directory, name, person, now);
    if (refusal === undefined) continue;
    return { ...refusal, reason: `${refusal.reason}; leave it to be "${person.name}"` };
  }
  return undefined;
}

/** Whether codes, bans and mutes of a room have reached their number. */
export function isFull(rights: RoomRights, kind: "bans" | "invites"): boolean {
  const count = kind === "bans" ? rights.bans.length : rights.codes.length;
  return count >= LIMITS[kind];
}

/** The rooms that a `connect` asks for and may know of: a lookalike in any other must not be told. */
export function admittedRooms(
  directory: Directory,
  names: readonly string[],
  person: Person,
  { payload: { room, code } }: Request<"connect">,
  now: number,
): string[] {
  return names.filter((name) => {
    const shown = room !== undefined && fold(room) === fold(name) ? code : undefined;
    return accessRefusal(directory, name, person, now, shown) === undefined;
  });
}

function isGood(directory: Directory, { rights }: Room, code: string, now: number): boolean {
  const value = rights?.code(code);
  return value !== undefined && value.until > directory.toEpoch(now);
}

function unknownInvite(name: string): Refusal {
  const reason = `That code is no invitation to ${name}, is used up, or is past its time`;
  return { code: "unknown_invite", reason };
}
