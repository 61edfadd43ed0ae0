/**
 * One request about a registered name: the call, the parts of the server that it needs,
 * and the two steps that every change takes.
 */

import type { Change } from "../hub/account_changes.ts";
import type { Connection } from "../connection/connection.ts";
import type { Origin } from "../hub/effects.ts";
import type { HandshakeContext } from "./handshake.ts";
import type { AccountDraft } from "../log/account_store.ts";
import { LogFailure, type MessageLog, type Outcome } from "../log/message_log.ts";
import type { LoginThrottle } from "./login_throttle.ts";
import type { Passwords } from "./passwords.ts";
import type { Session } from "../hub/state/session.ts";

/** One request about an account, and the session that made it. */
export interface AccountCall {
  connection: Connection;
  session: Session;
  origin: Origin;
}

/** The parts of the server that such requests need. */
export interface AccountContext extends HandshakeContext {
  passwords: Passwords;
  throttle: LoginThrottle;
}

/** A change that happens now; by `own`, or by another process. */
export function changeBy({ pipeline }: AccountContext, own?: Session): Change {
  const inboxSeen: Change["inboxSeen"] = (connection) => pipeline.inboxSeen(connection);
  return { now: performance.now(), own, inboxSeen };
}

/** Appends one draft. Rejects with a {@linkcode LogFailure} where the log did not keep it. */
export async function appendOne(log: MessageLog, draft: AccountDraft): Promise<Outcome> {
  const [outcome] = await log.append([draft]);
  if (outcome?.kind === "failed") throw new LogFailure(outcome.reason);
  return outcome as Outcome;
}
