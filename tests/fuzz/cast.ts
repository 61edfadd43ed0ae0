/** The names and rooms of peers: few enough that they meet, many enough that most get in. */

import type { Random } from "../faults/random.ts";

/** The room of the healthy clients. Some of the other peers go there too. */
export const HALL = "Hall";

/** A placeholder for the peer's own token, of the same length; the player replaces it. */
export const OWN_TOKEN = "own-token-own-token-own-token-ow";

/** A placeholder for the token of another peer. */
export const OTHERS_TOKEN = "token-of-another-token-of-anothe";

/** The passwords of all registered names, before and after a change. */
export const PASSWORDS = ["correct horse", "battery staple"] as const;

/** The names and rooms that one script uses. */
export interface Cast {
  /** The peer's own name. */
  name: string;
  /** Other names, some of which nobody has. */
  others: readonly string[];
  /** The rooms that it enters, beginning with the first. */
  rooms: readonly string[];
}

/** The cast of peer number `index`. */
export function castOf(index: number, random: Random): Cast {
  const near = () => `Peer ${Math.max(0, index - random.between(1, 40))}`;
  const room = () => random.chance(0.02) ? HALL : `Room ${random.between(1, 400)}`;
  return {
    // Now and then a name that others use too.
    name: random.chance(0.05) ? `Twin ${random.between(1, 5)}` : `Peer ${index}`,
    others: [near(), near(), "Healthy Ada", "Nobody"],
    rooms: [room(), room(), `Room of ${index}`],
  };
}
