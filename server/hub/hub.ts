/**
 * The hub: all rules of the chat behind one front. Pure and synchronous: a request goes in,
 * effects come out, and nothing happens in between, so there is nothing to lock. Time and
 * tokens are passed in; nothing is sent from here. See `requests.ts` for a request's path.
 */

import type { Refused, Request } from "../../protocol/mod.ts";
import type { Credentials } from "./admission.ts";
import { connect } from "./connect.ts";
import type { ConnectionHandle } from "./state/connection_handle.ts";
import { Directory } from "./state/directory.ts";
import { type Effect, refuseUnconnected, send } from "./effects.ts";
import { notify } from "./notifications.ts";
import { disconnect } from "./lifecycle.ts";
import type { LogSnapshot } from "../log/message_log.ts";
import type { HubRequest } from "./request_table.ts";
import { RULES, type Rules } from "./requests.ts";
import { NO_ROOM_LIMITS } from "./state/room_limits.ts";

/** The rules of one server, over its {@linkcode Directory}. */
export class Hub {
  readonly directory: Directory;

  /** `server` is the server's name and version, as `connect_ack` gives them. */
  constructor(server: string, snapshot: LogSnapshot, now: number, roomLimits = NO_ROOM_LIMITS) {
    this.directory = new Directory(server, snapshot, now, roomLimits);
  }

  /** Opens a session over `connection`, or resumes one. */
  connect(
    connection: ConnectionHandle,
    request: Request<"connect">,
    credentials: Credentials,
    now: number,
  ): Effect[] {
    return connect(this.directory, connection, request, credentials, now);
  }

  /** Does what a request asks, by its rule in {@linkcode RULES}. */
  handle(connection: ConnectionHandle, request: HubRequest, now: number): Effect[] {
    const { directory } = this;
    const session = directory.sessionOf(connection);
    if (session === undefined) return refuseUnconnected(connection, request);
    const { id, payload } = request;
    const rule = RULES[request.type] as Rules["quit"];
    const origin = { connection, profile: session.profile, id };
    return rule({ directory, session, origin, now }, payload);
  }

  /** Answers a line that was no request. */
  refuse(
    connection: ConnectionHandle,
    { error, lecture }: Pick<Refused, "error" | "lecture">,
  ): Effect[] {
    const profile = this.directory.sessionOf(connection)?.profile ??
      (lecture ? "lecture" : "version 2");
    return send(connection, profile, error);
  }

  /** Takes note that a connection has ended, which was sent its session's inbox up to `inboxSeen`. */
  disconnect(connection: ConnectionHandle, now: number, inboxSeen?: number): Effect[] {
    return disconnect(this.directory, connection, now, inboxSeen);
  }

  /** Removes a connection from which nothing more will be read. */
  forget(connection: ConnectionHandle): void {
    this.directory.forget(connection);
  }

  /** Removes what has expired; to be called now and then. */
  sweep(now: number): void {
    this.directory.sweep(now);
  }

  /** Tells every session that the server stops. Connections that end from now on end by the server. */
  shutdown(): Effect[] {
    this.directory.isStopping = true;
    const message = "The server is shutting down.";
    return notify(this.directory.connections, { message, event: "shutdown" });
  }
}
