/** What the clients say: texts of every size and script, to rooms and to each other. */

import type { Target } from "./notes.ts";
import type { Random } from "./random.ts";

/** The rooms of every run. */
export const ROOMS = ["Hall", "Lab"] as const;

/** Says what comes next, and how many may be under way at once. */
export interface Load {
  /** Messages that are said before the first of them is acknowledged. */
  window: number;
  next(): { target: Target; filler: string };
}

/** What texts are made of: one to four bytes a character, and what JSON escapes. */
const SCRIPT = [...'abcdefghij klmnopq rstuvw xyz 0123456789 äöüß ełńś 日本語 😀👍 " \\ \t\n'];

/** Ordinary talk: short texts mostly, seldom a very long one, a `share` of it to one of `names`. */
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

/** Talk that fills buffers: every text nearly as long as a text may be. */
export function torrent(random: Random, window: number): Load {
  const long = filler(random, 4000);
  return { window, next: () => ({ target: { room: ROOMS[0] }, filler: long }) };
}

function filler(random: Random, length: number): string {
  return Array.from({ length }, () => random.pick(SCRIPT)).join("");
}
