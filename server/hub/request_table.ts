/**
 * Traits of requests by type: one row a type. The fields of a request are in the codec's
 * table, its effects in the hub's rules.
 */

import type { Request, RequestType } from "../../protocol/mod.ts";

/** The parts of the server that answer requests; lines that are no requests are answered by the codec. */
export type RequestHandler = "handshake" | "hub" | "log" | "accounts" | "codec";

/** One row. */
export interface RequestTraits {
  readonly handler: RequestHandler;
  /**
   * Tokens of the connection's request rate. Most requests do little more than a message
   * does; some have many recipients, sort, or read much of the log. An answer to the
   * server and a goodbye are free.
   */
  readonly cost: number;
  /** The part that it makes larger for good: the server's memory, or the log, which may be in memory too. */
  readonly grows?: "memory" | "log";
  /** Whether a lagging client may make it before it has caught up, because it changes what it is to be sent. */
  readonly overtakesReplay?: true;
}

const ROWS = {
  connect: { handler: "handshake", cost: 10, grows: "memory" },
  message: { handler: "hub", cost: 1, grows: "log" },
  direct: { handler: "hub", cost: 1, grows: "log" },
  join: { handler: "hub", cost: 2, grows: "memory", overtakesReplay: true },
  leave: { handler: "hub", cost: 1, overtakesReplay: true },
  rename: { handler: "hub", cost: 4 },
  topic: { handler: "hub", cost: 2 },
  members: { handler: "hub", cost: 4 },
  rooms: { handler: "hub", cost: 4 },
  history: { handler: "log", cost: 5 },
  search: { handler: "log", cost: 20 },
  read: { handler: "hub", cost: 1, grows: "log" },
  unread: { handler: "log", cost: 20 },
  // The costs of hashing: scrypt has a queue of its own, and is shorter than they suggest.
  register: { handler: "accounts", cost: 20, grows: "memory" },
  password: { handler: "accounts", cost: 20 },
  unregister: { handler: "accounts", cost: 20 },
  sessions: { handler: "accounts", cost: 5 },
  end_session: { handler: "accounts", cost: 5 },
  room: { handler: "hub", cost: 4 },
  configure: { handler: "hub", cost: 4, grows: "log" },
  role: { handler: "hub", cost: 4, grows: "log" },
  invite: { handler: "hub", cost: 4, grows: "log" },
  kick: { handler: "hub", cost: 4, grows: "log" },
  mute: { handler: "hub", cost: 4, grows: "log" },
  unmute: { handler: "hub", cost: 4, grows: "log" },
  bans: { handler: "hub", cost: 4 },
  unban: { handler: "hub", cost: 4, grows: "log" },
  ping: { handler: "hub", cost: 1 },
  pong: { handler: "hub", cost: 0 },
  quit: { handler: "hub", cost: 0, overtakesReplay: true },
  refused: { handler: "codec", cost: 1 },
} as const satisfies Record<RequestType | "refused", RequestTraits>;

/** The rows by type; `refused` is a line that was no request. */
export const REQUEST_TABLE: Readonly<Record<RequestType | "refused", RequestTraits>> = ROWS;

/** The requests that one part of the server answers. */
type HandledBy<Handler extends RequestHandler> = Request<
  { [Type in RequestType]: (typeof ROWS)[Type]["handler"] extends Handler ? Type : never }[
    RequestType
  ]
>;

/** A request that the directory suffices for: see `requests.ts`. */
export type HubRequest = HandledBy<"hub">;

/** A request that only the log can answer: see `peer/log_queries.ts`. */
export type LogQuery = HandledBy<"log">;

/** A request about a registered name, which needs the log and its password: see `accounts/accounts.ts`. */
export type AccountRequest = HandledBy<"accounts">;

/** Whether `handler` answers a request. */
export function isHandledBy<Handler extends RequestHandler>(
  request: Request | { type: "refused" },
  handler: Handler,
): request is HandledBy<Handler> {
  return REQUEST_TABLE[request.type].handler === handler;
}
