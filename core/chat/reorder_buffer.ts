/**
 * Each room's messages in their one order: neither a gap nor a double, whatever
 * a reconnect does. What comes too early is held until the gap before it is filled.
 */

import { fold, type MessagePayload, type UnreadRoom } from "../../protocol/mod.ts";
import { type Effect, notice, show } from "./items.ts";
import type { ChatState, RoomState } from "./state.ts";

/** Messages that a gap is filled with at most; what is older, `/history` shows. */
const FILL_LIMIT = 200;

/** A hole in a room's messages. */
interface Gap {
  readonly after: number;
  readonly before: number;
  /** What came after it already. */
  readonly held?: MessagePayload[];
  /** Tells of messages that can't be had. */
  readonly missing: (room: RoomState, count: number) => Effect[];
  /** Stands before a message above the person's mark. */
  readonly mark?: UnreadRoom | undefined;
}

/** Puts the messages of all rooms in order. */
export class ReorderBuffer {
  readonly #state: ChatState;
  readonly #context: number;
  readonly #fromMark: boolean;

  /** A newly entered room begins as {@linkcode Chat} says. */
  constructor(state: ChatState, context: number, fromMark: boolean) {
    this.#state = state;
    this.#context = context;
    this.#fromMark = fromMark;
  }

  /** The server says that the client is in these rooms, and what `seq` their last messages have. */
  entered(rooms: readonly { room: string; seq: number }[]): Effect[] {
    const fresh: { room: RoomState; seq: number }[] = [];
    const people: Effect[] = [];
    for (const { room: name, seq } of rooms) {
      const room = this.#state.enter(name);
      if (room.last === undefined && this.#context > 0 && seq > 0) fresh.push({ room, seq });
      // Because of `since` the server sends what was missed. A smaller `seq` is that of
      // another log, which has begun anew.
      Object.assign(room, { name, held: undefined, last: Math.min(room.last ?? seq, seq) });
      people.push(this.#askMembers(room));
    }
    return [...people, ...this.#begin(fresh)];
  }

  /** A message came: what can be shown now. */
  live(message: MessagePayload): Effect[] {
    const room = this.#state.rooms.get(fold(message.room));
    // A room that was left a moment ago, and perhaps is being entered again.
    if (room?.last === undefined) return [];
    if (room.held !== undefined) {
      room.held.push(message);
      return [];
    }
    if (message.seq <= room.last) return [];
    if (message.seq === room.last + 1) return this.#next(room, message, false);
    const gap = { after: room.last, before: message.seq, held: [message], missing: missed };
    return [this.#fill(room, gap)];
  }

  #next(room: RoomState, message: MessagePayload, past: boolean): Effect[] {
    room.last = message.seq;
    return this.#state.shown(message, past);
  }

  /** Begins rooms with what the person has not read there, and some of what was said before. */
  #begin(fresh: readonly { room: RoomState; seq: number }[]): Effect[] {
    for (const { room, seq } of fresh) {
      Object.assign(room, { held: [], last: Math.max(0, seq - this.#context) });
    }
    const fill = (marks: readonly UnreadRoom[]) =>
      fresh.map(({ room, seq }) => {
        const mark = marks.find((each) => fold(each.room) === fold(room.name));
        room.read = mark?.seq ?? 0;
        return this.#fill(room, this.#past(seq, mark, room.held));
      });
    if (!this.#fromMark || fresh.length === 0) return fill([]);
    const ask = this.#state.ask({ type: "unread", payload: {} }, {
      answer: (event) => fill(event.type === "unread" ? event.payload.rooms : []),
      refused: () => fill([]),
    });
    return [ask];
  }

  #past(seq: number, mark: UnreadRoom | undefined, held: MessagePayload[] = []): Gap {
    // Who was never here has missed nothing.
    const read = mark === undefined || mark.seq === 0 ? seq : mark.seq;
    const after = Math.max(0, seq - FILL_LIMIT, Math.min(seq - this.#context, read));
    const unread = mark !== undefined && read < seq && mark.unread > 0 ? mark : undefined;
    return { after, before: seq + 1, held, mark: unread, missing: () => [] };
  }

  /** Asks for the messages in a gap; holds what comes meanwhile. */
  #fill(room: RoomState, { after, before, held = [], missing, mark }: Gap): Effect {
    Object.assign(room, { held, last: after });
    const limit = Math.min(before - after - 1, FILL_LIMIT);
    const filled = (past: MessagePayload[]) => {
      // It may have been left since.
      if (this.#state.rooms.get(fold(room.name)) !== room) return [];
      const wanted = past.filter(({ seq }) => seq > after && seq < before);
      const count = before - after - 1 - wanted.length;
      const first = wanted.find(({ seq }) => seq > (mark?.seq ?? before));
      const shown = wanted.flatMap((message) => [
        ...mark !== undefined && message === first ? [show({ kind: "mark", mark })] : [],
        ...this.#next(room, message, true),
      ]);
      room.last = before - 1;
      return [...count > 0 ? missing(room, count) : [], ...shown, ...this.#release(room)];
    };
    return this.#state.ask({ type: "history", payload: { room: room.name, before, limit } }, {
      answer: (event) => filled(event.type === "history" ? event.payload.messages : []),
      refused: () => filled([]),
    });
  }

  #release(room: RoomState): Effect[] {
    const held = room.held ?? [];
    room.held = undefined;
    return held.flatMap((message) => this.live(message));
  }

  #askMembers(room: RoomState): Effect {
    return this.#state.ask({ type: "members", payload: { room: room.name } }, {
      answer: (event) => {
        if (event.type !== "members") return [];
        for (const name of event.payload.members) room.members.set(fold(name), name);
        return [];
      },
      refused: () => [],
    });
  }
}

function missed(room: RoomState, count: number): Effect[] {
  const messages = count === 1 ? "1 message" : `${count} messages`;
  return [notice(`${messages} in ${room.name} not shown: /history shows them`)];
}
