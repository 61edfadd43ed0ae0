/** Queries of the server, and the items that show their answers. */

import type { Events, RoomSummary } from "../../protocol/mod.ts";
import { type Effect, notice, problem, show } from "./items.ts";
import type { ChatState, RoomState } from "./state.ts";

/** Messages shown before and after a search result. */
const AROUND = 10;

/** Beside the result of a search that may lack messages. */
export const STILL_INDEXING = "Some messages may be missing: the server is still indexing its log";

/** Maximum number of search results. */
const FOUND_LIMIT = 20;

/** Lists the members of a room, page after page. */
export function whoIsIn(state: ChatState, room: string, known: string[] = []): Effect {
  const after = known.at(-1);
  const payload = after === undefined ? { room } : { room, after };
  return state.ask({ type: "members", payload }, {
    answer: (event) => {
      if (event.type !== "members") return [];
      const names = [...known, ...event.payload.members];
      // An empty page would be asked for again without end.
      const more = event.payload.more && event.payload.members.length > 0;
      return [more ? whoIsIn(state, room, names) : show({ kind: "people", room, names })];
    },
  });
}

/** Lists the rooms of the server, page after page. */
export function pageOfRooms(state: ChatState, known: RoomSummary[] = []): Effect {
  const after = known.at(-1)?.room;
  return state.ask({ type: "rooms", payload: after === undefined ? {} : { after } }, {
    answer: (event) => {
      if (event.type !== "rooms") return [];
      const rooms = [...known, ...event.payload.rooms];
      const more = event.payload.more && event.payload.rooms.length > 0;
      state.listed = rooms.map(({ room }) => room);
      return [more ? pageOfRooms(state, rooms) : show({ kind: "rooms", rooms })];
    },
  });
}

/** Fetches the rooms of the server for completion, without showing them. */
export function learnRooms(state: ChatState): Effect {
  return state.ask({ type: "rooms", payload: {} }, {
    answer: (event) => {
      if (event.type === "rooms") state.listed = event.payload.rooms.map(({ room }) => room);
      return [];
    },
    refused: () => [],
  });
}

/** Shows the room's last `limit` messages; the next time, those before. */
export function showEarlier(state: ChatState, room: RoomState, limit: number): Effect {
  const { name, oldest } = room;
  const before = oldest === undefined ? {} : { before: oldest };
  return state.ask({ type: "history", payload: { room: name, limit, ...before } }, {
    answer: (event) => {
      if (event.type !== "history") return [];
      const { messages, more } = event.payload;
      const first = messages[0]?.seq ?? oldest ?? 1;
      room.oldest = first;
      // Without earlier messages, nothing is left to show.
      state.revealed(room, more ? first : 1, messages.at(-1)?.seq ?? Infinity);
      return [
        ...earlierHead(room, oldest, event.payload),
        ...messages.flatMap((message) => state.shown(message, true)),
      ];
    },
  });
}

function earlierHead(
  { name }: RoomState,
  oldest: number | undefined,
  { messages, more }: Events["history"],
): Effect[] {
  if (messages.length === 0) {
    return [
      notice(oldest === undefined ? `Nothing was said in ${name}` : `That is all of ${name}`),
    ];
  }
  if (oldest === undefined) return [];
  return [
    notice(more ? `Before that, in ${name}:` : `Before that, from the beginning of ${name}:`),
  ];
}

/** Shows the messages of a room after a `seq`. */
export function showHistory(
  state: ChatState,
  room: string,
  range: { limit: number; after: number },
): Effect {
  return state.ask({ type: "history", payload: { room, ...range } }, {
    answer: (event) => {
      if (event.type !== "history") return [];
      const { messages } = event.payload;
      if (messages.length === 0) return [notice(`Nothing was said in ${room} there`)];
      return messages.flatMap((message) => state.shown(message, true));
    },
  });
}

/** Searches the person's rooms. */
export function listFound(state: ChatState, query: string): Effect {
  return state.ask({ type: "search", payload: { query, limit: FOUND_LIMIT } }, {
    answer: (event) => {
      if (event.type !== "search") return [];
      state.found = event.payload.messages;
      const further: Effect[] = event.payload.more
        ? [notice("There is more: search with more words")]
        : [];
      const rest: Effect[] = event.payload.incomplete ? [notice(STILL_INDEXING)] : [];
      const hint: Effect[] = state.found.length === 0
        ? []
        : [notice("/open N shows one in its context")];
      return [show({ kind: "found", messages: state.found }), ...further, ...rest, ...hint];
    },
  });
}

/** Shows the context of number `argument` of the last search (from 1, the newest). */
export function openFound(state: ChatState, argument: string): Effect[] {
  const message = /^#?\d+$/.test(argument)
    ? state.found[Number(argument.replace("#", "")) - 1]
    : undefined;
  if (message === undefined) return [problem("Write /open N, with N from the last /search")];
  const first = Math.max(0, message.seq - AROUND - 1);
  return [showHistory(state, message.room, { after: first, limit: 2 * AROUND + 1 })];
}
