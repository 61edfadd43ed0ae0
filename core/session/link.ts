/** The connection over time: connects, sends `connect`, and reconnects when the connection is lost. */

import {
  decodeEvent,
  encode,
  type ErrorCode,
  type Event,
  type Events,
  type Request,
} from "../../protocol/mod.ts";
import { backoff } from "./backoff.ts";
import { type Dial, type Transport, UnusableServer } from "./transport.ts";

/** Milliseconds without a line after which the server is pinged, and then given up. */
const SILENCE = { ask: 20_000, giveUp: 40_000 } as const;

/** Milliseconds between two checks for silence. */
const WATCH_INTERVAL = 5_000;

/** Milliseconds for the server to answer `connect`. */
const HELLO_TIMEOUT = 10_000;

/** The reports of the link to its owner. */
export type LinkReport =
  | { kind: "online"; ack: Events["connect_ack"] }
  /** A line came; `event` is missing if this version does not know it. */
  | { kind: "line"; line: string; event: Event | undefined }
  /** The link is down; the next try comes in `wait` milliseconds. */
  | { kind: "offline"; reason: string; wait: number };

/** The consequence of a refusal: another try after `wait` milliseconds, or the end, with its reason. */
export type RetryDecision = { readonly wait: number } | { readonly end: string };

/** The options of a link. */
export interface LinkOptions {
  /** The server's name, for messages. */
  server: string;
  dial: Dial;
  /** The `connect` for the next connection. */
  hello: () => Request<"connect">;
  /** Called with every report in order; while its promise is pending, nothing more is read. */
  report: (report: LinkReport) => Promise<void> | void;
  /** Decides what follows a refusal or the end of the session; `undefined` for the default. */
  refused: (error: Events["error"]) => Promise<RetryDecision | undefined>;
  /** Milliseconds for which a lost link, and the first connection, is tried again. */
  retryFor: number;
}

/** The end of one connection. */
interface Ending {
  reason: string;
  wasOnline: boolean;
  /** Whether another try would be useless. */
  final: boolean;
  /** The server's reason, if it gave one. */
  error?: Events["error"] | undefined;
}

// Codes after which this client has lost its session: to another of its own, or for good.
const FINAL_CODES: ReadonlySet<ErrorCode> = new Set(["session_replaced", "session_ended"]);

// Codes with which a server refuses what it may accept later. Any other refusal of the first
// `connect` is final: its name is bad, for example.
const PASSING_CODES: ReadonlySet<ErrorCode> = new Set([
  "name_taken",
  "too_many_sessions",
  "room_full",
  "no_more_rooms",
  "rate_limited",
  "server_busy",
  "server_full",
  "address_full",
  "log_failed",
  "handshake_timeout",
  "idle_timeout",
]);

/** Keeps one session connected while {@linkcode Link.run} runs. */
export class Link {
  readonly #options: LinkOptions;
  #connection: Transport | undefined;
  #online = false;
  #stopped = false;
  #taking = false;
  /** Whether any connection was acknowledged. */
  #hasBegun = false;
  /** Whether the connection ends because {@linkcode reconnect} was asked for. */
  #dropped = false;
  #wake: () => void = () => {};
  #lastError: Events["error"] | undefined;

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  /** Whether requests can be sent now. */
  get online(): boolean {
    return this.#online;
  }

  /** Whether a password may be sent over it. */
  get isSecure(): boolean {
    return this.#connection?.isSecure === true;
  }

  /** Sends when online; returns whether it did. */
  send(request: Request): boolean {
    if (!this.#online) return false;
    this.#connection?.send(encode(request));
    return true;
  }

  /** Reconnects now: ends a wait, or drops a connection that may be dead. */
  reconnect(): void {
    this.#dropped = this.#connection !== undefined;
    this.#online = false;
    this.#cut();
  }

  /** Makes the open connection the last: {@linkcode run} ends when the server closes it. */
  retire(): void {
    this.#stopped = true;
  }

  /** Ends {@linkcode run} and closes the connection. */
  stop(): void {
    this.#stopped = true;
    this.#cut();
  }

  #cut(): void {
    this.#connection?.close();
    this.#wake();
  }

