/** The rights of rooms as the wire carries them: access, roles, acts and bans. */

/** The access of a room: to whom it is open, and for whom to speak in. */
export const ACCESS = ["open", "invite", "moderated"] as const;
export type Access = (typeof ACCESS)[number];

/** The roles that a room gives, the least first. */
export const ROLES = ["member", "voice", "moderator", "owner"] as const;
export type Role = (typeof ROLES)[number];

/** The people who may set a room's topic. */
export const TOPIC_BY = ["all", "moderators"] as const;
export type TopicBy = (typeof TOPIC_BY)[number];

/** A length of time in whole seconds, or for ever. */
export type Duration = number | "ever";

/** An act of a room's owner or moderator, or of an operator, as an entry of the room's log has it. */
export interface Act {
  event: "configured" | "role" | "invited" | "kicked" | "banned" | "unbanned" | "muted" | "unmuted";
  /** The name that it concerns; none with `configured`, and with `invited` by a code. */
  name?: string;
  /** With `role`. */
  role?: Role;
  /** With `configured`: what has changed. */
  access?: Access;
  slow?: number;
  topic_by?: TopicBy;
  /** With `banned`, `muted`, `invited` by a code: epoch milliseconds; left out for ever. */
  until?: number;
  /** With `kicked`, `banned`, `muted`. */
  reason?: string;
  /** With `invited` by a code: how many may use it. */
  uses?: number;
}

/** How a room is run. */
export interface RoomPayload {
  room: string;
  topic: string;
  access: Access;
  /** Seconds between two messages of a name; 0 for none. */
  slow: number;
  topic_by: TopicBy;
  /** Registered names, in no order; at most 100 of each. */
  owners: string[];
  moderators: string[];
  /** The role of the asking session; `none` for one that has none. */
  you: Role | "operator" | "none";
}

/** A ban or a mute. */
export interface Ban {
  name: string;
  kind: "ban" | "mute";
  /** The name of who did it. */
  by: string;
  /** Epoch milliseconds: when it was done, and when it ends; `until` is left out for ever. */
  at: number;
  until?: number;
  reason?: string;
}
