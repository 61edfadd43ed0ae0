/** Items of the rooms that are not on the screen, held until the person goes there. */

import { fold } from "../../protocol/mod.ts";
import type { Item } from "../../core/chat/items.ts";
import type { Unread } from "./prompt.ts";

/** Items held for each room; of older ones only the number is. */
const MAX_KEPT = 200;

/** The held items of one room. */
interface Unseen {
  room: string;
  items: Item[];
  left: number;
  count: number;
  mentions: number;
}

/** Holds unseen items by room. */
export class UnreadBuffer {
  readonly #unseen: Map<string, Unseen> = new Map();

  /** The unread counts, in the order in which the rooms' first items came. */
  get unread(): Unread[] {
    return [...this.#unseen.values()].filter(({ count }) => count > 0);
  }

  /** Holds an item of a room that is not on the screen. */
  keep(room: string, item: Item): void {
    const known = this.#unseen.get(fold(room));
    const unseen = known ?? { room, items: [], left: 0, count: 0, mentions: 0 };
    this.#unseen.set(fold(room), unseen);
    unseen.items.push(item);
    if (unseen.items.length > MAX_KEPT) {
      unseen.items.shift();
      unseen.left++;
    }
    const more = unreadIn(item);
    unseen.count += more.count;
    unseen.mentions += more.mentions;
  }

  /** Removes and returns the items held for a room. */
  take(room: string): Readonly<Unseen> {
    const unseen = this.#unseen.get(fold(room));
    this.#unseen.delete(fold(room));
    return unseen ?? { room, items: [], left: 0, count: 0, mentions: 0 };
  }

  /** The room with unread messages for the longest time; rooms with a mention go first. */
  get next(): string | undefined {
    const { unread } = this;
    return (unread.find(({ mentions }) => mentions > 0) ?? unread[0])?.room;
  }
}

/** The number of unread messages and mentions that an item adds. */
export function unreadIn(item: Item): { count: number; mentions: number } {
  if (item.kind === "mark") return { count: item.mark.unread, mentions: item.mark.mentions };
  const counts = item.kind === "message" && !item.own && !item.past &&
    (item.message.kind !== "act" || item.mention);
  return { count: counts ? 1 : 0, mentions: counts && item.mention ? 1 : 0 };
}

/** The room of an item; `undefined` when it is shown in any room. */
export function roomOf(item: Item): string | undefined {
  if (item.kind === "message") return item.message.room;
  if (item.kind === "mark") return item.mark.room;
  return item.kind === "happened" ? item.room : undefined;
}
