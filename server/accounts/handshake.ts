/**
 * From a `connect` to an open session: gathers what the hub can't know by itself –
 * fresh secrets, what the log knows of a token, whether a password is right – and
 * lets the hub decide.
 */

import type { Request } from "../../protocol/mod.ts";
import { type Credentials, opensByToken } from "../hub/connect.ts";
import type { Connection } from "../connection/connection.ts";
import type { Effect, Origin } from "../hub/effects.ts";
import type { Hub } from "../hub/hub.ts";
import { type Logins, refuseFailed } from "./logins.ts";
import type { MessageLog } from "../log/message_log.ts";
import type { Pipeline } from "../delivery/pipeline.ts";
import type { Session } from "../hub/session.ts";
import { makeCredentials } from "./session_tokens.ts";

/** What a greeting needs of the server. */
export interface Reception {
  hub: Hub;
  pipeline: Pipeline;
  log: MessageLog;
  logins: Logins;
}

/** Opens a session over `connection` or, giving none, refuses. */
export async function greet(
  reception: Reception,
  connection: Connection,
  request: Request<"connect">,
): Promise<Session | undefined> {
  const { hub, pipeline } = reception;
  const gathered = await gather(reception, connection, request);
  if ("refusal" in gathered) {
    pipeline.push(gathered.refusal);
    return undefined;
  }
  pipeline.push(hub.connect(connection, request, gathered, performance.now()));
  return hub.directory.sessionOf(connection);
}

type Gathered = Credentials | { refusal: Effect[] };

async function gather(
  reception: Reception,
  connection: Connection,
  request: Request<"connect">,
): Promise<Gathered> {
  const { hub, pipeline, log, logins } = reception;
  const { name, password, session, version } = request.payload;
  const profile = version === undefined ? "lecture" : "version 2";
  const origin: Origin = { connection, profile, id: request.id };
  const credentials = await makeCredentials(session);
  const { shownHash } = credentials;
  const known = hub.directory.names.withToken(shownHash ?? "");
  if (known?.connection !== undefined) {
    credentials.inboxSeen = pipeline.subscriptionOf(known.connection)?.inboxSeen;
  } else if (shownHash !== undefined && known === undefined) {
    try {
      credentials.stored = await log.session(shownHash);
    } catch (error) {
      return { refusal: refuseFailed(origin, error) };
    }
  }
  // Whoever has a session already is refused anyway, and need not be told about passwords.
  if (password === undefined || hub.directory.wasBound(connection)) return credentials;
  if (profile !== "lecture" && opensByToken(hub.directory, name, credentials)) return credentials;
  const verdict = await logins.check(connection, origin, name, password);
  if ("refusal" in verdict) return verdict;
  if ("proof" in verdict) credentials.proof = verdict.proof;
  return credentials;
}
