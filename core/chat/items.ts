/** The items that a client shows, by meaning; their looks are up to the view. */

import type {
  Ban,
  DirectPayload,
  Events,
  MessagePayload,
  NotificationPayload,
  Request,
  RoomPayload,
  RoomSummary,
  SessionSummary,
  UnreadRoom,
} from "../../protocol/mod.ts";
import type { Removal } from "../rights/words.ts";

/** One item to show. Its texts are as the network sent them, not safe for a terminal. */
export type Item =
  | MessageItem
  | { kind: "direct"; direct: DirectPayload; own: boolean }
  /** An event in a room: somebody joined, a topic changed. */
  | { kind: "happened"; what: Happening; room: string | undefined; at: number }
  /** A text of the client, or of the server to this client alone. */
  | { kind: "notice"; text: string }
  | { kind: "problem"; text: string }
  /** A mark in a room: the following messages are unread. */
  | { kind: "mark"; mark: UnreadRoom }
  /** An own message that the server refused. */
  | { kind: "failed"; target: Target; text: string; reason: string }
  | { kind: "people"; room: string; names: string[] }
  | { kind: "rooms"; rooms: RoomSummary[] }
  | { kind: "unread"; rooms: UnreadRoom[] }
  | { kind: "found"; messages: MessagePayload[] }
  | { kind: "sessions"; sessions: SessionSummary[] }
  /** How a room is run. */
  | { kind: "about"; room: RoomPayload }
  | { kind: "bans"; room: string; bans: Ban[] }
  /** Acts of a room's log, oldest first; `isAll` if there are none before them. */
  | { kind: "acts"; room: string; acts: MessagePayload[]; isAll: boolean }
  /** An invitation code; `link` is the address with it, if the server's is known. */
  | { kind: "invitation"; invite: Events["invite"]; link: string | undefined }
  /** Commands and their descriptions; `isWhole` if these are all. */
  | { kind: "help"; rows: [string, string][]; isWhole: boolean };

/** The addressee of a message: a room, or one person. */
export type Target = { readonly room: string } | { readonly to: string };

/** A message in a room. */
export interface MessageItem {
  kind: "message";
  message: MessagePayload;
  own: boolean;
  /** Whether it mentions this client's person. */
  mention: boolean;
  /** Whether it is an old message, shown on request. */
  past: boolean;
}

/** The parts of an event, so that a name cannot pass for the words around it. */
export type Happening =
  | { event: "joined" | "left"; name: string }
  | { event: "renamed"; name: string; newName: string }
  | { event: "topic"; name: string; topic: string }
  /** This person was removed from the room, or, without one, from the server. */
  | { event: "kicked" | "banned"; removal: Removal }
  /** Any other event, in the server's words. */
  | { event: "other"; message: string };

/** The content of a notification, in parts where they are known. */
export function happening(notification: NotificationPayload): Happening {
  const { event, name, new_name, topic, message, by, room, reason, until } = notification;
  if ((event === "kicked" || event === "banned") && by !== undefined) {
    return { event, removal: { by, room, reason, until } };
  }
  if (name === undefined) return { event: "other", message };
  if (event === "joined" || event === "left") return { event, name };
  if (event === "renamed" && new_name !== undefined) return { event, name, newName: new_name };
  if (event === "topic") return { event, name, topic: topic ?? "" };
  return { event: "other", message };
}

/** An effect of a change of state on the outside. */
export type Effect =
  | { kind: "show"; item: Item }
  | { kind: "send"; request: Request }
  /** Sends a message through the outbox. */
  | { kind: "say"; target: Target; text: string }
  /** A draft is acknowledged or refused: the outbox removes it. */
  | { kind: "settle"; ref: number; refused: string | undefined }
  /** The current room has changed. */
  | { kind: "activate"; room: string }
  /** The ignored people have changed; the outbox keeps their names. */
  | { kind: "ignored"; names: string[] }
  /** Asks the person for a secret, and passes it on if they give one. */
  | { kind: "secret"; question: string; then: (secret: string) => Effect[] }
  | { kind: "reconnect" }
  | { kind: "quit" };

/** The effect that shows `item`. */
export function show(item: Item): Effect {
  return { kind: "show", item };
}

/** The effect that shows `text` as the client's own words. */
export function notice(text: string): Effect {
  return show({ kind: "notice", text });
}

/** The effect that shows an error and what to do about it. */
export function problem(text: string): Effect {
  return show({ kind: "problem", text });
}
