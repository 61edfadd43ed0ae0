/**
 * Limits of rooms: how many there are, how many members one has, how many a session is in.
 */

import { LIMITS } from "../../../protocol/mod.ts";
import type { Refusal } from "./refusal.ts";
import type { Room } from "./room.ts";

/** Upper limits; `Infinity` for none. */
export interface RoomLimits {
  /** At most {@linkcode LIMITS}`.rooms`: more would not fit a line. */
  roomsOfSession: number;
  membersOfRoom: number;
  /** Rooms in all. */
  rooms: number;
  /** Whether the server takes registered names alone. */
  registeredOnly?: boolean;
  /** The people who may register a name: all, those who entered a room by a code, or none. */
  registration?: Registration;
}

/** The people who may register a name. */
export const REGISTRATION = ["open", "invite", "off"] as const;
export type Registration = (typeof REGISTRATION)[number];

/** No limits but memory, and the wire's. */
export const NO_ROOM_LIMITS: RoomLimits = {
  roomsOfSession: LIMITS.rooms,
  membersOfRoom: Infinity,
  rooms: Infinity,
};

/** Why `room` takes no further member or, where it does not exist yet, can't be made beside `count` others. */
export function joinRefusalOf(
  name: string,
  room: Room | undefined,
  count: number,
  limits: RoomLimits,
): Refusal | undefined {
  if (room === undefined) {
    if (count < limits.rooms) return undefined;
    const reason =
      `There is no room "${name}", and no place for more than ${limits.rooms} rooms; ` +
      "join one that is there";
    return { code: "no_more_rooms", reason };
  }
  if (room.members.length < limits.membersOfRoom) return undefined;
  const reason = `${room.name} has its ${limits.membersOfRoom} members; try again later`;
  return { code: "room_full", reason };
}
