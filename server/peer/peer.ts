/**
 * One client, from its first byte to its last: its lines become requests, each goes to
 * the part of the server that answers it, and a breach of the protocol closes it.
 */

import {
  decodeRequest,
  type ErrorCode,
  errorEvent,
  type Event,
  LIMITS,
  type Refused,
  type Request,
} from "../../protocol/mod.ts";
import type { Connection } from "../connection/connection.ts";
import { type Effect, fanOutOf, refuseUnconnected } from "../hub/effects.ts";
import { RequestLimiter, type RequestLimits, type Throttled } from "../limits/request_limiter.ts";
import { handshake, type HandshakeContext } from "../accounts/handshake.ts";
import type { Hub } from "../hub/hub.ts";
import type { IoScheduler } from "../connection/io_scheduler.ts";
import type { LineSplitter } from "../connection/line_stream.ts";
import type { LogFields, Logger, LogLevel } from "../process/logger.ts";
import type { Accounts } from "../accounts/accounts.ts";
import type { IdleEvent, IdleTimer, Standing, Timeouts } from "./idle_timer.ts";
import { isHandledBy, type LogQuery, REQUEST_TABLE } from "../hub/request_table.ts";
import type { LogQueries } from "./log_queries.ts";
import { type LineReceiver, Reader } from "../connection/reader.ts";

/** The parts that all peers of one server share. */
export interface PeerContext extends HandshakeContext {
  queries: LogQueries;
  accounts: Accounts;
  scheduler: IoScheduler;
  splitter: LineSplitter;
  limits: RequestLimits;
  idleTimer: IdleTimer;
  timeouts: Timeouts;
  logger: Logger;
  /** Called once for each peer, after its last line; `leaving` resolves when its connection is closed. */
  onLeaving(peer: Peer, leaving: Promise<void>): void;
  /** Called once for each connection that has closed without a `connect`. */
  onStranger(): void;
}

/** `new` until the first line has shown that the peer speaks this protocol, with a JSON object. */
type Phase = "new" | "handshake" | "connected" | "connected lecture";

const OWES: Record<Phase, Standing["owes"]> = {
  new: "connect",
  handshake: "connect",
  connected: "pong",
  "connected lecture": "rest of a line",
};

/** One connection's client: its lines become requests, each goes to the part that answers it. */
export class Peer implements LineReceiver {
  readonly connection: Connection;
  readonly #context: PeerContext;
  readonly #limiter: RequestLimiter;
  #phase: Phase = "new";
  /** Whether a `connect` has come: probes of balancers and scanners send none. */
  #isClient = false;

  constructor(connection: Connection, context: PeerContext) {
    this.connection = connection;
    this.#context = context;
    this.#limiter = new RequestLimiter(context.limits);
  }

