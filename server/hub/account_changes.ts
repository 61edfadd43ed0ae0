/**
 * What happens to sessions when a name is registered, gets another password or is
 * given up: those that may not have it any more let go of it. Pure, as all of the hub.
 */

import type { ConnectionHandle } from "./connection_handle.ts";
import type { Effect } from "./effects.ts";
import { recordSession, refuse } from "./effects.ts";
import type { Hub } from "./hub.ts";
import type { Claim, Proof } from "../log/message_log.ts";
import type { Session } from "./session.ts";

/** A change to a claim: when, and by which session, if it was one's. */
export interface Change {
  now: number;
  own?: Session | undefined;
  /** Up to where a connection was sent its session's inbox. */
  inboxSeen(connection: ConnectionHandle): number | undefined;
}

/** Knows a claim as it is now: new, or with another password. Who has not shown that, is let go of. */
export function claimed(hub: Hub, claim: Claim, change: Change): Effect[] {
  const before = hub.names.claimOf(claim.name);
  hub.names.setClaim(claim);
  const { own } = change;
  const holders = hub.names.holders(claim.name);
  if (own !== undefined && holders.includes(own)) {
    own.proof = proofOf(claim);
  }
  const reason = before === undefined
    ? `"${claim.name}" is registered now; show its password, or choose another name`
    : `"${claim.name}" has another password now; connect again with that`;
  const others = holders.filter((holder) => !hub.mayHave(claim.name, holder.proof));
  return [
    ...others.flatMap((session) => letGo(hub, session, reason, change)),
    ...own === undefined ? [] : recordSession(own),
  ];
}

/** What a session has that has shown the password of `claim`. */
export function proofOf({ id, edition }: Claim): Proof {
  return { claim: id, edition };
}

/** Knows that a name is registered no more. Of its sessions only the one that gave it up goes on. */
export function unclaimed(hub: Hub, claim: Claim, change: Change): Effect[] {
  hub.names.deleteClaim(claim);
  const { own } = change;
  const mayStay = hub.mayHave(claim.name, undefined) ? own : undefined;
  const effects = hub.names.holders(claim.name)
    .filter((session) => session !== mayStay)
    .flatMap((session) => end(hub, session, `"${claim.name}" is registered no more`, change));
  if (mayStay === undefined) return effects;
  mayStay.proof = undefined;
  return [...effects, ...recordSession(mayStay)];
}

/** Knows the claims as another process has left them. */
export function reconcile(hub: Hub, claims: readonly Claim[], change: Change): Effect[] {
  const ids = new Set(claims.map(({ id }) => id));
  const gone = [...hub.names.claims].filter(({ id }) => !ids.has(id));
  const changed = claims.filter((claim) => {
    const known = hub.names.claimOf(claim.name);
    return known?.id !== claim.id || known.edition < claim.edition;
  });
  return [
    ...gone.flatMap((claim) => unclaimed(hub, claim, change)),
    ...changed.flatMap((claim) => claimed(hub, claim, change)),
  ];
}

/** Ends a session for good; its connection is told why, and closed. */
export function end(hub: Hub, session: Session, reason: string, change: Change): Effect[] {
  const { connection } = session;
  const told = tell(session, reason);
  const effects = [...told, ...hub.void(session, change.now)];
  return connection === undefined ? effects : [...effects, { kind: "close", connection }];
}

/** Takes its name from a session; its connection is told why, and closed. The session is kept. */
function letGo(hub: Hub, session: Session, reason: string, change: Change): Effect[] {
  const { connection } = session;
  const told = tell(session, reason);
  const left = connection === undefined
    ? []
    : hub.disconnect(connection, change.now, change.inboxSeen(connection) ?? session.inboxSeq);
  hub.names.release(session);
  return connection === undefined ? [] : [...told, ...left, { kind: "close", connection }];
}

function tell({ connection, profile }: Session, reason: string): Effect[] {
  if (connection === undefined) return [];
  return refuse({ connection, profile, id: undefined }, "session_ended", reason);
}
