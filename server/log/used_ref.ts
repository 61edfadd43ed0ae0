/**
 * The outcome of a draft whose `ref` is not above its session's highest. Pure, and the
 * same for every log: the log finds the message that has the `ref`, this compares.
 *
 * A client may have lost count: its state was restored from a backup, or is used on two
 * machines. The answer must tell it whether to say its text again, so it is one of four:
 *
 * - *repeated*: the message has this content. It is the same message.
 * - *used ref*: the message has other content. The draft was never said.
 * - *stale ref*: no message ever had the `ref`. The draft was never said.
 * - *expired ref*: a message of the session with this `ref` or a higher one is past its
 *   time. Whether the draft was said can't be known: said again it may be doubled, given
 *   up it may be lost, so the client must leave that to a person.
 *
 * To tell the last two apart costs one number a session, the highest `ref` of its dropped
 * messages. The content of dropped messages is not kept, nor a digest of it: of a short
 * text that gives the text away, and retention promises that it is gone.
 */

import { fold } from "../../protocol/mod.ts";
import type {
  DirectDraft,
  DirectEntry,
  Entry,
  MessageDraft,
  Outcome,
  RetryDraft,
} from "./message_log.ts";

/** A session's refs, as a log knows them. */
export interface SessionRefs {
  /** The highest that was used. */
  ref: number;
  /** The highest of the messages that were dropped; 0 when none was. */
  droppedRef: number;
}

/** A draft that may have been said before. */
export type Repeatable = MessageDraft | DirectDraft | RetryDraft;

/** The outcome of `draft`, whose `ref` is used up; `entry` is the kept message that has it. */
export function outcomeOfUsedRef(
  draft: Repeatable,
  entry: Entry | DirectEntry | undefined,
  { ref: highest, droppedRef }: SessionRefs,
): Outcome {
  if (entry !== undefined) {
    return hasContentOf(entry, draft) ? { kind: "repeated", entry } : { kind: "used ref", highest };
  }
  const { ref = 0 } = draft;
  return { kind: ref > droppedRef ? "stale ref" : "expired ref", highest };
}

/**
 * Whether `entry` is what `draft` asks to be said. The sender's name may have changed
 * since, and names are compared as names are. A request that left its room out is
 * compared without: the session may be in another room by now.
 */
function hasContentOf(entry: Entry | DirectEntry, draft: Repeatable): boolean {
  if (entry.text !== draft.text) return false;
  if (draft.kind === "direct") return "to" in entry && isSameName(entry.to, draft.to);
  if ("to" in entry) return false;
  const room = draft.kind === "message" && draft.isRoomImplied ? undefined : draft.room;
  return room === undefined || isSameName(entry.room, room);
}

function isSameName(one: string, other: string): boolean {
  return one === other || fold(one) === fold(other);
}
