/**
 * What comes of a draft once the log has spoken: who is sent what. Pure.
 */

import type { DirectPayload, MessagePayload } from "../protocol/mod.ts";
import {
  answering,
  type Effect,
  type Keep,
  refuse,
  reply,
  type Retry,
  type Say,
  send,
  type Tell,
} from "./effects.ts";
import type { DirectEntry, Entry, Outcome } from "./message_log.ts";

/** An effect that has a draft. */
export type Drafting = Say | Tell | Retry | Keep;

/** The effects of `effect`, now that its draft has come to `outcome`. */
export function settle(effect: Drafting, outcome: Outcome): Effect[] {
  if (effect.kind === "keep") return [];
  if (effect.kind === "retry" && outcome.kind !== "repeated") return effect.refusal;
  const { origin, draft } = effect;
  switch (outcome.kind) {
    case "message":
      return effect.kind === "say" ? deliver(effect, outcome.entry) : [];
    case "direct":
      return effect.kind === "tell" ? deliverDirect(effect, outcome.entry) : [];
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
      return refuse(
        origin,
        "log_failed",
        `It could not be kept, so nobody has seen it: ${outcome.reason}`,
      );
    case "kept":
      return [];
  }
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

function deliverDirect({ target, targetLink, origin, draft }: Tell, entry: DirectEntry): Effect[] {
  const own = reply(origin, ownEvent(entry, draft.ref));
  if (target === undefined) return own;
  // A feed that reads the inbox may have been faster.
  const isNew = entry.seq === 0 || entry.seq > target.inboxSeq;
  target.inboxSeq = Math.max(target.inboxSeq, entry.seq);
  if (!isNew || targetLink === undefined || targetLink === origin.link) return own;
  const delivered = send(targetLink, target.profile, { type: "direct", payload: entry });
  // To one who is behind the inbox brings it later; a lecture client has none, and misses it.
  return [...delivered.map((effect) => ({ ...effect, isLiveOnly: true })), ...own];
}

/** The sender's own copy of what it said. */
function ownEvent(entry: Entry | DirectEntry, ref: number | undefined) {
  const payload = ref === undefined ? entry : { ...entry, ref };
  return "to" in payload
    ? { type: "direct", payload: payload as DirectPayload } as const
    : { type: "message", payload: payload as MessagePayload } as const;
}
