/**
 * How many rooms there may be, how many may be in one, and whether everybody may.
 */

import { LIMITS } from "../../protocol/mod.ts";
import type { Refusal } from "./refusal.ts";
import type { Room } from "./room.ts";

/** The most of each; `Infinity` for no bound. */
export interface RoomLimits {
  /** At most {@linkcode LIMITS}`.rooms`: more would not fit a line. */
  roomsOfSession: number;
  membersOfRoom: number;
  /** Rooms in all. */
  rooms: number;
  /** Whether only registered names are taken. */
  registeredOnly?: boolean;
}

/** As many as there is memory for. */
export const NO_ROOM_LIMITS: RoomLimits = {
  roomsOfSession: LIMITS.rooms,
  membersOfRoom: Infinity,
  rooms: Infinity,
};

/** What keeps one more out of `room`, or from making it where there is none among `count` others. */
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
