/**
 * Each room's messages in their one order: neither a gap nor a double, whatever
 * a reconnect does. What comes too early is held until the gap before it is filled.
 */

import { fold, type MessagePayload } from "../protocol/mod.ts";
import { type Effect, notice } from "./entries.ts";
import type { ChatState } from "./state.ts";

/** Messages that a gap is filled with at most; what is older, `/history` shows. */
const FILL_LIMIT = 200;

/** A room that the client is in. */
export interface RoomState {
  readonly name: string;
  /** The `seq` of the last message that was shown. */
  last: number | undefined;
  topic: string;
  /** Names by fold, as far as they are known. */
  readonly members: Map<string, string>;
  /** The `seq` up to which the server knows the person to have read. */
  read: number;
  /** Messages waiting for what was said before them. */
  held: MessagePayload[] | undefined;
}

/** Puts the messages of all rooms in order. */
export class Sequence {
  readonly #state: ChatState;
  readonly #context: number;

  /** `context`: how many past messages a newly entered room begins with. */
  constructor(state: ChatState, context: number) {
    this.#state = state;
    this.#context = context;
  }

  /** The server says that the client is in `name`, whose last message is `seq`. */
  entered(name: string, seq: number): Effect[] {
    const known = this.#state.rooms.get(fold(name));
    const room = known ?? this.#state.enter(name, seq);
    room.held = undefined;
    const people = this.#askMembers(room);
    if (known?.last === undefined) {
      const after = seq - Math.min(this.#context, seq);
      return after === seq ? [people] : [people, this.#fill(room, after, seq + 1, () => [])];
    }
    // Because of `since` the server sends what was missed. A smaller `seq` is that of
    // another log, which has begun anew.
    known.last = Math.min(known.last, seq);
    return [people];
  }

  /** A message came: what can be shown now. */
  live(message: MessagePayload): Effect[] {
    const room = this.#state.rooms.get(fold(message.room));
    if (room === undefined) return this.#state.shown(message, false);
    if (room.held !== undefined) {
      room.held.push(message);
      return [];
    }
    const last = room.last ?? message.seq - 1;
    if (message.seq <= last) return [];
    if (message.seq === last + 1) return this.#next(room, message, false);
    return [this.#fill(room, last, message.seq, missed, [message])];
  }

  #next(room: RoomState, message: MessagePayload, past: boolean): Effect[] {
    room.last = message.seq;
    return this.#state.shown(message, past);
  }

  /** Asks for the messages between `after` and `before`; holds what comes meanwhile. */
  #fill(
    room: RoomState,
    after: number,
    before: number,
    missing: (room: RoomState, count: number) => Effect[],
    held: MessagePayload[] = [],
  ): Effect {
    room.held = held;
    room.last = after;
    const limit = Math.min(before - after - 1, FILL_LIMIT);
    const filled = (past: MessagePayload[]) => {
      const wanted = past.filter(({ seq }) => seq > after && seq < before);
      const count = before - after - 1 - wanted.length;
      const shown = wanted.flatMap((message) => this.#next(room, message, true));
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
