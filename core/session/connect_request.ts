/** The `connect` of a session, which continues where it stands. */

import { type Request, VERSION } from "../../protocol/mod.ts";
import type { ChatState } from "../chat/state.ts";

/** The secrets that prove who connects. */
interface Secrets {
  readonly session: string | undefined;
  readonly password: string | undefined;
}

/**
 * The request for the next connection; `isFirst` before the server has accepted any. A room
 * that has not admitted us yet may refuse, which must not end a session that has begun.
 */
export function connectRequest(
  state: ChatState,
  { session, password }: Secrets,
  isFirst: boolean,
): Request<"connect"> {
  const { activeRoom, lastDirectSeq, name, positions: since, timeline } = state;
  const room = isFirst || activeRoom?.last !== undefined ? activeRoom?.name : undefined;
  return {
    type: "connect",
    payload: {
      name,
      version: VERSION,
      ...room === undefined ? {} : { room },
      ...session === undefined ? {} : { session },
      ...password === undefined ? {} : { password },
      ...Object.keys(since).length === 0 ? {} : { since },
      ...timeline === undefined ? {} : { timeline },
      ...lastDirectSeq === undefined ? {} : { direct_since: lastDirectSeq },
    },
  };
}
