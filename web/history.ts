/** Fetches the parts of a room's history that the reader comes to. */

import type { Effect } from "../core/chat/items.ts";
import type { ChatState, RoomState } from "../core/chat/state.ts";
import { type Event, type Events, fold, type Payload } from "../protocol/mod.ts";
import { isRoom, nameOf, type Place } from "./model/places.ts";
import type { Page } from "./model/timeline.ts";

/** Messages in one answer. */
const PAGE = 50;

/** The needs of fetching that its owner meets. */
export interface HistoryActs {
  /** The state of the chat, while its link is up. */
  state(): ChatState | undefined;
  perform(effects: Effect[]): void;
  changed(): void;
}

type Take = (answer: Events["history"], room: RoomState, page: Page) => void;

/** Fetches history; one answer for each place is awaited at a time. */
export class History {
  readonly #acts: HistoryActs;

  constructor(acts: HistoryActs) {
    this.#acts = acts;
  }

  /** Fetches what is next to an end of the window. */
  more(place: Place, end: "earlier" | "later"): void {
    const { timeline } = place;
    const { first, last } = timeline;
    if (end === "later" && last !== undefined) {
      return this.#ask(place, { after: last }, ({ messages, more }, room, page) => {
        if (timeline.last !== last) return;
        const reached = messages.at(-1)?.seq ?? Infinity;
        timeline.append(page, !more && reached >= (room.last ?? 0));
      });
    }
    this.#ask(place, first === undefined ? {} : { before: first }, ({ more }, _room, page) => {
      // The window may have moved meanwhile.
      if (timeline.first === first) timeline.prepend(page, more);
    });
  }

  /** Moves the window to the messages around a `seq`, and calls `then`. */
  around(place: Place, seq: number, then: () => void): void {
    this.#replace(place, { after: Math.max(0, seq - PAGE / 2 - 1) }, then);
  }

  /** Moves the window to the latest messages, and calls `then`. */
  latest(place: Place, then: () => void): void {
    this.#replace(place, {}, then);
  }

  #replace(place: Place, range: Omit<Payload<"history">, "room">, then: () => void): void {
    const { timeline } = place;
    this.#ask(place, range, ({ messages, more }, room, page) => {
      timeline.clear();
      timeline.append(page, (messages.at(-1)?.seq ?? Infinity) >= (room.last ?? 0));
      timeline.isWhole = range.after === 0 || (range.after === undefined && !more);
      this.#acts.changed();
      then();
    });
  }

  #ask(place: Place, range: Omit<Payload<"history">, "room">, take: Take): void {
    const state = this.#acts.state();
    const room = isRoom(place) ? state?.rooms.get(fold(nameOf(place.target))) : undefined;
    // While core fills the room itself the same messages would come twice.
    if (state === undefined || room?.last === undefined || room.held !== undefined) return;
    if (place.isLoading) return;
    place.isLoading = true;
    const answer = (event: Event) => {
      place.isLoading = false;
      if (event.type === "history") {
        const { messages, more } = event.payload;
        state.revealed(room, more ? messages[0]?.seq ?? 1 : 1, messages.at(-1)?.seq ?? Infinity);
        take(event.payload, room, pageOf(state, event.payload));
      }
      this.#acts.changed();
      return [];
    };
    const payload = { room: room.name, limit: PAGE, ...range };
    this.#acts.perform([state.ask({ type: "history", payload }, { answer })]);
  }
}

/** The page without the messages of people who are ignored. */
function pageOf(state: ChatState, { messages }: Events["history"]): Page {
  const shown = messages.flatMap((message) => state.shown(message, true));
  return {
    messages,
    items: shown.flatMap((effect) => effect.kind === "show" ? [effect.item] : []),
  };
}
