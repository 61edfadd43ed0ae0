/**
 * The answers to `members` and `rooms`, in pages that fit a line. Pure.
 */

import { type Event, fold, type Payload } from "../../protocol/mod.ts";
import type { Directory } from "./state/directory.ts";
import type { Refusal } from "./state/refusal.ts";
import { countUpTo } from "./state/room.ts";

/**
 * Names on one page of `members`. A name takes at most 131 bytes of the line
 * (32 code points of 4 bytes, quotes and comma), so 400 of them always fit.
 */
const MEMBERS_PAGE = 400;

/** A page of the members of a room. */
export function listMembers(
  directory: Directory,
  { room: name, after }: Payload<"members">,
): Event | Refusal {
  const room = directory.room(name);
  if (room === undefined) return unknownRoom(name);
  const { page, more } = pageOf(room.inOrder, after, MEMBERS_PAGE);
  const members = page.map((session) => session.name);
  const total = room.size;
  return { type: "members", payload: { room: room.name, members, total, more } };
}

/** Rooms on one page of `rooms`: name and topic take at most 1,300 bytes of the line. */
const ROOMS_PAGE = 40;

/** A page of all rooms. */
export function listRooms(directory: Directory, { after }: Payload<"rooms">): Event {
  const { page, more } = pageOf(directory.roomsInOrder, after, ROOMS_PAGE);
  const rooms = page.map((room) => ({
    room: room.name,
    members: room.size,
    topic: room.topic,
  }));
  return { type: "rooms", payload: { rooms, more } };
}

/** At most `size` of `sorted`, beginning behind the name `after`. */
function pageOf<Named extends { fold: string }>(
  sorted: readonly Named[],
  after: string | undefined,
  size: number,
): { page: Named[]; more: boolean } {
  const start = after === undefined ? 0 : countUpTo(sorted, fold(after));
  return { page: sorted.slice(start, start + size), more: start + size < sorted.length };
}

/** Refuses a request about a room that does not exist. */
export function unknownRoom(name: string): Refusal {
  return { code: "unknown_room", reason: `There is no room "${name}"` };
}
