/**
 * Changes to registered names: when a name is registered, gets another password or is given
 * up, sessions that may no longer use it lose it. Pure, as all of the hub.
 */

import type { ConnectionHandle } from "./state/connection_handle.ts";
import type { Directory } from "./state/directory.ts";
import type { Effect } from "./effects.ts";
import { recordSession, refuse } from "./effects.ts";
import type { Account, AccountsSnapshot, Authentication } from "../log/account_store.ts";
import type { RightsChange } from "../log/rights.ts";
import { enact, recordChanges } from "./acts.ts";
import { serverBanOf, serverBanRefusal } from "./rights/rights.ts";
import { Ban } from "./state/room_rights.ts";
import { disconnect, voidSession } from "./lifecycle.ts";
import type { Session } from "./state/session.ts";

/** The circumstances of a change to an account: its time, and the session that made it, if one did. */
export interface Change {
  now: number;
  own?: Session | undefined;
  /** The `seq` up to which a connection was sent its session's inbox. */
  inboxSeen(connection: ConnectionHandle): number | undefined;
}

/** Takes over an account that is new or has another password; sessions that have not shown that lose the name. */
export function accountChanged(directory: Directory, account: Account, change: Change): Effect[] {
  const before = directory.names.accountOf(account.name);
  directory.names.setAccount(account);
  const { own } = change;
  const holders = directory.names.holders(account.name);
  if (own !== undefined && holders.includes(own)) {
    own.authentication = authenticationOf(account);
  }
  const reason = before === undefined
    ? `"${account.name}" is registered now; show its password, or choose another name`
    : `"${account.name}" has another password now; connect again with that`;
  const others = holders.filter((holder) => !directory.mayUse(account.name, holder.authentication));
  return [
    ...others.flatMap((session) => loseName(directory, session, reason, change)),
    ...own === undefined ? [] : recordSession(own),
  ];
}

/** The authentication that a session gets for the present password of `account`. */
export function authenticationOf({ id, passwordVersion }: Account): Authentication {
  return { account: id, passwordVersion };
}

/** Removes an account. Of the name's sessions only the one that gave it up goes on. */
export function accountDeleted(directory: Directory, account: Account, change: Change): Effect[] {
  const passed = passOn(directory, account);
  directory.names.deleteAccount(account);
  const { own } = change;
  const mayStay = directory.mayUse(account.name, undefined) ? own : undefined;
  const ended = directory.names.holders(account.name)
    .filter((session) => session !== mayStay)
    .flatMap((session) =>
      end(directory, session, `"${account.name}" is registered no more`, change)
    );
  const effects = [...passed, ...ended];
  if (mayStay === undefined) return effects;
  mayStay.authentication = undefined;
  return [...effects, ...recordSession(mayStay)];
}

/** Takes over all accounts, and the bans from the server, as another process has left them. */
export function syncAccounts(
  directory: Directory,
  { accounts, bans }: AccountsSnapshot,
  change: Change,
): Effect[] {
  directory.bans = bans.map((ban) => new Ban(ban));
  const ids = new Set(accounts.map(({ id }) => id));
  const gone = [...directory.names.accounts].filter(({ id }) => !ids.has(id));
  const changed = accounts.filter((account) => {
    const known = directory.names.accountOf(account.name);
    return known?.id !== account.id || known.passwordVersion < account.passwordVersion ||
      known.isOperator !== account.isOperator;
  });
  return [
    ...gone.flatMap((account) => accountDeleted(directory, account, change)),
    ...changed.flatMap((account) => accountChanged(directory, account, change)),
    ...banAddresses(directory, change.now),
    ...closeBanned(directory, change),
  ];
}

/** Adds the addresses that a banned name is connected from to its ban, which holds for them for a day at most. */
function banAddresses(directory: Directory, now: number): Effect[] {
  const found = new Map<Ban, Set<string>>();
  for (const connection of directory.connections) {
    const ban = serverBanOf(directory, directory.sessionOf(connection) as Session, now);
    const { addressKey } = connection;
    if (ban?.stored.kind !== "ban" || addressKey === undefined) continue;
    const addresses = found.get(ban) ?? new Set(ban.stored.addresses);
    found.set(ban, addresses.add(addressKey));
  }
  const effects: Effect[] = [];
  directory.bans = directory.bans.map((ban) => {
    const addresses = [...found.get(ban) ?? []];
    if (addresses.length <= (ban.stored.addresses?.length ?? 0)) return ban;
    const stored = { ...ban.stored, addresses };
    effects.push({ kind: "append record", draft: { kind: "ban addresses", ban: stored } });
    return new Ban(stored);
  });
  return effects;
}

/** Closes the connections that the server has banned; their sessions may come back after the ban. */
function closeBanned(directory: Directory, { now, inboxSeen }: Change): Effect[] {
  return directory.connections.flatMap((connection): Effect[] => {
    const session = directory.sessionOf(connection) as Session;
    const refusal = serverBanRefusal(directory, session, now);
    if (refusal === undefined) return [];
    const { profile } = session;
    const seen = inboxSeen(connection) ?? session.inboxSeq;
    return [
      ...refuse({ connection, profile, id: undefined }, refusal),
      ...disconnect(directory, connection, now, seen),
      { kind: "close", connection },
    ];
  });
}

/** Takes its roles from an account that is gone. A room that would belong to nobody goes to its first moderator. */
function passOn(directory: Directory, { id, name: sender }: Account): Effect[] {
  return directory.roomsInOrder.flatMap((room) => {
    const role = room.rights?.roleOf(id);
    if (room.rights === undefined || role === undefined) return [];
    const changes: RightsChange[] = [{ kind: "role", account: id, value: undefined }];
    const isLast = role === "owner" && room.rights.withRole("owner").length === 1;
    const successor = isLast ? room.rights.withRole("moderator")[0] : undefined;
    const name = successor === undefined ? undefined : directory.names.nameOf(successor);
    if (successor === undefined || name === undefined) return recordChanges(room, changes);
    changes.push({ kind: "role", account: successor, value: "owner" });
    return enact({ room, act: { event: "role", name, role: "owner" }, changes, sender });
  });
}

/** Ends a session for good; its connection is sent the reason and closed. */
export function end(
  directory: Directory,
  session: Session,
  reason: string,
  change: Change,
): Effect[] {
  const { connection } = session;
  const explained = explain(session, reason);
  const effects = [...explained, ...voidSession(directory, session, change.now)];
  return connection === undefined ? effects : [...effects, { kind: "close", connection }];
}

/** Takes its name from a session, which stays resumable; its connection is sent the reason and closed. */
function loseName(
  directory: Directory,
  session: Session,
  reason: string,
  change: Change,
): Effect[] {
  const { connection } = session;
  const explained = explain(session, reason);
  const left = connection === undefined ? [] : disconnect(
    directory,
    connection,
    change.now,
    change.inboxSeen(connection) ?? session.inboxSeq,
  );
  directory.names.release(session);
  return connection === undefined ? [] : [...explained, ...left, { kind: "close", connection }];
}

function explain({ connection, profile }: Session, reason: string): Effect[] {
  if (connection === undefined) return [];
  return refuse({ connection, profile, id: undefined }, { code: "session_ended", reason });
}
