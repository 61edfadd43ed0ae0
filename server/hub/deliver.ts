/**
 * The effects of a draft once the log has answered: which connection is sent what. Pure.
 */

import type { DirectPayload, ErrorCode, MessagePayload } from "../../protocol/mod.ts";
import {
  answering,
  type AppendDirect,
  type AppendMessage,
  type AppendRecord,
  type AppendRights,
  type Effect,
  type Origin,
  refuse,
  reply,
  type ResolveRef,
  send,
  type SetTopic,
  type Target,
} from "./effects.ts";
import type { DirectDraft, DirectEntry, Entry, Outcome } from "../log/message_log.ts";
import { deliverRights } from "./acts.ts";
import { notify } from "./notifications.ts";
import { type Refusal, unkept } from "./state/refusal.ts";
import type { Session } from "./state/session.ts";

type Kept = Extract<Outcome, { kind: "direct" }>;

/** An effect that has a draft. */
export type DraftEffect =
  | AppendMessage
  | AppendDirect
  | ResolveRef
  | SetTopic
  | AppendRecord
  | AppendRights;

/** Whether an effect has a draft. */
export function isDraftEffect(effect: Effect): effect is DraftEffect {
  return "draft" in effect;
}

/** The effects that follow from `effect`, whose draft has come to `outcome`. */
export function deliver(effect: DraftEffect, outcome: Outcome): Effect[] {
  if (effect.kind === "append record") return [];
  if (effect.kind === "append rights") return deliverRights(effect, outcome);
  if (effect.kind === "set topic") return deliverTopic(effect, outcome);
  if (effect.kind === "resolve ref" && !ANSWERS_RETRY.has(outcome.kind)) {
    return refuse(effect.origin, effect.refusal);
  }
  const { origin, draft } = effect;
  switch (outcome.kind) {
    case "message":
      return effect.kind === "append message" ? deliverMessage(effect, outcome.entry) : [];
    case "direct":
      return effect.kind === "append direct" ? deliverDirect(effect, outcome) : [];
    case "repeated":
      return reply(origin, ownEvent(outcome.entry, draft.ref));
    case "used ref":
    case "stale ref":
    case "expired ref":
      return refuse(origin, refRefusal(draft.ref, outcome));
    case "unknown name":
      return unknownName(draft as DirectDraft, origin);
    case "failed":
      return refuse(origin, unkept(outcome.reason));
    default:
      return [];
  }
}

/** Outcomes that answer a message that can't be said any more: it was said, or may have been. */
const ANSWERS_RETRY: ReadonlySet<Outcome["kind"]> = new Set(["repeated", "expired ref"]);

type RefOutcome = Extract<Outcome, { highest: number }>;

/** The refusal of a `ref` by what the log found: its code, and the middle of its reason. */
const REF_PROBLEMS: Record<RefOutcome["kind"], readonly [ErrorCode, string]> = {
  "used ref": ["ref_used", "was used for another message; take one above"],
  "stale ref": ["stale_ref", "was never used, but higher ones were; take one above"],
  "expired ref": ["ref_expired", "is of a time whose messages are no longer kept, and not above"],
};

function refRefusal(ref: number | undefined, { kind, highest }: RefOutcome): Refusal {
  const [code, problem] = REF_PROBLEMS[kind];
  const reason = `ref ${ref} ${problem} the session's highest, ${highest}`;
  return { code, reason, highestRef: highest };
}

/** Nobody wrote an invitation, whose room takes the name also where no inbox does. */
function unknownName({ to, room }: DirectDraft, origin: Origin): Effect[] {
  if (room !== undefined) return [];
  return refuse(origin, { code: "unknown_name", reason: `Nobody is known as "${to}"` });
}

/** Notes that `ref` is in the log. */
function noteRef(session: Session, ref = 0): void {
  session.ref = Math.max(session.ref, ref);
}

function deliverTopic(
  { draft, room, members, payload, origin }: SetTopic,
  outcome: Outcome,
): Effect[] {
  if (outcome.kind === "failed") {
    room.topic = room.keptTopic;
    return refuse(origin, unkept(outcome.reason));
  }
  room.keptTopic = draft.topic;
  return notify(members, payload, origin);
}

function deliverMessage(
  { room, members, origin, draft, session }: AppendMessage,
  entry: Entry,
): Effect[] {
  room.seq = entry.seq;
  noteRef(session, draft.ref);
  const event = { type: "message", payload: entry } as const;
  const differs = draft.ref !== undefined || origin.id !== undefined;
  const own = differs
    ? { connection: origin.connection, event: answering(origin.id, ownEvent(entry, draft.ref)) }
    : undefined;
  return [{ kind: "broadcast", members, event, own }];
}

function deliverDirect({ targets, origin, draft, session }: AppendDirect, outcome: Kept): Effect[] {
  noteRef(session, draft.ref);
  const { entry, session: primary, copies = [] } = outcome;
  const seqs = new Map(copies.map(({ session, seq }) => [session, seq]));
  if (primary !== undefined) seqs.set(primary, entry.seq);
  const sent = targets.flatMap((target) => {
    const { tokenHash } = target.session;
    const seq = tokenHash === undefined ? 0 : seqs.get(tokenHash);
    return seq === undefined || !isNewIn(target.session, seq) ||
        target.connection === origin.connection
      ? []
      : sendDirect(target, { ...entry, seq });
  });
  return [...sent, ...reply(origin, ownEvent(entry, draft.ref))];
}

/** Notes how far the inbox has come. A subscription that reads the log may have been faster: then it is not new. */
function isNewIn(session: Session, seq: number): boolean {
  const isNew = seq === 0 || seq > session.inboxSeq;
  session.inboxSeq = Math.max(session.inboxSeq, seq);
  return isNew;
}

function sendDirect({ session, connection }: Target, payload: DirectEntry): Effect[] {
  if (connection === undefined) return [];
  const delivered = send(connection, session.profile, { type: "direct", payload });
  // A lagging connection gets it from the inbox later; a lecture client has no inbox, and misses it.
  return delivered.map((effect) => ({ ...effect, isLiveOnly: true }));
}

/** The sender's own form of its message, with the `ref` that is for it alone. */
function ownEvent(entry: Entry | DirectEntry, ref: number | undefined) {
  const payload = ref === undefined ? entry : { ...entry, ref };
  return "to" in payload
    ? { type: "direct", payload: payload as DirectPayload } as const
    : { type: "message", payload: payload as MessagePayload } as const;
}
