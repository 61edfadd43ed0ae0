/**
 * The shell around the hub: accepts connections, gives their lines to the hub and
 * its effects to the pipeline, and stops without losing what was said.
 */

import {
  type ConnectRequest,
  decodeRequest,
  type ErrorCode,
  type ErrorEvent,
  errorEvent,
  LIMITS,
  type Refused,
  type Request,
} from "../protocol/mod.ts";
import { isAccountRequest } from "./accounts.ts";
import { Connection, type Socket } from "./connection.ts";
import { Door, type TurnedAway } from "./door.ts";
import { Gate, type GateOptions, type Stopped } from "./gate.ts";
import { greet } from "./greeting.ts";
import { Hub } from "./hub.ts";
import type { Limits } from "./limits.ts";
import { LineSplitter } from "./line_splitter.ts";
import type { LogFields, Logger } from "./logger.ts";
import { MemoryGuard, MemoryWatch, type Usage } from "./memory_guard.ts";
import type { Memory, MessageLog, ScryptCost } from "./message_log.ts";
import { Office } from "./office.ts";
import { Pace } from "./pace.ts";
import { Patience, type Silence } from "./patience.ts";
import { Pipeline } from "./pipeline.ts";
import { isQuestion, type Question, Questions } from "./questions.ts";
import type { Turns } from "./turns.ts";

/** Where connections come from: a `Deno.TcpListener`, or one for TLS. */
export interface Listener {
  readonly addr: Deno.NetAddr;
  accept(): Promise<Socket>;
  close(): void;
}

/** What a server needs to be told. Times are in milliseconds. */
export interface Settings {
  /** Where connections come from. The server closes them when it stops. */
  listeners: readonly Listener[];
  limits: Limits;
  /** What the process has taken of the machine's memory. */
  usage: () => Usage;
  handshakeTimeout: number;
  idleTimeout: number;
  /** The program's name and version, for `connect_ack`. */
  server: string;
  logger: Logger;
  /** Whoever opened it closes it, after the server has stopped. */
  turns: Turns;
  /** Where messages go, and what it remembers. Whoever opened it closes it. */
  log: MessageLog;
  memory: Memory;
  /** Whether only registered names may come in. */
  registeredOnly: boolean;
  /** What a password's hash is to cost, if not the usual. */
  passwordCost?: ScryptCost;
}

/** How often sessions that no longer hold their names are forgotten, in milliseconds. */
const SWEEP_INTERVAL = 10_000;

/** How long to wait before accepting again when the system has no more sockets, in milliseconds. */
const ACCEPT_PAUSE = 100;

/** Milliseconds for which a peer may hold much memory and read nothing, when there is little. */
const STALL = 5000;

/** What one who is behind need not wait for: it says what is to be sent at all. */
const AT_ONCE: ReadonlySet<string> = new Set(["join", "leave", "quit"]);

/** A chat server that accepts connections from its making until {@linkcode ChatServer.stop}. */
export class ChatServer implements AsyncDisposable {
  readonly #settings: Settings;
  readonly #hub: Hub;
  readonly #splitter = new LineSplitter();
  readonly #pace: Pace;
  readonly #pipeline: Pipeline;
  readonly #questions: Questions;
  readonly #door: Door;
  readonly #memory: MemoryGuard;
  readonly #watch: MemoryWatch;
  readonly #gate: GateOptions;
  readonly #office: Office;
  readonly #patience = new Map<Connection, Patience>();
  readonly #serving = new Set<Promise<void>>();
  readonly #sweeper: ReturnType<typeof setInterval>;
  readonly #accepting: Promise<unknown>;
  #lastId = 0;
  #stopping = false;

