/**
 * From a `connect` to an open session: gathers the credentials that the hub has no way to
 * know – fresh secrets, the log's record of a token, the check of a password – and lets
 * the hub decide.
 */

import type { Request } from "../../protocol/mod.ts";
import { type Credentials, opensByToken, profileOf } from "../hub/admission.ts";
import type { Connection } from "../connection/connection.ts";
import { refuse } from "../hub/effects.ts";
import type { Hub } from "../hub/hub.ts";
import type { Logins } from "./logins.ts";
import type { ServerLog } from "../log/message_log.ts";
import type { Pipeline } from "../delivery/pipeline.ts";
import { refusalFrom } from "../hub/state/refusal.ts";
import type { Session } from "../hub/state/session.ts";
import { makeCredentials } from "./session_tokens.ts";

/** The parts of the server that a handshake needs. */
export interface HandshakeContext {
  hub: Hub;
  pipeline: Pipeline;
  log: ServerLog;
  logins: Logins;
}

/** Opens a session over `connection` or, giving none, refuses. */
export async function handshake(
  context: HandshakeContext,
  connection: Connection,
  request: Request<"connect">,
): Promise<Session | undefined> {
  const { hub, pipeline } = context;
  try {
    const credentials = await gatherCredentials(context, connection, request);
    pipeline.push(hub.connect(connection, request, credentials, performance.now()));
    return hub.directory.sessionOf(connection);
  } catch (error) {
    const origin = { connection, profile: profileOf(request), id: request.id };
    pipeline.push(refuse(origin, refusalFrom(error)));
    return undefined;
  }
}

async function gatherCredentials(
  { hub, pipeline, log, logins }: HandshakeContext,
  connection: Connection,
  request: Request<"connect">,
): Promise<Credentials> {
  const { directory } = hub;
  const { name, password, session } = request.payload;
  const credentials = await makeCredentials(session);
  const { shownHash } = credentials;
  const known = directory.names.withToken(shownHash ?? "");
  if (known?.connection !== undefined) {
    credentials.inboxSeen = pipeline.inboxSeen(known.connection);
  } else if (shownHash !== undefined && known === undefined) {
    credentials.stored = await log.session(shownHash);
  }
  // A connection that has its session is refused anyway, without a check of its password.
  if (password === undefined || directory.wasBound(connection)) return credentials;
  const isLecture = profileOf(request) === "lecture";
  if (!isLecture && opensByToken(directory, name, credentials)) return credentials;
  credentials.authentication = await logins.check(connection, name, password);
  return credentials;
}
