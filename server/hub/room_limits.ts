/**
 * How many rooms there may be, how many may be in one, and whether everybody may.
 */

import { type ErrorCode, LIMITS } from "../../protocol/mod.ts";
import type { Room } from "./room.ts";

/** The most of each; `Infinity` for no bound. */
export interface Bounds {
  /** At most {@linkcode LIMITS}`.rooms`: more would not fit a line. */
  roomsOfSession: number;
  membersOfRoom: number;
  /** Rooms in all. */
  rooms: number;
  /** Whether only registered names are taken. */
  registeredOnly?: boolean;
}

/** As many as there is memory for. */
export const UNBOUNDED: Bounds = {
  roomsOfSession: LIMITS.rooms,
  membersOfRoom: Infinity,
  rooms: Infinity,
};

/** Why a room can't be entered. */
export interface Barred {
  code: ErrorCode;
  reason: string;
}

/** What keeps one more out of `room`, or from making it where there is none among `count` others. */
export function barredFrom(
  name: string,
  room: Room | undefined,
  count: number,
  bounds: Bounds,
): Barred | undefined {
  if (room === undefined) {
    if (count < bounds.rooms) return undefined;
    const reason =
      `There is no room "${name}", and no place for more than ${bounds.rooms} rooms; ` +
      "join one that is there";
    return { code: "no_more_rooms", reason };
  }
  if (room.members.length < bounds.membersOfRoom) return undefined;
  const reason = `${room.name} has its ${bounds.membersOfRoom} members; try again later`;
  return { code: "room_full", reason };
}
