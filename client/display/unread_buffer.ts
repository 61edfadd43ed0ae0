/** What was said in the rooms that are not on the screen, until the person goes there. */

import { fold } from "../../protocol/mod.ts";
import type { Entry } from "../../core/chat/items.ts";
import type { Unread } from "./prompt.ts";

/** Entries that are kept for each room; of what is older, only how much there was. */
const MAX_KEPT = 200;

/** One room's unseen entries. */
interface Unseen {
  room: string;
  entries: Entry[];
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

  /** Keeps an entry of a room that is not on the screen. */
  keep(room: string, entry: Entry): void {
    const known = this.#unseen.get(fold(room));
    const unseen = known ?? { room, entries: [], left: 0, count: 0, mentions: 0 };
    this.#unseen.set(fold(room), unseen);
    unseen.entries.push(entry);
    if (unseen.entries.length > MAX_KEPT) {
      unseen.entries.shift();
      unseen.left++;
    }
    const more = unreadIn(entry);
    unseen.count += more.count;
    unseen.mentions += more.mentions;
  }

  /** Gives up what was kept for a room, for it to be shown now. */
  take(room: string): Readonly<Unseen> {
    const unseen = this.#unseen.get(fold(room));
    this.#unseen.delete(fold(room));
    return unseen ?? { room, entries: [], left: 0, count: 0, mentions: 0 };
  }

  /** The room that has waited longest with something unread; those with a mention first. */
  get next(): string | undefined {
    const { unread } = this;
    return (unread.find(({ mentions }) => mentions > 0) ?? unread[0])?.room;
  }
}

/** How much an entry adds to what is unread. */
export function unreadIn(entry: Entry): { count: number; mentions: number } {
  if (entry.kind === "mark") return { count: entry.mark.unread, mentions: entry.mark.mentions };
  const counts = entry.kind === "message" && !entry.own && !entry.past;
  return { count: counts ? 1 : 0, mentions: counts && entry.mention ? 1 : 0 };
}

/** The room that an entry belongs to; `undefined` when it belongs on any screen. */
export function roomOf(entry: Entry): string | undefined {
  if (entry.kind === "message") return entry.message.room;
  if (entry.kind === "mark") return entry.mark.room;
  return entry.kind === "happened" ? entry.room : undefined;
}
