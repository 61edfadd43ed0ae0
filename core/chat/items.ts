/** What a client may have to show, by meaning: how it looks is `format.ts`'s part. */

import type {
  DirectPayload,
  MessagePayload,
  NotificationPayload,
  Request,
  RoomSummary,
  SessionSummary,
  UnreadRoom,
} from "../../protocol/mod.ts";

/** One thing to show. Texts in it are as the network sent them: not safe to show. */
export type Item =
  | MessageItem
  | { kind: "direct"; direct: DirectPayload; own: boolean }
  /** Something happened: somebody joined, a topic changed. */
  | { kind: "happened"; what: Happening; room: string | undefined; at: number }
  /** The client's own words, or the server's to this client alone. */
  | { kind: "notice"; text: string }
  | { kind: "problem"; text: string }
  /** What follows in a room has not been read. */
  | { kind: "mark"; mark: UnreadRoom }
  /** An own message that did not get through. */
  | { kind: "failed"; target: Target; text: string; reason: string }
  | { kind: "people"; room: string; names: string[] }
  | { kind: "rooms"; rooms: RoomSummary[] }
  | { kind: "unread"; rooms: UnreadRoom[] }
  | { kind: "found"; messages: MessagePayload[] }
  | { kind: "sessions"; sessions: SessionSummary[] }
  /** Commands and what they do; `isWhole` when that is all of them. */
  | { kind: "help"; rows: [string, string][]; isWhole: boolean };

/** The addressee of a message: a room, or one person. */
export type Target = { readonly room: string } | { readonly to: string };

/** Something said in a room. */
export interface MessageItem {
  kind: "message";
  message: MessagePayload;
  own: boolean;
  /** Whether it names this client's person. */
  mention: boolean;
  /** Whether it was said before now and is shown because somebody asked. */
  past: boolean;
}

/** What happened, in parts, so that a name can't pass for the words around it. */
export type Happening =
  | { event: "joined" | "left"; name: string }
  | { event: "renamed"; name: string; newName: string }
  | { event: "topic"; name: string; topic: string }
  /** Anything else, in the server's words. */
  | { event: "other"; message: string };

/** What a notification tells, in parts where they are known. */
export function happening(
  { event, name, new_name, topic, message }: NotificationPayload,
): Happening {
  if (name === undefined) return { event: "other", message };
  if (event === "joined" || event === "left") return { event, name };
  if (event === "renamed" && new_name !== undefined) return { event, name, newName: new_name };
  if (event === "topic") return { event, name, topic: topic ?? "" };
  return { event: "other", message };
}

/** What a change of state asks of the world. */
export type Effect =
  | { kind: "show"; item: Item }
  | { kind: "send"; request: Request }
  /** Say something: it goes through the outbox. */
  | { kind: "say"; target: Target; text: string }
  /** A draft is acknowledged or refused: the outbox may forget it. */
  | { kind: "settle"; ref: number; refused: string | undefined }
  /** The room that the person is in from now on. */
  | { kind: "activate"; room: string }
  /** These people are hidden from now on: the outbox keeps them. */
  | { kind: "ignored"; names: string[] }
  /** Ask the person for a secret; when they give one, do what it is for. */
  | { kind: "secret"; question: string; then: (secret: string) => Effect[] }
  | { kind: "reconnect" }
  | { kind: "quit" };

/** The effect that shows `item`. */
export function show(item: Item): Effect {
  return { kind: "show", item };
}

/** The effect that says `text` in the client's own words. */
export function notice(text: string): Effect {
  return show({ kind: "notice", text });
}

/** The effect that says what is wrong and what to do. */
export function problem(text: string): Effect {
  return show({ kind: "problem", text });
}
