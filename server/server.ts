/**
 * The shell around the hub: accepts connections, makes each a peer, and stops without losing
 * what was said.
 */

import { Acceptor } from "./connection/acceptor.ts";
import { Connection, type Listener, type Socket } from "./connection/connection.ts";
import { ConnectionLimiter, type Rejection } from "./limits/connection_limiter.ts";
import { ConnectionCount } from "./limits/garbage.ts";
import type { DescriptorReserve } from "./process/system_limits.ts";
import { Hub } from "./hub/hub.ts";
import type { Registration, RoomLimits } from "./hub/state/room_limits.ts";
import type { Limits } from "./limit_options.ts";
import { LineSplitter } from "./connection/line_stream.ts";
import type { Figures } from "./ops/figures.ts";
import type { Logger } from "./process/logger.ts";
import { MemoryGuard, MemoryWatch, type Usage } from "./limits/memory_guard.ts";
import type { ScryptCost } from "./log/account_store.ts";
import type { LogSnapshot, ServerLog } from "./log/message_log.ts";
import { Accounts } from "./accounts/accounts.ts";
import type { HandshakeContext } from "./accounts/handshake.ts";
import { makeCode } from "./accounts/session_tokens.ts";
import { Logins } from "./accounts/logins.ts";
import { LoginThrottle } from "./accounts/login_throttle.ts";
import { Passwords } from "./accounts/passwords.ts";
import { IoScheduler } from "./connection/io_scheduler.ts";
import { IdleTimer } from "./peer/idle_timer.ts";
import { Pipeline } from "./delivery/pipeline.ts";
import { LogQueries } from "./peer/log_queries.ts";
import type { LoopTurns } from "./connection/event_loop.ts";
import { closeWith, Peer, type PeerContext, reasonOf } from "./peer/peer.ts";

/** The parts and limits of a server. Times are in milliseconds. */
export interface Settings {
  /** The sources of connections; the server closes them when it stops. */
  listeners: readonly Listener[];
  limits: Limits;
  /** The process's memory in use. */
  usage: () => Usage;
  handshakeTimeout: number;
  idleTimeout: number;
  /** The program's name and version, for `connect_ack`. */
  server: string;
  logger: Logger;
  /** Closed by its opener, after the server has stopped. */
  turns: LoopTurns;
  /** Descriptors to free when there are no others. Closed by its opener, as `turns`. */
  reserve: DescriptorReserve;
  /** The log and its snapshot. Closed by its opener, after the server has stopped. */
  log: ServerLog;
  snapshot: LogSnapshot;
  /** Whether only registered names may connect. */
  registeredOnly: boolean;
  /** The people who may register a name; all, if left out. */
  registration?: Registration;
  /** The cost of a password's hash, if not the default. */
  passwordCost?: ScryptCost;
}

/** Milliseconds between two sweeps of what has expired. */
const SWEEP_INTERVAL = 10_000;

/** Milliseconds between two lines that count connections which are not worth a line each. */
const COUNT_INTERVAL = 60_000;

/** A chat server. Accepts connections from its construction until {@linkcode ChatServer.stop}. */
export class ChatServer implements AsyncDisposable {
  readonly #settings: Settings;
  readonly #hub: Hub;
  readonly #scheduler: IoScheduler;
  readonly #pipeline: Pipeline;
  readonly #limiter: ConnectionLimiter;
  readonly #memory: MemoryGuard;
  readonly #watch: MemoryWatch;
  readonly #accounts: Accounts;
  readonly #throttle: LoginThrottle;
  readonly #context: PeerContext;
  readonly #peers = new Set<Peer>();
  /** Open connections: those of peers, and rejected ones that are being told why. */
  readonly #connections = new ConnectionCount();
  /** Called when the last of them is closed. */
  #onLastClosed: () => void = () => {};
  readonly #idleCheck: ReturnType<typeof setInterval>;
  readonly #sweeper: ReturnType<typeof setInterval>;
  readonly #counter: ReturnType<typeof setInterval>;
  /** Connections without a `connect` since the last line on them. */
  #strangers = 0;
  /** The same, and wrong passwords, since the start. */
  #allStrangers = 0;
  #loginFailures = 0;
  readonly #acceptor: Acceptor;
  #lastId = 0;
  #stopping = false;

