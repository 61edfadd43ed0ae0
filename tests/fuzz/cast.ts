/** Who speaks, to whom and where: few enough that the peers meet, many enough that most get in. */

import type { Random } from "../faults/random.ts";

/** The room in which the healthy clients are. Some of the others go there too. */
export const HALL = "Hall";

/** Stands for the peer's own token, in as many characters; the player puts the real one there. */
export const OWN_TOKEN = "own-token-own-token-own-token-ow";

/** Stands for the token of another peer. */
export const OTHERS_TOKEN = "token-of-another-token-of-anothe";

/** The passwords of all registered names, before and after they change them. */
export const PASSWORDS = ["correct horse", "battery staple"] as const;

/** The part of the world that one script plays in. */
export interface Cast {
  /** The peer's own name. */
  name: string;
  /** Names of others, some of which nobody has. */
  others: readonly string[];
  /** The rooms that it goes to; the first is where it begins. */
  rooms: readonly string[];
}

/** The cast of peer number `index`. */
export function castOf(index: number, random: Random): Cast {
  const near = () => `Peer ${Math.max(0, index - random.between(1, 40))}`;
  const room = () => random.chance(0.02) ? HALL : `Room ${random.between(1, 400)}`;
  return {
    // Now and then a name that others have too.
    name: random.chance(0.05) ? `Twin ${random.between(1, 5)}` : `Peer ${index}`,
    others: [near(), near(), "Healthy Ada", "Nobody"],
    rooms: [room(), room(), `Room of ${index}`],
  };
}