  constructor(settings: Settings) {
    this.#settings = settings;
    const { door, bounds, rates, memory } = settings.limits;
    this.#memory = new MemoryGuard(memory);
    this.#door = new Door(door, this.#memory);
    this.#gate = { rates, memory: this.#memory, isLogInMemory: settings.log.isInMemory };
    this.#watch = new MemoryWatch({
      guard: this.#memory,
      usage: settings.usage,
      onShort: () => this.#letStalledGo(performance.now()),
      log: (level, event, fields) => settings.logger.log(level, event, fields),
    });
    this.#hub = new Hub(settings.server, settings.memory, performance.now(), {
      ...bounds,
      registeredOnly: settings.registeredOnly,
    });
    this.#pace = new Pace(settings.turns);
    this.#pipeline = new Pipeline(settings.log, this.#pace, (reason) => {
      settings.logger.log("error", "append failed", { reason });
    });
    this.#office = new Office({
      ...settings,
      hub: this.#hub,
      pipeline: this.#pipeline,
      onWrong: (connection, name) => this.#logOf(connection, "warn", "wrong password", { name }),
    });
    this.#questions = new Questions(settings.log);
    this.#sweeper = setInterval(() => this.#sweep(performance.now()), SWEEP_INTERVAL);
    const accepting = settings.listeners.map((listener) => this.#accept(listener));
    this.#accepting = Promise.all(accepting);
  }

  /** Stops accepting, tells everyone, lets what was said leave, and closes. */
  async stop(): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    for (const listener of this.#settings.listeners) listener.close();
    clearInterval(this.#sweeper);
    this.#watch.stop();
    this.#office.close();
    await this.#accepting;
    this.#pipeline.push(this.#hub.shutdown());
    await this.#pipeline.reached();
    for (const connection of this.#patience.keys()) connection.close();
    await Promise.all(this.#serving);
    await this.#pipeline.reached();
    this.#settings.logger.log("info", "stopped");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #accept(listener: Listener): Promise<void> {
    while (!this.#stopping) {
      try {
        this.#welcome(await listener.accept());
      } catch (error) {
        if (this.#stopping) return;
        // Out of sockets, or a peer gone before it was accepted: neither may end the server.
        this.#settings.logger.log("error", "accept failed", { reason: String(error) });
        await new Promise((resolve) => setTimeout(resolve, ACCEPT_PAUSE));
      }
    }
  }

  #welcome(socket: Socket): void {
    const connection = new Connection(socket, ++this.#lastId, this.#pace);
    const { hostname } = socket.remoteAddr;
    const turnedAway = this.#door.enter(hostname, performance.now());
    if (turnedAway?.isTold === false) return connection.abort();
    const serving = turnedAway === undefined
      ? this.#serve(connection).finally(() => this.#door.leave(hostname))
      : this.#turnAway(connection, turnedAway);
    this.#follow(connection, serving);
  }

  #follow(connection: Connection, work: Promise<void>): void {
    const serving = work.catch((error) => {
      this.#logOf(connection, "error", "internal error", { reason: String(error?.stack ?? error) });
      connection.abort();
    });
    this.#serving.add(serving);
    serving.then(() => this.#serving.delete(serving));
  }

  /** Tells a peer why it may not come in. Closing with something unread would reset the connection, and lose that. */
  async #turnAway(connection: Connection, { error }: TurnedAway): Promise<void> {
    const { code, message: reason } = error.payload;
    this.#logOf(connection, "debug", "turned away", { code, reason });
    this.#close(connection, error);
    try {
      await connection.drained;
      await connection.discard();
    } finally {
      this.#door.told();
    }
    connection.abort();
  }

  /** One connection, from its first byte to its last. */
  async #serve(connection: Connection): Promise<void> {
    const { handshakeTimeout: handshake, idleTimeout: idle } = this.#settings;
    const patience = new Patience(
      { handshake, idle },
      (silence) => this.#onSilence(connection, silence),
      () => connection.framer.isInLine,
    );
    this.#patience.set(connection, patience);
    connection.onProgress = () => patience.took();
    const gate = new Gate(this.#gate, performance.now());
    connection.onRead = (bytes) => gate.read(bytes, performance.now());
    this.#logOf(connection, "info", "connection opened");
    await this.#listen(connection, patience, gate);
    if (connection.framer.problem === "line_too_long") {
      this.#letGo(connection, "line_too_long", `A line has more than ${LIMITS.line} bytes`);
    } else if (connection.framer.problem === "not_utf8") {
      this.#letGo(connection, "not_utf8", "A line is not UTF-8");
    }
    patience.stop();
    this.#patience.delete(connection);
    const inboxSeen = this.#pipeline.feedOf(connection)?.inboxSeen;
    this.#pipeline.push(this.#hub.disconnect(connection, performance.now(), inboxSeen));
    this.#pipeline.push([{ kind: "close", link: connection }]);
    await connection.drained;
    this.#pipeline.forget(connection);
    // Closing with something unread would reset the connection, and lose what it was told.
    if (connection.framer.problem !== undefined) await connection.discard();
    connection.abort();
    this.#logOf(connection, "info", "connection closed", { reason: connection.failure });
  }

  /** Reads until the peer ends. A defect of ours that one line lays bare ends that connection alone. */
  async #listen(connection: Connection, patience: Patience, gate: Gate): Promise<void> {
    try {
      await connection.read(this.#splitter, (line) => {
        const now = performance.now();
        patience.heard(now);
        const request = decodeRequest(line);
        const stopped = gate.stop(request, now);
        return stopped === undefined
          ? this.#receive(connection, patience, request)
          : this.#refuse(connection, request, stopped);
      });
    } catch (error) {
      const reason = error instanceof Error ? error.stack ?? error.message : String(error);
      this.#logOf(connection, "error", "internal error", { reason });
    }
  }

  /** Refuses a request that nobody has looked at, in its turn. */
  async #refuse(
    connection: Connection,
    request: Request | Refused,
    { error, rest }: Stopped,
  ): Promise<void> {
    if (this.#isBehind(connection)) await this.#sentSoFar(connection);
    const lecture = request.type === "refused" ? request.lecture : isLectures(request);
    this.#pipeline.push(this.#hub.refuse(connection, { type: "refused", error, lecture }));
    if (rest > 0) await connection.rest(rest);
  }

  #receive(
    connection: Connection,
    patience: Patience,
    request: Request | Refused,
  ): Promise<void> | void {
    const isBehind = this.#isBehind(connection);
    if (!isBehind || AT_ONCE.has(request.type)) return this.#handle(connection, patience, request);
    // It has answers to come: what it asks now is answered after them.
    return this.#sentSoFar(connection).then(() => this.#handle(connection, patience, request));
  }

  #handle(
    connection: Connection,
    patience: Patience,
    request: Request | Refused,
  ): Promise<void> | void {
    if (request.type === "connect") return this.#connect(connection, patience, request);
    if (request.type === "refused") {
      const { code, message: reason } = request.error.payload;
      this.#logOf(connection, "debug", "request refused", { code, reason });
      this.#pipeline.push(this.#hub.refuse(connection, request));
    } else if (isQuestion(request)) {
      return this.#ask(connection, request);
    } else if (isAccountRequest(request)) {
      return this.#office.accounts.handle(connection, request);
    } else {
      this.#pipeline.push(this.#hub.handle(connection, request, performance.now()));
      if (request.type === "join" && request.payload.since !== undefined) {
        return this.#sentSoFar(connection);
      }
    }
    // When the log is slower than those who talk, they are read more slowly.
    if (this.#pipeline.isFull) return this.#pipeline.reached();
  }

  async #connect(connection: Connection, patience: Patience, request: ConnectRequest) {
    const session = await greet(this.#office.reception, connection, request);
    if (session === undefined) return;
    if (session.profile === "lecture") patience.greetedLecture();
    else patience.greeted();
    this.#logOf(connection, "info", "session opened", {
      name: session.name,
      profile: session.profile,
    });
    return this.#sentSoFar(connection);
  }

  #isBehind(connection: Connection): boolean {
    return this.#pipeline.feedOf(connection)?.isBehind ?? false;
  }

  /** What a client asked to be sent again is part of the answer: its next request comes after it. */
  async #sentSoFar(connection: Connection): Promise<void> {
    await this.#pipeline.reached();
    await this.#pipeline.feedOf(connection)?.sentSoFar();
  }

  /** Asks the log, once everything that this connection did before is in it. */
  async #ask(connection: Connection, question: Question): Promise<void> {
    const session = this.#hub.sessionOf(connection);
    if (session === undefined) {
      this.#pipeline.push(this.#hub.refuseUnconnected(connection, question));
      return;
    }
    await this.#pipeline.reached();
    const origin = { link: connection, profile: session.profile, id: question.id };
    this.#pipeline.push(await this.#questions.answer(session, origin, question));
  }

  /** When memory is short, those who hold much of it and don't read: they come back and miss nothing. */
  #letStalledGo(now: number): void {
    for (const [connection, patience] of this.#patience) {
      if (connection.isClosing || !connection.isHeavy || patience.stalledFor(now) < STALL) continue;
      const reason = "memory is short, and it reads nothing";
      this.#logOf(connection, "warn", "letting go", { code: "server_busy", reason });
      connection.abort();
    }
  }

  #onSilence(connection: Connection, silence: Silence): void {
    const { handshakeTimeout, idleTimeout } = this.#settings;
    if (silence === "ping") {
      const event = { type: "ping", payload: {} } as const;
      this.#pipeline.push([{ kind: "send", link: connection, event }]);
    } else if (silence === "idle") {
      const reason = `Nothing came for ${2 * idleTimeout / 1000} s`;
      this.#letGo(connection, "idle_timeout", reason);
    } else {
      const reason = `No "connect" came within ${handshakeTimeout / 1000} s`;
      this.#letGo(connection, "handshake_timeout", reason);
    }
  }

  /** Tells a peer why, and closes. */
  #letGo(connection: Connection, code: ErrorCode, reason: string): void {
    this.#logOf(connection, "warn", "letting go", { code, reason });
    this.#close(connection, errorEvent(code, `${reason}; the connection is closed`));
  }

  #close(connection: Connection, error: ErrorEvent): void {
    this.#pipeline.push(this.#hub.refuse(connection, { type: "refused", error, lecture: false }));
    this.#pipeline.push([{ kind: "close", link: connection }]);
  }

  #sweep(now: number): void {
    this.#hub.sweep(now);
    const turnedAway = this.#door.sweep(now);
    if (turnedAway > 0) {
      this.#settings.logger.log("warn", "connections turned away", { count: turnedAway });
    }
  }

  #logOf(
    connection: Connection,
    level: Parameters<Logger["log"]>[0],
    event: string,
    fields: LogFields = {},
  ): void {
    const { id, peer } = connection;
    this.#settings.logger.log(level, event, { connection: id, peer, ...fields });
  }
}

/** Whether a request opens a session of the lecture's. */
function isLectures(request: Request): boolean {
  return request.type === "connect" && request.payload.version === undefined;
}
