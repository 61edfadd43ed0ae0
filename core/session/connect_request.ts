/** The `connect` of a session, which continues where it stands. */

import { type Request, VERSION } from "../../protocol/mod.ts";
import type { ChatState, RoomState } from "../chat/state.ts";

/** The secrets that prove who connects. */
interface Secrets {
  readonly session: string | undefined;
  readonly password: string | undefined;
}

/** The request for the next connection, which enters `room`, if one is given, in the same step. */
export function connectRequest(
  state: ChatState,
  { session, password }: Secrets,
  room: RoomState | undefined,
): Request<"connect"> {
  const { lastDirectSeq, name, positions: since, timeline } = state;
  // A room that has admitted us needs no code, which might count as used once more.
  const code = room?.last === undefined ? room?.code : undefined;
  return {
    type: "connect",
    payload: {
      name,
      version: VERSION,
      ...room === undefined ? {} : { room: room.name },
      ...code === undefined ? {} : { code },
      ...session === undefined ? {} : { session },
      ...password === undefined ? {} : { password },
      ...Object.keys(since).length === 0 ? {} : { since },
      ...timeline === undefined ? {} : { timeline },
      ...lastDirectSeq === undefined ? {} : { direct_since: lastDirectSeq },
    },
  };
}