  /** Runs until {@linkcode stop} (`undefined`), or until it is useless to go on (the reason). */
  async run(): Promise<string | undefined> {
    let lostAt = performance.now();
    for (let attempt = 0; !this.#stopped; attempt++) {
      const ending = await this.#connectOnce();
      if (this.#stopped) return undefined;
      if (ending.wasOnline) [lostAt, attempt] = [performance.now(), 0];
      if (this.#dropped) continue;
      const { error } = ending;
      const decision = error === undefined ? undefined : await this.#options.refused(error);
      if (this.#stopped) return undefined;
      const { retryFor } = this.#options;
      const left = retryFor - (performance.now() - lostAt);
      const next = decision ?? usualDecision(ending, attempt, left);
      if ("end" in next) return next.end;
      if (next.wait > 0) await this.#rest(ending.reason, next.wait);
    }
    return undefined;
  }

  async #rest(reason: string, wait: number): Promise<void> {
    await this.#options.report({ kind: "offline", reason, wait });
    await this.#pause(wait);
  }

  async #connectOnce(): Promise<Ending> {
    this.#lastError = undefined;
    this.#dropped = false;
    let wasOnline = false;
    try {
      const connection = await this.#options.dial();
      this.#connection = connection;
      if (this.#stopped) return { reason: "", wasOnline, final: true };
      const hello = this.#options.hello();
      if (hello.payload.password !== undefined && !connection.isSecure) return this.#insecure();
      connection.send(encode(hello));
      await this.#read(connection, () => wasOnline = true);
      return { ...this.#reasonOf(wasOnline), wasOnline };
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      const isUnusable = error instanceof UnusableServer;
      const reason = wasOnline && !isUnusable ? this.#lost() : error.message;
      return { reason, wasOnline, final: isUnusable && !wasOnline };
    } finally {
      this.#online = false;
      this.#connection?.close();
      this.#connection = undefined;
    }
  }

  async #read(connection: Transport, acknowledged: () => void): Promise<void> {
    let heardAt = performance.now();
    const ping = () => connection.send(encode({ type: "ping", payload: {} }));
    const watch = setInterval(() => {
      // While our owner takes its time it is we who do not listen: the server is told that we live.
      if (this.#taking) return ping();
      const silent = performance.now() - heardAt;
      if (silent > (this.#online ? SILENCE.giveUp : HELLO_TIMEOUT)) connection.close();
      else if (silent > SILENCE.ask && this.#online) ping();
    }, WATCH_INTERVAL);
    try {
      for await (const line of connection.lines()) {
        // The next connection is sent unprocessed events again.
        if (this.#dropped) break;
        this.#taking = true;
        await this.#take(connection, line, acknowledged);
        this.#taking = false;
        heardAt = performance.now();
      }
    } finally {
      this.#taking = false;
      clearInterval(watch);
    }
  }

  async #take(connection: Transport, line: string, acknowledged: () => void): Promise<void> {
    const event = decodeEvent(line);
    if (event?.type === "ping") connection.send(encode({ type: "pong", payload: event.payload }));
    if (event?.type === "error") this.#lastError = event.payload;
    if (event?.type === "connect_ack") {
      this.#online = true;
      this.#hasBegun = true;
      acknowledged();
      await this.#options.report({ kind: "online", ack: event.payload });
    }
    // Before the answer to `connect` an error is the reason of the end, not an event.
    if (this.#online) await this.#options.report({ kind: "line", line, event });
    else if (event?.type === "error") connection.close();
  }

  /** The server would refuse it too, but only after it was readable on the way. */
  #insecure(): Ending {
    const { server } = this.#options;
    const message = `The password was not sent: others can read the link to ${server}`;
    const error = { code: "insecure_link", message } as const;
    return { reason: message, wasOnline: false, final: true, error };
  }

  #reasonOf(wasOnline: boolean): Omit<Ending, "wasOnline"> {
    const error = this.#lastError;
    if (error !== undefined && (!wasOnline || FINAL_CODES.has(error.code))) {
      const isRefused = !wasOnline &&
        (!this.#hasBegun || error.code === "banned") && !PASSING_CODES.has(error.code);
      return { reason: error.message, final: isRefused || FINAL_CODES.has(error.code), error };
    }
    const mute = `${this.#options.server} closed the connection without an answer`;
    return { reason: wasOnline ? this.#lost() : mute, final: false };
  }

  #lost(): string {
    return `The server at ${this.#options.server} is gone`;
  }

  async #pause(milliseconds: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = () => {};
  }
}

function usualDecision(
  { reason, final, error }: Ending,
  attempt: number,
  left: number,
): RetryDecision {
  if (final || left <= 0) return { end: reason };
  const wait = Math.max(backoff(attempt, Math.random()), error?.retry_after ?? 0);
  return { wait: Math.min(wait, left) };
}
