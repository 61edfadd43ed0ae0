/**
 * The rights of rooms and the bans of a server, as a log keeps them. Each right is one value
 * under one key, and a change replaces or deletes it: so the same changes load a room,
 * alter it, and take back what a log could not keep.
 */

import { type Access, type Act, fold, type Role, type TopicBy } from "../../protocol/mod.ts";

/** A ban from a room or the server, of a name or an address; or a mute in a room. */
export interface StoredBan {
  kind: "ban" | "mute" | "address";
  /** The name, or the address. */
  name: string;
  /** The keys of the addresses that the name was connected from; they are banned for a day at most. */
  addresses?: readonly string[] | undefined;
  by: string;
  reason?: string | undefined;
  /** Epoch milliseconds; `until` is left out for ever. */
  at: number;
  until?: number | undefined;
}

/** How a room is run. */
export interface RoomSettings {
  access: Access;
  /** Seconds between two messages of a name; 0 for none. */
  slow: number;
  topicBy: TopicBy;
}

/** One change to the rights of a room: what the key has now, or that it has nothing. */
export type RightsChange =
  | { kind: "settings"; value: RoomSettings }
  | { kind: "role"; account: number; value: Role | undefined }
  /** A session without an account that may come back to an invite room; `value` is its name. */
  | { kind: "guest"; session: string; value: string | undefined }
  | { kind: "ban" | "mute"; name: string; value: StoredBan | undefined }
  | { kind: "code"; code: string; value: { uses: number; until: number } | undefined };

/** Changes to a room's rights, with the entry that tells its members; without one for what nobody asked for. */
export interface RightsDraft {
  kind: "rights";
  room: string;
  changes: readonly RightsChange[];
  entry?: { sender: string; text: string; act: Act } | undefined;
}

/** A ban of a name from the server, with the addresses that it was connected from; of no effect once it is lifted. */
export interface BanAddressesDraft {
  kind: "ban addresses";
  ban: StoredBan;
}

/** The key of the row that a change changes: a later change with the same key replaces it. */
export function keyOf(change: RightsChange): string {
  switch (change.kind) {
    case "settings":
      return "settings";
    case "role":
      return `role ${change.account}`;
    case "guest":
      return `guest ${change.session}`;
    case "code":
      return `code ${change.code}`;
    default:
      return `${change.kind} ${fold(change.name)}`;
  }
}
