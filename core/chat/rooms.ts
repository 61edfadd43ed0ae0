/**
 * Entering and leaving rooms. The current room changes at once: a line typed after
 * `/join` belongs to the new room, whenever the server answers. The wire keeps the
 * order, so messages to a room that refuses are refused after it.
 */

import { type Events, fold } from "../../protocol/mod.ts";
import { type Effect, notice, problem } from "./items.ts";
import { refusal } from "./refusals.ts";
import type { ChatState, RoomState } from "./state.ts";

/** Enters the room called `name`, by an invitation's `code` if there is one, and makes it current. */
export function enterRoom(state: ChatState, name: string, code?: string): Effect[] {
  const before = state.active;
  const room = state.enter(name);
  room.code = code;
  return [askToEnter(state, room, before), ...state.activate(room)];
}

/** The request to enter a room; `before` is the room to return to if it is refused. */
export function askToEnter(state: ChatState, room: RoomState, before?: string): Effect {
  const since = room.last === undefined ? {} : { since: room.last };
  const code = room.code === undefined ? {} : { code: room.code };
  return state.ask({ type: "join", payload: { room: room.name, ...since, ...code } }, {
    refused: (error) => refuseEntry(state, room, { before, error }),
  });
}

/**
 * Enters a room again that the resumed session is not in any more. The server may have removed us
 * from it meanwhile: it says so before it answers anything.
 */
export function askToReturn(state: ChatState, room: RoomState): Effect {
  const isStillIn = () => state.rooms.get(fold(room.name)) === room;
  return state.ask({ type: "ping", payload: {} }, {
    answer: () => isStillIn() ? [askToEnter(state, room)] : [],
  });
}

function refuseEntry(
  state: ChatState,
  room: RoomState,
  { before, error }: { before: string | undefined; error: Events["error"] },
): Effect[] {
  state.rooms.delete(fold(room.name));
  const said = problem(`Cannot enter ${room.name}: ${refusal(error)}`);
  return state.active === fold(room.name) ? [said, ...goBack(state, before)] : [said];
}

/** Leaves the room called `name`; another room becomes current. */
export function leaveRoom(state: ChatState, name: string): Effect[] {
  const room = state.rooms.get(fold(name));
  const read = state.active === fold(name) ? state.markRead() : [];
  state.rooms.delete(fold(name));
  const ask = state.ask({ type: "leave", payload: { room: name } }, {
    refused: (error) => {
      // After any other refusal, the session is still in the room.
      if (room !== undefined && error.code !== "not_in_room") state.rooms.set(fold(name), room);
      return [problem(error.message)];
    },
  });
  return [...read, ask, ...state.active === fold(name) ? goBack(state) : []];
}

/** The server has removed us from `room`: another room becomes current. */
export function removedFrom(state: ChatState, room: RoomState): Effect[] {
  state.rooms.delete(fold(room.name));
  return state.active === fold(room.name) ? goBack(state) : [];
}

/** Makes the previously current room current again, or else the first. */
export function goBack(state: ChatState, before?: string): Effect[] {
  const [first] = state.rooms.values();
  const next = state.rooms.get(before ?? "") ?? first;
  if (next !== undefined) return state.activate(next);
  state.active = undefined;
  return [notice("You are in no room now: /join ROOM enters one")];
}
