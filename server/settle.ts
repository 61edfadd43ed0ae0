/**
 * What comes of a draft once the log has spoken: who is sent what. Pure.
 */

import type { DirectPayload, MessagePayload } from "../protocol/mod.ts";
import {
  answering,
  type Effect,
  type Keep,
  notify,
  type Origin,
  refuse,
  reply,
  type Retopic,
  type Retry,
  type Say,
  send,
  type Target,
  type Tell,
} from "./effects.ts";
import type { DirectEntry, Entry, Outcome } from "./message_log.ts";
import type { Session } from "./session.ts";

type Kept = Extract<Outcome, { kind: "direct" }>;

/** An effect that has a draft. */
export type Drafting = Say | Tell | Retry | Retopic | Keep;

/** The effects of `effect`, now that its draft has come to `outcome`. */
export function settle(effect: Drafting, outcome: Outcome): Effect[] {
  if (effect.kind === "keep") return [];
  if (effect.kind === "retopic") return settleTopic(effect, outcome);
  if (effect.kind === "retry" && outcome.kind !== "repeated") return effect.refusal;
  const { origin, draft } = effect;
  switch (outcome.kind) {
    case "message":
      return effect.kind === "say" ? deliver(effect, outcome.entry) : [];
    case "direct":
      return effect.kind === "tell" ? deliverDirect(effect, outcome) : [];
    case "repeated":
      return reply(origin, ownEvent(outcome.entry, draft.ref));
    case "stale ref":
      return refuse(
        origin,
        "stale_ref",
        `ref ${draft.ref} is not above ${outcome.highest}, and no message that is kept has it`,
      );
    case "unknown name":
      return refuse(origin, "unknown_name", `Nobody is known as "${(draft as { to: string }).to}"`);
    case "failed":
      return refuseUnkept(origin, outcome.reason);
    default:
      return [];
  }
}

function refuseUnkept(origin: Origin, reason: string): Effect[] {
  return refuse(
    origin,
    "log_failed",
    `It could not be kept, so nobody has seen it: ${reason}`,
  );
}

function settleTopic(
  { draft, room, members, payload, origin }: Retopic,
  outcome: Outcome,
): Effect[] {
  if (outcome.kind === "failed") {
    room.topic = room.keptTopic;
    return refuseUnkept(origin, outcome.reason);
  }
  room.keptTopic = draft.topic;
  return notify(members, payload, origin);
}

function deliver({ room, members, origin, draft }: Say, entry: Entry): Effect[] {
  room.seq = entry.seq;
  const event = { type: "message", payload: entry } as const;
  const differs = draft.ref !== undefined || origin.id !== undefined;
  const own = differs
    ? { link: origin.link, event: answering(origin.id, ownEvent(entry, draft.ref)) }
    : undefined;
  return [{ kind: "broadcast", members, event, own }];
}

function deliverDirect({ targets, origin, draft }: Tell, outcome: Kept): Effect[] {
  const { entry, session: primary, copies = [] } = outcome;
  const seqs = new Map(copies.map(({ session, seq }) => [session, seq]));
  if (primary !== undefined) seqs.set(primary, entry.seq);
  const told = targets.flatMap((target) => {
    const { tokenHash } = target.session;
    const seq = tokenHash === undefined ? 0 : seqs.get(tokenHash);
    return seq === undefined || !isNewIn(target.session, seq) || target.link === origin.link
      ? []
      : tellDirect(target, { ...entry, seq });
  });
  return [...told, ...reply(origin, ownEvent(entry, draft.ref))];
}

/** Notes what is in the inbox now. A feed that reads the inbox may have been faster: then it is not new. */
function isNewIn(session: Session, seq: number): boolean {
  const isNew = seq === 0 || seq > session.inboxSeq;
  session.inboxSeq = Math.max(session.inboxSeq, seq);
  return isNew;
}

function tellDirect({ session, link }: Target, payload: DirectEntry): Effect[] {
  if (link === undefined) return [];
  const delivered = send(link, session.profile, { type: "direct", payload });
  // To one who is behind the inbox brings it later; a lecture client has none, and misses it.
  return delivered.map((effect) => ({ ...effect, isLiveOnly: true }));
}

/** The sender's own copy of what it said. */
function ownEvent(entry: Entry | DirectEntry, ref: number | undefined) {
  const payload = ref === undefined ? entry : { ...entry, ref };
  return "to" in payload
    ? { type: "direct", payload: payload as DirectPayload } as const
    : { type: "message", payload: payload as MessagePayload } as const;
}
