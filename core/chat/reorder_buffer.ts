/**
 * The messages of each room in their one order, without gaps or doubles across reconnects.
 * A message that comes too early is held until the gap before it is filled.
 */

import { fold, LIMITS, type MessagePayload, type UnreadRoom } from "../../protocol/mod.ts";
import { type Effect, notice, show } from "./items.ts";
import type { ChatState, RoomState } from "./state.ts";

/** Messages that a gap is filled with, unless the context is larger; `/history` shows older ones. */
const FILL_LIMIT = 200;

/** A gap in a room's messages. */
interface Gap {
  readonly after: number;
  readonly before: number;
  /** Messages that came after it already. */
  readonly held?: MessagePayload[];
  /** The `seq` above which messages are unread. */
  readonly unread: number;
  /** The mark to show before the first unread message. */
  readonly mark?: UnreadRoom | undefined;
}

/** The last `wanted` messages before a `seq`. */
interface Range {
  readonly before: number;
  readonly wanted: number;
}

/** Takes the messages found in a range, and whether there are more before it. */
type Filled = (past: MessagePayload[], more: boolean) => Effect[];

/** Orders the messages of all rooms. */
export class ReorderBuffer {
  readonly #state: ChatState;
  readonly #context: number;
  readonly #fromMark: boolean;
  /** Messages that a gap is filled with at most. */
  readonly #most: number;

  /** `context` and `fromMark` are those of {@linkcode Chat}. */
  constructor(state: ChatState, context: number, fromMark: boolean) {
    this.#state = state;
    this.#context = context;
    this.#fromMark = fromMark;
    this.#most = Math.max(FILL_LIMIT, context);
  }

  /** Enters rooms whose last messages have these `seq`s. */
  entered(rooms: readonly { room: string; seq: number }[]): Effect[] {
    const fresh: { room: RoomState; seq: number }[] = [];
    const people: Effect[] = [];
    for (const { room: name, seq } of rooms) {
      const room = this.#state.enter(name);
      this.setBack(name, seq);
      if (room.last === undefined && this.#context > 0 && seq > 0) fresh.push({ room, seq });
      // Because of `since` the server sends missed messages. A smaller `seq` means that the
      // log has begun anew.
      Object.assign(room, { name, held: undefined, last: Math.min(room.last ?? seq, seq) });
      people.push(this.#askMembers(room));
    }
    return [...people, ...this.#begin(fresh)];
  }

  /** Messages of a room after this `seq`, if any were shown, are not in the log any more: their numbers are given again. */
  setBack(name: string, seq: number): void {
    const room = this.#state.rooms.get(fold(name));
    if (room?.last === undefined || seq >= room.last) return;
    const read = Math.min(room.read, seq);
    Object.assign(room, { last: seq, read, hole: undefined, oldest: undefined });
    room.hidden = { unread: 0, mentions: 0, upTo: 0 };
  }

  /** Takes in a live message; the effects show every message whose turn it is. */
  live(message: MessagePayload): Effect[] {
    const room = this.#state.rooms.get(fold(message.room));
    // The room was left a moment ago, or is being entered again.
    if (room?.last === undefined) return [];
    if (room.held !== undefined) {
      room.held.push(message);
      return [];
    }
    if (message.seq <= room.last) return [];
    if (message.seq === room.last + 1) return this.#next(room, message, false);
    const gap = { after: room.last, before: message.seq, held: [message], unread: room.last };
    return [this.#fill(room, gap)];
  }

  #next(room: RoomState, message: MessagePayload, past: boolean): Effect[] {
    room.last = message.seq;
    return this.#state.shown(message, past);
  }

  /** Begins rooms with their unread messages, and some of those before. */
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
    // A room that the person was never in has no unread messages.
    const read = mark === undefined || mark.seq === 0 ? seq : mark.seq;
    const after = Math.max(0, seq - this.#most, Math.min(seq - this.#context, read));
    const unread = mark !== undefined && read < seq && mark.unread > 0 ? mark : undefined;
    return { after, before: seq + 1, held, unread: unread?.seq ?? seq, mark: unread };
  }

  /** Asks for the messages in a gap, and holds live ones meanwhile. */
  #fill(room: RoomState, gap: Gap): Effect {
    const { after, before, held = [] } = gap;
    Object.assign(room, { held, last: after });
    const wanted = Math.min(before - after - 1, this.#most);
    const filled = (past: MessagePayload[], more: boolean) => {
      // The room may have been left since.
      if (this.#state.rooms.get(fold(room.name)) !== room) return [];
      const shown = past.filter(({ seq }) => seq > after && seq < before)
        .map((message) => ({ seq: message.seq, effects: this.#next(room, message, true) }));
      room.last = before - 1;
      const isRead = ({ seq }: { seq: number }) => seq <= gap.unread;
      const unread = shown.filter((each) => !isRead(each));
      return [
        ...shown.filter(isRead),
        { effects: markOf(room, gap.mark) },
        { effects: this.#skip(room, gap.unread, unread[0]?.seq ?? before, more) },
        ...unread,
        { effects: this.#release(room) },
      ].flatMap(({ effects }) => effects);
    };
    return this.#pages(room, { before, wanted }, filled);
  }

  /** Fetches a range, page by page. */
  #pages(room: RoomState, range: Range, done: Filled, known: MessagePayload[] = []): Effect {
    const { before, wanted } = range;
    const limit = Math.min(wanted, LIMITS.history);
    return this.#state.ask({ type: "history", payload: { room: room.name, before, limit } }, {
      answer: (event) => {
        if (event.type !== "history") return [];
        const { messages, more } = event.payload;
        const [first] = messages;
        const past = [...messages, ...known];
        const left = wanted - messages.length;
        if (!more || first === undefined || left <= 0) return done(past, more);
        return [this.#pages(room, { before: first.seq, wanted: left }, done, past)];
      },
      refused: () => done(known, true),
    });
  }

  /** Reports unread messages before `first` that are not shown. */
  #skip(room: RoomState, read: number, first: number, more: boolean): Effect[] {
    const count = first - read - 1;
    if (count <= 0) return [];
    const messages = count === 1 ? "1 message" : `${count} messages`;
    if (!more) return [notice(`${messages} in ${room.name} are no longer kept`)];
    this.#state.skipped(room, first, count);
    return [notice(`${messages} in ${room.name} not shown: /history shows them`)];
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

/** The mark before unread messages, unless ignored people wrote all of them. */
function markOf({ hidden }: RoomState, mark: UnreadRoom | undefined): Effect[] {
  if (mark === undefined || mark.unread <= hidden.unread) return [];
  const { unread, mentions } = mark;
  const seen = { unread: unread - hidden.unread, mentions: mentions - hidden.mentions };
  return [show({ kind: "mark", mark: { ...mark, ...seen } })];
}
