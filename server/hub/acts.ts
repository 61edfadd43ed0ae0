/**
 * Changes to a room's rights on their way: decided, kept by the log as an entry of the room,
 * and carried out. What they do to people happens at once, so that requests behind them are
 * judged by it; what is told of it waits for the log. Pure, as all of the hub.
 */

import type { Act } from "../../protocol/mod.ts";
import type { RightsChange } from "../log/rights.ts";
import type { Outcome } from "../log/message_log.ts";
import {
  answering,
  type AppendRights,
  type Effect,
  type Origin,
  recordSession,
  refuse,
  reply,
} from "./effects.ts";
import type { Directory } from "./state/directory.ts";
import { unkept } from "./state/refusal.ts";
import type { Room } from "./state/room.ts";
import { RoomRights } from "./state/room_rights.ts";
import type { Session } from "./state/session.ts";
import { leaveRoom } from "./lifecycle.ts";
import { actText, banText, kickText } from "./rights/words.ts";

/** An act that has been decided. */
export interface Decision {
  room: Room;
  act: Act;
  changes: readonly RightsChange[];
  /** The name of the person who acts. */
  sender: string;
  /** The request that asked for it, if one did. */
  origin?: Origin | undefined;
  /** Effects that come before the entry, once it is kept. */
  first?: readonly Effect[];
  /** Effects that come behind it. */
  then?: readonly Effect[];
  /** The sessions that it has removed, with the connections that they had. */
  removed?: AppendRights["removed"];
}

/** Applies an act, and appends it as an entry. */
export function enact(decision: Decision): Effect[] {
  const { room, act, changes, sender, origin, first = [], then = [], removed = [] } = decision;
  const before = founding(room);
  const rights = room.rights ??= new RoomRights();
  rights.apply(changes);
  rights.isKept = true;
  room.hasLog = true;
  const entry = { sender, text: actText(act), act };
  const draft = { kind: "rights", room: room.name, changes, entry } as const;
  const { members } = room;
  return [
    ...before,
    { kind: "append rights", draft, room, members, origin, first, then, removed },
  ];
}

/** Appends changes that need no entry. */
export function recordChanges(room: Room, changes: readonly RightsChange[]): Effect[] {
  if (changes.length === 0 || room.rights === undefined) return [];
  room.rights.apply(changes);
  const draft = { kind: "rights", room: room.name, changes } as const;
  return [{ kind: "append rights", draft, room, members: [], first: [], then: [], removed: [] }];
}

/** Appends the first owner of a room with the first thing that the log keeps of it. */
export function founding(room: Room): Effect[] {
  if (room.rights === undefined || room.rights.isKept) return [];
  room.rights.isKept = true;
  return recordChanges(room, room.rights.all);
}

/** Removes the sessions of a name from a room; each is told, once the act is kept. */
export function removeFrom(
  directory: Directory,
  room: Room,
  sessions: readonly Session[],
  { act, sender }: Pick<Decision, "act" | "sender">,
): Required<Pick<Decision, "then" | "removed">> & { records: Effect[] } {
  const then: Effect[] = [];
  const records: Effect[] = [];
  const removed: AppendRights["removed"][number][] = [];
  for (const session of sessions) {
    const { connection, profile } = session;
    const left = leaveRoom(directory, session, room);
    records.push(...recordSession(session));
    if (connection === undefined) continue;
    removed.push({ session, connection });
    const target = { connection, profile, id: undefined };
    then.push(
      { kind: "unsubscribe", connection, room, isAtOnce: true },
      ...reply(target, { type: "notification", payload: removalOf(room.name, act, sender) }),
      ...left,
      ...profile === "lecture" ? [{ kind: "close", connection } as const] : [],
    );
  }
  return { then, removed, records };
}

/** The notification of a removal, as its target is sent it. */
function removalOf(room: string, { event, name, until, reason }: Act, by: string) {
  return {
    message: event === "banned" ? banText(room, { until, by, reason }) : kickText(room, by, reason),
    event: event === "banned" ? "banned" : "kicked",
    room,
    ...name === undefined ? {} : { name },
    by,
    ...reason === undefined ? {} : { reason },
    ...until === undefined ? {} : { until },
  } as const;
}

/** The effects of changes to rights once the log has answered. */
export function deliverRights(effect: AppendRights, outcome: Outcome): Effect[] {
  const { draft, room, origin, members, first, then } = effect;
  if (outcome.kind === "failed") return takeBack(effect, outcome.reason);
  room.rights?.settle(draft.changes);
  if (outcome.kind !== "message") return [];
  const { entry } = outcome;
  room.seq = entry.seq;
  const event = { type: "message", payload: entry } as const;
  const own = origin === undefined
    ? undefined
    : { connection: origin.connection, event: answering(origin.id, event) };
  return [...first, { kind: "broadcast", members, event, own }, ...then];
}

/**
 * Takes an act back that was not kept. Sessions that it removed may have missed messages
 * meanwhile: their connections are closed, and they miss nothing when they come back.
 */
function takeBack({ draft, room, origin, removed }: AppendRights, reason: string): Effect[] {
  room.rights?.reject(draft.changes);
  if (draft.entry === undefined && room.rights !== undefined) room.rights.isKept = room.seq > 0;
  const refusal = unkept(reason);
  const closed = removed.flatMap(({ session, connection }): Effect[] => {
    if (session.connection !== connection) return [];
    room.add(session, connection);
    const target = { connection, profile: session.profile, id: undefined };
    return [...refuse(target, refusal), { kind: "close", connection }];
  });
  return [...closed, ...origin === undefined ? [] : refuse(origin, refusal)];
}
