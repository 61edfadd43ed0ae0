/**
 * Refusals: the reason why a request is not done, as a value. `refuse()` in `effects.ts` sends it;
 * asynchronous code throws it as a {@linkcode RefusalError}.
 */

import { type ErrorCode, errorEvent, type Event, rateLimited } from "../../../protocol/mod.ts";
import { LogFailure } from "../../log/message_log.ts";

/** Why a request is not done. */
export interface Refusal {
  code: ErrorCode;
  /** The cause, and what to do about it, for people. */
  reason: string;
  /** Milliseconds after which to ask again, with the codes `rate_limited`, `muted` and `slow_mode`. */
  retryAfter?: number;
  /** The session's highest `ref`, where the request's `ref` is refused. */
  highestRef?: number;
  /** The ban behind it, as a notification has it. */
  ban?: { by: string; until?: number; reason?: string };
}

/** A refusal, thrown. */
export class RefusalError extends Error {
  override name = "RefusalError";

  constructor(readonly refusal: Refusal) {
    super(refusal.reason);
  }
}

/** The refusal that `error` stands for. Throws it again when it is a defect of ours. */
export function refusalFrom(error: unknown): Refusal {
  if (error instanceof RefusalError) return error.refusal;
  if (!(error instanceof LogFailure)) throw error;
  return { code: "log_failed", reason: `The log failed: ${error.message}` };
}

/** The refusal of what the log could not keep. */
export function unkept(reason: string): Refusal {
  return { code: "log_failed", reason: `It could not be kept, so nobody has seen it: ${reason}` };
}

/** The event that a refusal is sent as. */
export function errorOf({ code, reason, retryAfter, highestRef }: Refusal): Event<"error"> {
  if (retryAfter !== undefined) return rateLimited(reason, retryAfter, undefined, code);
  const event = errorEvent(code, reason);
  return highestRef === undefined
    ? event
    : { ...event, payload: { ...event.payload, ref: highestRef } };
}
