/** Refusals in words: the server's, and what to do about them here. */

import type { ErrorCode, Events } from "../../protocol/mod.ts";

const ADVICE: Partial<Record<ErrorCode, string>> = {
  not_allowed: "/about says what you may do here",
  invite_only: "with an invitation code it is /join ROOM --code CODE",
  unknown_invite: "ask for a new invitation",
};

/** An error's text, and the advice for its code, if there is any. */
export function refusal({ code, message }: Events["error"]): string {
  const advice = Object.hasOwn(ADVICE, code) ? ADVICE[code] : undefined;
  return advice === undefined ? message : `${message.replace(/\.$/, "")}; ${advice}`;
}