  /** Begins to read the connection. */
  begin(): void {
    this.#log("debug", "connection opened");
    new Reader(this.connection, this, this.#context);
  }

  onOver(error?: unknown): void {
    // A defect of ours that one line lays bare ends that connection alone.
    if (error !== undefined) this.#log("error", "internal error", { reason: reasonOf(error) });
    this.#context.onLeaving(this, this.#leave());
  }

  /** Closes the connection when all that was sent to it has left. */
  async #leave(): Promise<void> {
    const { connection } = this;
    const { hub, pipeline } = this.#context;
    this.#explainFraming();
    pipeline.push(hub.disconnect(connection, performance.now(), pipeline.inboxSeen(connection)));
    pipeline.push([{ kind: "close", connection }]);
    await connection.drained;
    hub.forget(connection);
    // Closing with something unread would reset the connection, and lose what it was sent.
    if (connection.framer.problem !== undefined) await connection.discard();
    connection.abort();
    await pipeline.flushed();
    pipeline.forget(connection);
    if (!this.#isClient) this.#context.onStranger();
    this.#log("info", "connection closed", { reason: connection.failure });
  }

  onLine(line: string, now: number): Promise<void> | void {
    const request = decodeRequest(line);
    if (this.#phase === "new") {
      if (isNoObject(request)) return this.#rejectForeign(request);
      this.#phase = "handshake";
    }
    const traits = REQUEST_TABLE[request.type];
    const throttled = this.#limiter.admit(traits, idOf(request), now);
    if (throttled !== undefined) return this.#refuse(request, throttled);
    if (traits.overtakesReplay || !this.#context.pipeline.isBehind(this.connection)) {
      return this.#handle(request, now);
    }
    // Answers to earlier requests are still to come, and this one is answered after them.
    return this.#replayed().then(() => this.#handle(request, performance.now()));
  }

  onRead(bytes: number, now: number): number {
    return this.#limiter.chargeBytes(bytes, now);
  }

  /** Pings a silent peer, or closes its connection. */
  checkIdle(now: number): void {
    const { connection } = this;
    if (connection.isClosing) return;
    const { framer: { isInLine }, hasMuchToRead } = connection;
    const standing = { owes: OWES[this.#phase], isInLine, hasMuchToRead };
    const event = this.#context.idleTimer.check(connection.activity, standing, now);
    if (event !== undefined) this.#onIdle(event);
  }

  /** Closes a connection that holds much memory and has read nothing for a while; for when memory is short. */
  abortIfStalled(now: number): void {
    const { connection } = this;
    if (connection.isClosing || !connection.isHeavy) return;
    if (!this.#context.idleTimer.isStalled(connection.activity, now)) return;
    const reason = "memory is short, and it reads nothing";
    this.#log("warn", "closing the connection", { code: "server_busy", reason });
    connection.abort();
  }

  /**
   * Closes a connection that speaks another protocol. A browser sends the body of any
   * page's request after an HTTP head, and a line of that body must never be obeyed:
   * the promise holds up the next line until the connection is closing.
   */
  #rejectForeign({ error }: Refused): Promise<void> {
    this.#closeWith(error.payload.code, "The first line is not a JSON object");
    return this.#context.pipeline.flushed();
  }

  /** Refuses a request unseen, in its turn. */
  async #refuse(request: Request | Refused, { error, rest }: Throttled): Promise<void> {
    if (this.#context.pipeline.isBehind(this.connection)) await this.#replayed();
    const lecture = request.type === "refused" ? request.lecture : isLectures(request);
    this.#push(this.#context.hub.refuse(this.connection, { error, lecture }));
    if (rest > 0) await this.connection.pause(rest);
  }

  #handle(request: Request | Refused, now: number): Promise<void> | void {
    const { hub, accounts, pipeline } = this.#context;
    if (request.type === "connect") return this.#connect(request);
    if (request.type === "refused") {
      this.#answerRefused(request);
    } else if (isHandledBy(request, "log")) {
      return this.#query(request);
    } else if (isHandledBy(request, "accounts")) {
      return accounts.handle(this.connection, request);
    } else {
      const effects = hub.handle(this.connection, request, now);
      this.#limiter.chargeFanOut(fanOutOf(effects), now);
      pipeline.push(effects);
      if (request.type === "join" && request.payload.since !== undefined) return this.#replayed();
    }
    // When the log is slower than those who write to it, they are read more slowly.
    if (pipeline.isFull) return pipeline.flushed();
  }

  #answerRefused(request: Refused): void {
    const { code, message: reason } = request.error.payload;
    this.#log("debug", "request refused", { code, reason });
    this.#push(this.#context.hub.refuse(this.connection, request));
  }

  async #connect(request: Request<"connect">): Promise<void> {
    this.#isClient = true;
    const session = await handshake(this.#context, this.connection, request);
    if (session === undefined) return;
    const { name, profile } = session;
    this.#phase = profile === "lecture" ? "connected lecture" : "connected";
    this.connection.activity.noteAlive(performance.now());
    this.#log("info", "session opened", { name, profile });
    // Even where nothing was missed: many requests behind `connect` must not fill memory before it is in the log.
    return this.#replayed();
  }

  /** Queries the log, once everything that this connection did before is in it. */
  async #query(query: LogQuery): Promise<void> {
    const { connection } = this;
    const { hub, pipeline, queries } = this.#context;
    const session = hub.directory.sessionOf(connection);
    if (session === undefined) return this.#push(refuseUnconnected(connection, query));
    await pipeline.flushed();
    const origin = { connection, profile: session.profile, id: query.id };
    this.#push(await queries.answer(session, origin, query));
  }

  /** Resolves after a replay, which is part of the answer that asked for it: the next request comes after it. */
  async #replayed(): Promise<void> {
    const { pipeline } = this.#context;
    await pipeline.flushed();
    await pipeline.replayed(this.connection);
  }

  #onIdle(event: IdleEvent): void {
    const { handshake, idle } = this.#context.timeouts;
    if (event === "ping") {
      const ping = { type: "ping", payload: {} } as const;
      this.#push([{ kind: "send", connection: this.connection, event: ping }]);
    } else if (event === "idle") {
      this.#closeWith("idle_timeout", `Nothing came for ${2 * idle / 1000} s`);
    } else {
      this.#closeWith("handshake_timeout", `No "connect" came within ${handshake / 1000} s`);
    }
  }

  #explainFraming(): void {
    const { framer: { problem }, isClosing } = this.connection;
    if (isClosing) return;
    if (problem === "line_too_long") {
      this.#closeWith(problem, `A line has more than ${LIMITS.line} bytes`);
    } else if (problem === "not_utf8") {
      this.#closeWith(problem, "A line is not UTF-8");
    }
  }

  /** Tells the peer why its connection is closed, and closes it. */
  #closeWith(code: ErrorCode, reason: string): void {
    this.#log("warn", "closing the connection", { code, reason });
    const error = errorEvent(code, `${reason}; the connection is closed`);
    this.#push(closeWith(this.#context.hub, this.connection, error));
  }

  #push(effects: readonly Effect[]): void {
    this.#context.pipeline.push(effects);
  }

  /** Writes a line about the connection; a probe's is for debugging, unless it shows a defect of ours. */
  #log(level: LogLevel, event: string, fields: LogFields = {}): void {
    const least = this.#isClient || level === "error" ? level : "debug";
    this.#context.logger.logOf(this.connection, least, event, fields);
  }
}

/** Tells a peer why its connection is closed, and closes it. */
export function closeWith(hub: Hub, connection: Connection, error: Event<"error">): Effect[] {
  const refusal = hub.refuse(connection, { error, lecture: false });
  return [...refusal, { kind: "close", connection }];
}

/** A defect as a log line shows it. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.stack ?? error.message : String(error);
}

function idOf(request: Request | Refused): string | undefined {
  return request.type === "refused" ? request.error.id : request.id;
}

function isNoObject(request: Request | Refused): request is Refused {
  return request.type === "refused" && !request.isObject;
}

/** Whether a request opens a session in the lecture's profile. */
function isLectures(request: Request): boolean {
  return request.type === "connect" && request.payload.version === undefined;
}
