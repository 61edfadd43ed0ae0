/**
 * What happens to sessions when a name is registered, gets another password or is
 * given up: those that may not have it any more let go of it. Pure, as all of the directory.
 */

import type { ConnectionHandle } from "./connection_handle.ts";
import type { Directory } from "./directory.ts";
import type { Effect } from "./effects.ts";
import { recordSession, refuse } from "./effects.ts";
import type { Claim, Proof } from "../log/message_log.ts";
import { disconnect, voidSession } from "./lifecycle.ts";
import type { Session } from "./session.ts";

/** A change to a claim: when, and by which session, if it was one's. */
export interface Change {
  now: number;
  own?: Session | undefined;
  /** Up to where a connection was sent its session's inbox. */
  inboxSeen(connection: ConnectionHandle): number | undefined;
}

/** Knows a claim as it is now: new, or with another password. Who has not shown that, is let go of. */
export function claimed(directory: Directory, claim: Claim, change: Change): Effect[] {
  const before = directory.names.claimOf(claim.name);
  directory.names.setClaim(claim);
  const { own } = change;
  const holders = directory.names.holders(claim.name);
  if (own !== undefined && holders.includes(own)) {
    own.proof = proofOf(claim);
  }
  const reason = before === undefined
    ? `"${claim.name}" is registered now; show its password, or choose another name`
    : `"${claim.name}" has another password now; connect again with that`;
  const others = holders.filter((holder) => !directory.mayUse(claim.name, holder.proof));
  return [
    ...others.flatMap((session) => letGo(directory, session, reason, change)),
    ...own === undefined ? [] : recordSession(own),
  ];
}

/** What a session has that has shown the password of `claim`. */
export function proofOf({ id, edition }: Claim): Proof {
  return { claim: id, edition };
}

/** Knows that a name is registered no more. Of its sessions only the one that gave it up goes on. */
export function unclaimed(directory: Directory, claim: Claim, change: Change): Effect[] {
  directory.names.deleteClaim(claim);
  const { own } = change;
  const mayStay = directory.mayUse(claim.name, undefined) ? own : undefined;
  const effects = directory.names.holders(claim.name)
    .filter((session) => session !== mayStay)
    .flatMap((session) => end(directory, session, `"${claim.name}" is registered no more`, change));
  if (mayStay === undefined) return effects;
  mayStay.proof = undefined;
  return [...effects, ...recordSession(mayStay)];
}

/** Knows the claims as another process has left them. */
export function reconcile(
  directory: Directory,
  claims: readonly Claim[],
  change: Change,
): Effect[] {
  const ids = new Set(claims.map(({ id }) => id));
  const gone = [...directory.names.claims].filter(({ id }) => !ids.has(id));
  const changed = claims.filter((claim) => {
    const known = directory.names.claimOf(claim.name);
    return known?.id !== claim.id || known.edition < claim.edition;
  });
  return [
    ...gone.flatMap((claim) => unclaimed(directory, claim, change)),
    ...changed.flatMap((claim) => claimed(directory, claim, change)),
  ];
}

/** Ends a session for good; its connection is told why, and closed. */
export function end(
  directory: Directory,
  session: Session,
  reason: string,
  change: Change,
): Effect[] {
  const { connection } = session;
  const told = tell(session, reason);
  const effects = [...told, ...voidSession(directory, session, change.now)];
  return connection === undefined ? effects : [...effects, { kind: "close", connection }];
}

/** Takes its name from a session; its connection is told why, and closed. The session is kept. */
function letGo(directory: Directory, session: Session, reason: string, change: Change): Effect[] {
  const { connection } = session;
  const told = tell(session, reason);
  const left = connection === undefined ? [] : disconnect(
    directory,
    connection,
    change.now,
    change.inboxSeen(connection) ?? session.inboxSeq,
  );
  directory.names.release(session);
  return connection === undefined ? [] : [...told, ...left, { kind: "close", connection }];
}

function tell({ connection, profile }: Session, reason: string): Effect[] {
  if (connection === undefined) return [];
  return refuse({ connection, profile, id: undefined }, { code: "session_ended", reason });
}
