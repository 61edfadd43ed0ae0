/**
 * The sessions of a registered name: all its devices, with a connection or without.
 */

import type { Payload } from "../../protocol/mod.ts";
import { type AccountCall, type AccountContext, appendOne, changeBy } from "./account_call.ts";
import { end } from "../hub/account_changes.ts";
import { reply } from "../hub/effects.ts";
import { voidToken } from "../hub/lifecycle.ts";
import { RefusalError } from "../hub/state/refusal.ts";
import { idOf, type Session } from "../hub/state/session.ts";
import type { AccountSession } from "../log/account_store.ts";

/** Sends the list of the sessions of the call's name: its own alone, where that is not registered. */
export async function listSessions(context: AccountContext, call: AccountCall): Promise<void> {
  const { session, origin } = call;
  const { names } = context.hub.directory;
  const away = await awayOf(context, session);
  // The hub's clock begins with the program.
  const toEpoch = (time: number) => Math.round(Date.now() - performance.now() + time);
  const connected = connectedOf(context, session).map((each) => ({
    session: each.id,
    current: each === session,
    connected: true,
    since: toEpoch(each.since),
    address: each.connection?.peer,
  }));
  const rest = away.map(({ session: hash, awaySince }) => ({
    session: idOf(hash),
    current: false,
    connected: false,
    since: awaySince ?? toEpoch(names.withToken(hash)?.since ?? 0),
  }));
  const payload = { sessions: [...connected, ...rest] };
  context.pipeline.push(reply(origin, { type: "sessions", payload }));
}

/** Ends one session of the call's name, by its id; its token is void. */
export async function endSession(
  context: AccountContext,
  { session, origin }: AccountCall,
  { session: id }: Payload<"end_session">,
): Promise<void> {
  const { hub, pipeline, log } = context;
  const payload = { message: "The session was ended.", event: "session_ended" } as const;
  const told = reply(origin, { type: "notification", payload });
  const away = await awayOf(context, session);
  const connected = connectedOf(context, session).find((each) => each.id === id);
  const hash = connected?.tokenHash ?? away.find((each) => idOf(each.session) === id)?.session;
  if (connected === undefined && hash === undefined) {
    const reason = `"${session.name}" has no session of that id; "sessions" lists them`;
    throw new RefusalError({ code: "unknown_session", reason });
  }
  // Kept before it is said: a session that a full disk keeps alive was not ended.
  if (hash !== undefined) await appendOne(log, { kind: "quit", session: hash });
  // A session that was away may have come back meanwhile: its connection is ended with it.
  const known = connected ?? hub.directory.names.withToken(hash ?? "");
  const reason = `This session was ended by "${session.name}"`;
  const ended = known === undefined
    ? voidToken(hub.directory, hash as string, performance.now())
    : end(hub.directory, known, reason, changeBy(context));
  pipeline.push([...told, ...ended]);
}

/** The connected sessions of a session's name: itself alone, where that is not registered. */
function connectedOf({ hub }: AccountContext, session: Session): Session[] {
  if (session.authentication === undefined) return [session];
  const holders = hub.directory.names.holders(session.name);
  return holders.filter(({ connection }) => connection !== undefined);
}

/** The sessions of a session's name that are not connected. */
async function awayOf(
  { hub, log }: AccountContext,
  { authentication }: Session,
): Promise<AccountSession[]> {
  if (authentication === undefined) return [];
  const sessions = await log.accountSessions(authentication.account);
  const { names } = hub.directory;
  return sessions.filter(({ session }) => names.withToken(session)?.connection === undefined);
}
