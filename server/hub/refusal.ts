/**
 * Why a request is not done: a value, which `refuse()` in `effects.ts` turns into what
 * the client is sent. Code that waits throws it as a {@linkcode RefusalError} instead.
 */

import { type ErrorCode, errorEvent, type Event, rateLimited } from "../../protocol/mod.ts";
import { LogFailure } from "../log/message_log.ts";

/** Why a request is not done. */
export interface Refusal {
  code: ErrorCode;
  /** For people: what is wrong, and what to do. */
  reason: string;
  /** Milliseconds after which to ask again, with the code `rate_limited`. */
  retryAfter?: number;
  /** The session's highest `ref`, where the request's `ref` is refused. */
  highestRef?: number;
}

/** A refusal that leaves a function as an error. */
export class RefusalError extends Error {
  override name = "RefusalError";

  constructor(readonly refusal: Refusal) {
    super(refusal.reason);
  }
}

/** What refuses a request that ended in `error`. Throws an error again that is a defect. */
export function refusalFrom(error: unknown): Refusal {
  if (error instanceof RefusalError) return error.refusal;
  if (!(error instanceof LogFailure)) throw error;
  return { code: "log_failed", reason: `The log failed: ${error.message}` };
}

/** A refusal as it goes over the wire. */
export function errorOf({ code, reason, retryAfter, highestRef }: Refusal): Event<"error"> {
  if (retryAfter !== undefined) return rateLimited(reason, retryAfter);
  const event = errorEvent(code, reason);
  return highestRef === undefined
    ? event
    : { ...event, payload: { ...event.payload, ref: highestRef } };
}
