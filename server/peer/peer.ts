/**
 * One connection's stay, from its first byte to its last: its lines become requests,
 * each goes to whoever answers it, and what breaks the rules ends it.
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
import type { LineSplitter } from "../connection/line_stream.ts";
import type { LogFields, Logger, LogLevel } from "../process/logger.ts";
import type { Accounts } from "../accounts/accounts.ts";
import { type IdleEvent, IdleTimer, type Timeouts } from "./idle_timer.ts";
import { isHandledBy, type LogQuery, REQUEST_TABLE } from "../hub/request_table.ts";
import type { LogQueries } from "./log_queries.ts";
import type { LineReceiver } from "../connection/reader.ts";

/** What the peers of one server have in common. */
export interface PeerContext extends HandshakeContext {
  queries: LogQueries;
  accounts: Accounts;
  splitter: LineSplitter;
  limits: RequestLimits;
  timeouts: Timeouts;
  logger: Logger;
  /** Called once for each peer, when nothing more is heard of it; `leaving` resolves when its connection is gone. */
  onLeaving(peer: Peer, leaving: Promise<void>): void;
}

/** One connection, and how it is dealt with. */
export class Peer implements LineReceiver {
  readonly connection: Connection;
  readonly #context: PeerContext;
  readonly #idleTimer: IdleTimer;
  readonly #limiter: RequestLimiter;
  /** Whether the peer has shown that it speaks this protocol: its first line was a JSON object. */
  #hasBegun = false;

  constructor(connection: Connection, context: PeerContext, now: number) {
    this.connection = connection;
    this.#context = context;
    this.#idleTimer = new IdleTimer(context.timeouts, now);
    this.#limiter = new RequestLimiter(context.limits);
  }

  /** Begins to hear the peer. */
  begin(): void {
    this.#log("info", "connection opened");
    this.connection.read(this.#context.splitter, this);
  }

  onOver(error?: unknown): void {
    // A defect of ours that one line lays bare ends that connection alone.
    if (error !== undefined) this.#log("error", "internal error", { reason: reasonOf(error) });
    this.#context.onLeaving(this, this.#leave());
  }

  /** Lets the connection go when all that is for it has left. */
  async #leave(): Promise<void> {
    const { connection } = this;
    const { hub, pipeline } = this.#context;
    this.#explainFraming();
    const inboxSeen = pipeline.subscriptionOf(connection)?.inboxSeen;
    pipeline.push(hub.disconnect(connection, performance.now(), inboxSeen));
    pipeline.push([{ kind: "close", connection }]);
    await connection.drained;
    hub.forget(connection);
    // Closing with something unread would reset the connection, and lose what it was told.
    if (connection.framer.problem !== undefined) await connection.discard();
    connection.abort();
    this.#log("info", "connection closed", { reason: connection.failure });
  }

  onLine(line: string): Promise<void> | void {
    const now = performance.now();
    this.#idleTimer.heard(now);
    this.connection.heard();
    const request = decodeRequest(line);
    if (!this.#hasBegun && isNoObject(request)) return this.#rejectForeign(request);
    this.#hasBegun = true;
    const throttled = this.#limiter.admit(REQUEST_TABLE[request.type], idOf(request), now);
    return throttled === undefined ? this.#receive(request, now) : this.#refuse(request, throttled);
  }

  onRead(bytes: number): number {
    return this.#limiter.chargeBytes(bytes, performance.now());
  }

  onProgress(): void {
    this.#idleTimer.took(performance.now());
  }

  /** Does what the peer's silence calls for. */
  lookForSilence(now: number): void {
    const { isClosing, hasMuchToRead, framer } = this.connection;
    if (isClosing) return;
    const silence = this.#idleTimer.look(now, { isInLine: framer.isInLine, hasMuchToRead });
    if (silence !== undefined) this.#onIdle(silence);
  }

  /** Lets go of a peer that holds much memory and has taken nothing for a while: to be asked while memory is short. */
  letGoIfStalled(now: number): void {
    const { connection } = this;
    if (connection.isClosing || !connection.isHeavy) return;
    if (!this.#idleTimer.isStalled(now)) return;
    const reason = "memory is short, and it reads nothing";
    this.#log("warn", "letting go", { code: "server_busy", reason });
    connection.abort();
  }

  /**
   * Closes a connection that speaks another protocol. A browser sends the body of any
   * page's request after an HTTP head, and a line of that body must never be obeyed:
   * the promise holds up the next line until the connection is closing.
   */
  #rejectForeign({ error }: Refused): Promise<void> {
    this.#letGo(error.payload.code, "The first line is not a JSON object");
    return this.#context.pipeline.flushed();
  }

  /** Refuses a request that nobody has looked at, in its turn. */
  async #refuse(request: Request | Refused, { error, rest }: Throttled): Promise<void> {
    if (this.#isBehind) await this.#sentSoFar();
    const lecture = request.type === "refused" ? request.lecture : isLectures(request);
    this.#push(this.#context.hub.refuse(this.connection, { error, lecture }));
    if (rest > 0) await this.connection.rest(rest);
  }

  #receive(request: Request | Refused, now: number): Promise<void> | void {
    const { overtakesReplay } = REQUEST_TABLE[request.type];
    if (!this.#isBehind || overtakesReplay) return this.#handle(request, now);
    // It has answers to come: what it asks now is answered after them.
    return this.#sentSoFar().then(() => this.#handle(request, performance.now()));
  }

  #handle(request: Request | Refused, now: number): Promise<void> | void {
    const { connection } = this;
    const { hub, accounts, pipeline } = this.#context;
    if (request.type === "connect") return this.#connect(request);
    if (request.type === "refused") {
      const { code, message: reason } = request.error.payload;
      this.#log("debug", "request refused", { code, reason });
      this.#push(hub.refuse(connection, request));
    } else if (isHandledBy(request, "log")) {
      return this.#ask(request);
    } else if (isHandledBy(request, "accounts")) {
      return accounts.handle(connection, request);
    } else {
      const effects = hub.handle(connection, request, now);
      this.#limiter.chargeFanOut(fanOutOf(effects), now);
      this.#push(effects);
      if (request.type === "join" && request.payload.since !== undefined) return this.#sentSoFar();
    }
    // When the log is slower than those who talk, they are read more slowly.
    if (pipeline.isFull) return pipeline.flushed();
  }

