/** The messages of the clients: texts of every size and script, to rooms and to each other. */

import type { Target } from "./notes.ts";
import type { Random } from "./random.ts";

/** The rooms of every run. */
export const ROOMS = ["Hall", "Lab"] as const;

/** A source of messages, and how many may be in flight at once. */
export interface Load {
  /** The number of messages in flight. */
  window: number;
  next(): { target: Target; filler: string };
}

/** Characters of texts: of one to four bytes, and those that JSON escapes. */
const SCRIPT = [...'abcdefghij klmnopq rstuvw xyz 0123456789 äöüß ełńś 日本語 😀👍 " \\ \t\n'];

/** Ordinary talk: mostly short texts, rarely a very long one, a `share` of it to one of `names`. */
export function chatter(
  random: Random,
  window: number,
  { names = [], share = 0.15 }: { names?: readonly string[]; share?: number } = {},
): Load {
  return {
    window,
    next: () => ({
      target: names.length > 0 && random.chance(share)
        ? { to: random.pick(names) }
        : { room: random.pick(ROOMS) },
      filler: filler(random, random.chance(0.02) ? 3900 : random.between(0, 120)),
    }),
  };
}

/** Talk that fills buffers: every text has nearly the maximum length. */
export function torrent(random: Random, window: number): Load {
  const long = filler(random, 4000);
  return { window, next: () => ({ target: { room: ROOMS[0] }, filler: long }) };
}

function filler(random: Random, length: number): string {
  return Array.from({ length }, () => random.pick(SCRIPT)).join("");
}
