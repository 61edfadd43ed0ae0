/**
 * The answers to `members` and `rooms`, in pages that fit a line. Pure.
 */

import { type Event, fold, type Payload, type RoomSummary } from "../../protocol/mod.ts";
import type { Directory } from "./state/directory.ts";
import type { Refusal } from "./state/refusal.ts";
import { countUpTo, type Room } from "./state/room.ts";
import type { Session } from "./state/session.ts";
import { rightRefusal, unknownRoom } from "./rights/rights.ts";

/**
 * Names on one page of `members`. A name takes at most 131 bytes of the line
 * (32 code points of 4 bytes, quotes and comma), so 400 of them always fit.
 */
const MEMBERS_PAGE = 400;

/** A page of the members of a room. */
export function listMembers(
  directory: Directory,
  viewer: Viewer,
  { room: name, after }: Payload<"members">,
): Event | Refusal {
  const room = seenRoom(directory, viewer, name);
  if ("code" in room) return room;
  const { page, more } = pageOf(room.inOrder, after, MEMBERS_PAGE);
  const members = page.map((session) => session.name);
  const total = room.size;
  return { type: "members", payload: { room: room.name, members, total, more } };
}

/** Rooms on one page of `rooms`: name and topic take at most 1,300 bytes of the line. */
const ROOMS_PAGE = 40;

/** A page of the rooms that there are for a session. */
export function listRooms(
  directory: Directory,
  viewer: Viewer,
  { after }: Payload<"rooms">,
): Event {
  const all = directory.roomsInOrder;
  const page: Room[] = [];
  let next = after === undefined ? 0 : countUpTo(all, fold(after));
  for (; next < all.length && page.length <= ROOMS_PAGE; next++) {
    const room = all[next] as Room;
    if (room.rights === undefined || isListed(directory, viewer, room)) page.push(room);
  }
  const rooms = page.slice(0, ROOMS_PAGE).map(summaryOf);
  return { type: "rooms", payload: { rooms, more: page.length > ROOMS_PAGE } };
}

function isListed(directory: Directory, { session, now }: Viewer, room: Room): boolean {
  return session.rooms.has(room.fold) ||
    rightRefusal(directory, room, session, "list", now) === undefined;
}

function summaryOf({ name: room, size: members, topic, rights }: Room): RoomSummary {
  const access = rights?.settings.access ?? "open";
  return { room, members, topic, ...access === "open" ? {} : { access } };
}

/** The session that asks, and when. */
export interface Viewer {
  session: Session;
  now: number;
}

/** The room of that name, if the session may know what is in it. */
export function seenRoom(
  directory: Directory,
  { session, now }: Viewer,
  name: string,
): Room | Refusal {
  const own = session.rooms.get(fold(name));
  if (own !== undefined) return own;
  const room = directory.room(name);
  if (room === undefined) return unknownRoom(name);
  return rightRefusal(directory, room, session, "see", now, name) ?? room;
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