  async #connect(request: Request<"connect">): Promise<void> {
    const session = await handshake(this.#context, this.connection, request);
    if (session === undefined) return;
    const { name, profile } = session;
    if (profile === "lecture") this.#idleTimer.greetedLecture(performance.now());
    else this.#idleTimer.greeted(performance.now());
    this.#log("info", "session opened", { name, profile });
    // Even where nothing was missed: who says much behind it must not fill memory before it is kept.
    return this.#sentSoFar();
  }

  /** Asks the log, once everything that this connection did before is in it. */
  async #ask(query: LogQuery): Promise<void> {
    const { connection } = this;
    const { hub, pipeline, queries } = this.#context;
    const session = hub.directory.sessionOf(connection);
    if (session === undefined) return this.#push(refuseUnconnected(connection, query));
    await pipeline.flushed();
    const origin = { connection, profile: session.profile, id: query.id };
    this.#push(await queries.answer(session, origin, query));
  }

  get #isBehind(): boolean {
    return this.#context.pipeline.subscriptionOf(this.connection)?.isBehind ?? false;
  }

  /** What a client asked to be sent again is part of the answer: its next request comes after it. */
  async #sentSoFar(): Promise<void> {
    await this.#context.pipeline.flushed();
    await this.#context.pipeline.subscriptionOf(this.connection)?.replayed();
  }

  #onIdle(silence: IdleEvent): void {
    const { handshake, idle } = this.#context.timeouts;
    if (silence === "ping") {
      const event = { type: "ping", payload: {} } as const;
      this.#push([{ kind: "send", connection: this.connection, event }]);
    } else if (silence === "idle") {
      this.#letGo("idle_timeout", `Nothing came for ${2 * idle / 1000} s`);
    } else {
      this.#letGo("handshake_timeout", `No "connect" came within ${handshake / 1000} s`);
    }
  }

  #explainFraming(): void {
    const { problem } = this.connection.framer;
    if (problem === "line_too_long") {
      this.#letGo(problem, `A line has more than ${LIMITS.line} bytes`);
    } else if (problem === "not_utf8") {
      this.#letGo(problem, "A line is not UTF-8");
    }
  }

  /** Tells the peer why, and closes. */
  #letGo(code: ErrorCode, reason: string): void {
    this.#log("warn", "letting go", { code, reason });
    const error = errorEvent(code, `${reason}; the connection is closed`);
    this.#push(closeWith(this.#context.hub, this.connection, error));
  }

  #push(effects: readonly Effect[]): void {
    this.#context.pipeline.push(effects);
  }

  #log(level: LogLevel, event: string, fields: LogFields = {}): void {
    this.#context.logger.logOf(this.connection, level, event, fields);
  }
}

/** Tells a peer why its connection is closed, and closes it. */
export function closeWith(hub: Hub, connection: Connection, error: Event<"error">): Effect[] {
  const told = hub.refuse(connection, { error, lecture: false });
  return [...told, { kind: "close", connection }];
}

/** What a log line says of a defect. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.stack ?? error.message : String(error);
}

function idOf(request: Request | Refused): string | undefined {
  return request.type === "refused" ? request.error.id : request.id;
}

function isNoObject(request: Request | Refused): request is Refused {
  return request.type === "refused" && !request.isObject;
}

/** Whether a request opens a session of the lecture's. */
function isLectures(request: Request): boolean {
  return request.type === "connect" && request.payload.version === undefined;
}
