/** Names at the beginning of what a person types. */

import { fold } from "../../protocol/mod.ts";
import type { Addressed } from "../rights/orders.ts";
import type { ChatState } from "./state.ts";

/**
 * Names may contain spaces: the longest known name at the beginning of `argument`, or what stands
 * in quotation marks there, or its first word.
 */
export function splitName(state: ChatState, argument: string): Addressed {
  const people = new Set([...state.recent, ...state.banned.values()]);
  for (const room of state.rooms.values()) {
    for (const name of room.members.values()) people.add(name);
  }
  const wanted = fold(argument);
  const known = [...people]
    .filter((name) => wanted === fold(name) || wanted.startsWith(fold(name) + " "))
    .sort((one, other) => other.length - one.length)[0];
  const quoted = known === undefined ? /^"([^"]+)"(?:\s+|$)/.exec(argument) : null;
  if (quoted !== null) {
    return { name: quoted[1] ?? "", text: argument.slice(quoted[0].length) };
  }
  const length = known?.length ?? /^\S*/.exec(argument)?.[0].length ?? 0;
  return { name: argument.slice(0, length), text: argument.slice(length).trimStart() };
}
