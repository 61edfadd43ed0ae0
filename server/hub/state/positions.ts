/** The positions from which a `connect` goes on, as far as they hold in the log as it is now. Pure. */

import { fold, type Payload } from "../../../protocol/mod.ts";
import type { Directory } from "./directory.ts";

/** Positions of a session. */
export interface Positions {
  /** The `seq` in rooms, by their folds. */
  since: ReadonlyMap<string, number>;
  /** The `seq` in the session's inbox. */
  directSince: number | undefined;
  /** The client's own positions, corrected for `connect_ack`: they were of another timeline. */
  corrected?: { since: Record<string, number>; direct_since?: number };
  /** The rooms, by their folds, of which the client has seen messages that are not in the log. */
  setBack: ReadonlySet<string>;
}

/** The positions of a `connect` of the session with that token hash. */
export function positionsOf(
  { timelines }: Directory,
  { timeline, since = {}, direct_since: directSince }: Payload<"connect">,
  tokenHash: string | undefined,
): Positions {
  const asked = Object.entries(since);
  if (timeline === undefined || timelines.current === undefined || timeline === timelines.current) {
    return { since: byFold(asked), directSince, setBack: new Set() };
  }
  const inCommon = (name: string) => timelines.inCommon(timeline, "rooms", fold(name));
  const held = asked.map(([name, seq]) => [name, Math.min(seq, inCommon(name))] as const);
  const inbox = directSince === undefined
    ? undefined
    : Math.min(directSince, timelines.inCommon(timeline, "inboxes", tokenHash ?? ""));
  const direct = inbox === undefined ? {} : { direct_since: inbox };
  return {
    since: byFold(held),
    directSince: inbox,
    corrected: { since: Object.fromEntries(held), ...direct },
    setBack: new Set(
      asked.filter(([name, seq]) => inCommon(name) < seq).map(([name]) => fold(name)),
    ),
  };
}

function byFold(positions: readonly (readonly [string, number])[]): Map<string, number> {
  return new Map(positions.map(([name, seq]) => [fold(name), seq]));
}