  constructor(settings: Settings) {
    this.#settings = settings;
    const { connections, roomLimits, rates, memory } = settings.limits;
    this.#memory = new MemoryGuard(memory);
    this.#limiter = new ConnectionLimiter(connections, this.#memory);
    this.#watch = new MemoryWatch({
      guard: this.#memory,
      usage: settings.usage,
      connections: this.#connections,
      onShort: () => this.#abortStalled(performance.now()),
      log: (level, event, fields) => settings.logger.log(level, event, fields),
    });
    this.#hub = new Hub(settings.server, settings.snapshot, performance.now(), {
      ...roomLimits,
      registeredOnly: settings.registeredOnly,
      registration: settings.registration ?? "open",
    });
    this.#hub.directory.epochOffset = epochOffset();
    this.#hub.directory.makeCode = makeCode;
    this.#scheduler = new IoScheduler(settings.turns);
    this.#pipeline = new Pipeline(settings.log, this.#scheduler, (reason) => {
      if (reason === undefined) settings.logger.log("info", "appending again");
      else settings.logger.log("error", "append failed", { reason });
    });
    const { loginFailures } = settings.limits;
    const passwords = new Passwords(settings.passwordCost);
    const throttle = new LoginThrottle(loginFailures, connections.limitLoopback);
    this.#throttle = throttle;
    const logins = new Logins(settings.log, passwords, throttle, (connection, name) => {
      this.#loginFailures++;
      settings.logger.logOf(connection, "warn", "wrong password", { name });
    });
    const timeouts = { handshake: settings.handshakeTimeout, idle: settings.idleTimeout };
    const idleTimer = new IdleTimer(timeouts);
    const handshakes: HandshakeContext = {
      hub: this.#hub,
      pipeline: this.#pipeline,
      log: settings.log,
      logins,
    };
    this.#accounts = new Accounts({ ...handshakes, passwords, throttle });
    this.#context = {
      ...handshakes,
      queries: new LogQueries(settings.log),
      accounts: this.#accounts,
      scheduler: this.#scheduler,
      splitter: new LineSplitter(),
      limits: { rates, memory: this.#memory, isLogInMemory: settings.log.isInMemory },
      idleTimer,
      timeouts,
      logger: settings.logger,
      onLeaving: (peer, leaving) => this.#untilClosed(peer, leaving),
      onStranger: () => void this.#strangers++,
    };
    this.#idleCheck = setInterval(() => {
      const now = performance.now();
      this.#acceptor.noteRecovery(now);
      if (!idleTimer.beginLook(now)) return;
      for (const peer of this.#peers) peer.checkIdle(now);
    }, idleTimer.interval);
    this.#sweeper = setInterval(() => this.#sweep(performance.now()), SWEEP_INTERVAL);
    this.#counter = setInterval(() => this.#logCounts(), COUNT_INTERVAL);
    this.#acceptor = new Acceptor({
      ...settings,
      connections: this.#connections,
      onSocket: (socket) => this.#open(socket),
    });
  }

  /** Changes the limits; what is open already goes on, whether it keeps to them or not. */
  setLimits(
    limits: Limits,
    names: Pick<RoomLimits, "registeredOnly" | "registration">,
  ): void {
    const { connections, loginFailures, rates, roomLimits } = limits;
    this.#limiter.setLimits(connections);
    this.#throttle.setLimits(loginFailures, connections.limitLoopback);
    this.#context.limits.rates = rates;
    this.#memory.setBounds(limits.memory);
    this.#hub.directory.setLimits({ ...roomLimits, ...names });
  }

  /** Figures for the operator; asks each connection, so not for every message. */
  get figures(): Figures {
    const connections = { plain: 0, tls: 0 };
    let queuedBytes = 0;
    for (const { connection } of this.#peers) {
      connections[connection.isEncrypted ? "tls" : "plain"]++;
      queuedBytes += connection.queuedBytes;
    }
    return {
      connections,
      queuedBytes,
      ...this.#hub.directory.counts,
      behind: this.#pipeline.behindCount,
      delivery: this.#pipeline.counts,
      turnedAway: this.#limiter.rejections,
      loginFailures: this.#loginFailures,
      strangers: this.#allStrangers + this.#strangers,
      memory: this.#settings.usage(),
      notReady: this.#notReady(performance.now()),
    };
  }

  /** Stops accepting, notifies every session, sends what was said, and closes all connections. */
  async stop(): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    clearInterval(this.#idleCheck);
    clearInterval(this.#sweeper);
    clearInterval(this.#counter);
    this.#watch.stop();
    this.#accounts.close();
    await this.#acceptor.close();
    this.#pipeline.push(this.#hub.shutdown());
    await this.#pipeline.flushed();
    for (const { connection } of this.#peers) connection.close();
    if (this.#connections.size > 0) {
      await new Promise<void>((resolve) => this.#onLastClosed = resolve);
    }
    await this.#pipeline.flushed();
    this.#logCounts();
    this.#settings.logger.log("info", "stopped");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #open(socket: Socket): void {
    const connection = new Connection(socket, ++this.#lastId, this.#scheduler);
    const { hostname } = connection;
    const now = performance.now();
    const rejection = this.#limiter.admit(hostname, now);
    if (rejection?.isSent === false) return connection.abort();
    this.#connections.increment();
    if (rejection !== undefined) {
      this.#untilDone(
        connection,
        this.#reject(connection, rejection),
        () => this.#limiter.rejectionSent(),
      );
      return;
    }
    const peer = new Peer(connection, this.#context);
    this.#peers.add(peer);
    peer.begin();
  }

  #untilClosed(peer: Peer, leaving: Promise<void>): void {
    const { connection } = peer;
    this.#untilDone(connection, leaving, () => {
      this.#peers.delete(peer);
      this.#limiter.release(connection.hostname);
    });
  }

  /** Calls `onDone` when the last work with a connection is done, or has failed. */
  async #untilDone(
    connection: Connection,
    work: Promise<void>,
    onDone: () => void,
  ): Promise<void> {
    try {
      await work;
    } catch (error) {
      const reason = reasonOf(error);
      this.#settings.logger.logOf(connection, "error", "internal error", { reason });
      connection.abort();
    }
    onDone();
    this.#connections.decrement();
    if (this.#connections.size === 0) this.#onLastClosed();
  }

  /** Tells a peer why its connection is rejected. Closing with unread input would reset it, and lose that. */
  async #reject(connection: Connection, { error }: Rejection): Promise<void> {
    const { code, message: reason } = error.payload;
    this.#settings.logger.logOf(connection, "debug", "connection rejected", { code, reason });
    this.#pipeline.push(closeWith(this.#hub, connection, error));
    await connection.drained;
    await connection.discard();
    connection.abort();
  }

  /** Why a balancer is to send nobody here for now. */
  #notReady(now: number): string | undefined {
    if (this.#stopping) return "stopping";
    if (this.#memory.isShort) return "short of memory";
    const failure = this.#pipeline.counts.failureAt(now);
    return failure && `append failed: ${failure}`;
  }

  /** Closes connections that hold much memory and do not read; their clients reconnect and miss nothing. */
  #abortStalled(now: number): void {
    for (const peer of this.#peers) peer.abortIfStalled(now);
  }

  #sweep(now: number): void {
    this.#hub.sweep(now);
    this.#hub.directory.epochOffset = epochOffset();
    this.#limiter.sweep(now);
  }

  /** Logs how many connections said no `connect`, and how many were rejected, since the last time. */
  #logCounts(): void {
    const { logger } = this.#settings;
    const strangers = this.#strangers;
    this.#allStrangers += strangers;
    const rejected = this.#limiter.takeRejected();
    this.#strangers = 0;
    if (strangers > 0) logger.log("info", "connections without connect", { count: strangers });
    if (rejected > 0) logger.log("warn", "connections rejected", { count: rejected });
  }
}

/** Milliseconds from the hub's clock to the epoch's, which somebody may set. */
function epochOffset(): number {
  return Date.now() - performance.now();
}
