/**
 * Keeps the order of one session's messages while the log fails: those that were sent behind
 * a message that was refused must not be appended before it is sent again.
 */

import type { Outcome } from "../log/message_log.ts";
import type { AppendDirect, AppendMessage } from "../hub/effects.ts";
import type { DraftEffect } from "../hub/deliver.ts";
import type { Session } from "../hub/state/session.ts";

/** Milliseconds for which later messages are refused: a client may have given the earlier one up. */
const HOLD = 5000;

const NONE: ReadonlyMap<DraftEffect, Outcome> = new Map();

/** The refs that the log could not keep, by session. */
export class RefOrder {
  readonly #failed = new WeakMap<Session, { ref: number; until: number }>();
  /** When the last of them is forgotten, in milliseconds of the caller's clock. */
  #until = 0;

  /** The drafts that must not reach the log now, each with its outcome. */
  heldAmong(effects: readonly DraftEffect[], now: number): ReadonlyMap<DraftEffect, Outcome> {
    if (now >= this.#until) return NONE;
    const held = new Map<DraftEffect, Outcome>();
    for (const effect of effects) {
      const failed = hasRef(effect) ? this.#failed.get(effect.session) : undefined;
      if (failed === undefined || !hasRef(effect)) continue;
      if (effect.draft.ref > failed.ref && now < failed.until) {
        const reason = `ref ${failed.ref} could not be kept and has to be sent again first`;
        held.set(effect, { kind: "failed", reason });
      } else this.#failed.delete(effect.session);
    }
    return held;
  }

  /** Notes that the log could not keep a draft, or was not asked to. */
  note(effect: DraftEffect, now: number): void {
    if (!hasRef(effect)) return;
    const { session, draft: { ref } } = effect;
    const failed = this.#failed.get(session);
    if (failed === undefined || ref < failed.ref) {
      this.#until = now + HOLD;
      this.#failed.set(session, { ref, until: this.#until });
    }
  }
}

type WithRef = (AppendMessage | AppendDirect) & { draft: { ref: number } };

function hasRef(effect: DraftEffect): effect is WithRef {
  if (effect.kind !== "append message" && effect.kind !== "append direct") return false;
  return effect.draft.ref !== undefined && effect.draft.session !== undefined;
}
