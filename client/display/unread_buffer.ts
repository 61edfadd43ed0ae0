/** What was said in the rooms that are not on the screen, until the person goes there. */

import { fold } from "../../protocol/mod.ts";
import type { Item } from "../../core/chat/items.ts";
import type { Unread } from "./prompt.ts";

/** Items that are kept for each room; of what is older, only how much there was. */
const MAX_KEPT = 200;

/** One room's unseen items. */
interface Unseen {
  room: string;
  items: Item[];
  left: number;
  count: number;
  mentions: number;
}

/** Keeps what is not seen yet, by room. */
export class UnreadBuffer {
  readonly #unseen: Map<string, Unseen> = new Map();

  /** What is unread, room by room, in the order in which it came. */
  get unread(): Unread[] {
    return [...this.#unseen.values()].filter(({ count }) => count > 0);
  }

  /** Keeps an item of a room that is not on the screen. */
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

  /** Gives up what was kept for a room, for it to be shown now. */
  take(room: string): Readonly<Unseen> {
    const unseen = this.#unseen.get(fold(room));
    this.#unseen.delete(fold(room));
    return unseen ?? { room, items: [], left: 0, count: 0, mentions: 0 };
  }

  /** The room that has waited longest with something unread; those with a mention first. */
  get next(): string | undefined {
    const { unread } = this;
    return (unread.find(({ mentions }) => mentions > 0) ?? unread[0])?.room;
  }
}

/** How much an item adds to what is unread. */
export function unreadIn(item: Item): { count: number; mentions: number } {
  if (item.kind === "mark") return { count: item.mark.unread, mentions: item.mark.mentions };
  const counts = item.kind === "message" && !item.own && !item.past;
  return { count: counts ? 1 : 0, mentions: counts && item.mention ? 1 : 0 };
}

/** The room that an item belongs to; `undefined` when it belongs on any screen. */
export function roomOf(item: Item): string | undefined {
  if (item.kind === "message") return item.message.room;
  if (item.kind === "mark") return item.mark.room;
  return item.kind === "happened" ? item.room : undefined;
}
