/**
 * `--json`: requests in, events out, each a line of JSON exactly as version 2 of
 * the wire has it. The program sends `connect`, `ping` and `quit` itself.
 *
 * Besides the server's events there is one of this program:
 * `{"type": "connection", "payload": {"state": "offline", "reason": …, "retry_at": …}}`,
 * with `state` `online`, `offline` or `ended`.
 */

import { JsonParseStream } from "@std/json/parse-stream";
import { carriesPassword, errorEvent, type Request, VERSION } from "../../protocol/mod.ts";
import { inputLines } from "./input.ts";
import { JsonPosition } from "./json_position.ts";
import { deadline } from "../../core/session/deadline.ts";
import { CUT_SHORT, printNotices } from "./lines_mode.ts";
import { stderr, stdout } from "./output.ts";
import { Link, type LinkReport } from "../../core/session/link.ts";
import { Login } from "../../core/session/login.ts";
import { Failure } from "../startup/failure.ts";
import { leaveOnSignals } from "../startup/signals.ts";
import type { Start } from "../startup/start.ts";

/** The id of the last request: once it is answered, the server has handled all before it. */
const LAST_ID = "chat-client-end-of-input";

/** Milliseconds that the server has to close after `quit`. */
const QUIT_TIMEOUT = 1_000;

/** Relays lines until the input ends; resolves with the exit code. */
export async function runJson(start: Start): Promise<number> {
  return await new JsonMode(start).run();
}

/**
 * Levels of nesting of a line that is relayed, far more than any event has. `JSON.stringify`
 * recurses into each level, and a stack overflow would end all output.
 */
const MAX_DEPTH = 500;

class JsonMode {
  readonly #start: Start;
  readonly #link: Link;
  readonly #login: Login;
  readonly #position: JsonPosition;
  #isOnline = false;
  /** Whether the input has ended: what is still to come are answers. */
  #isAtEnd = false;
  #sayOnline: () => void = () => {};
  #online = new Promise<void>((resolve) => this.#sayOnline = resolve);
  #sayDone: () => void = () => {};
  readonly #done = new Promise<void>((resolve) => this.#sayDone = resolve);
  #stop: () => void = () => {};
  readonly #stopped = new Promise<void>((resolve) => this.#stop = resolve);
  /** Whether every line of the input was relayed and answered. */
  #isRelayed = false;

  constructor(start: Start) {
    this.#start = start;
    const { name, password: given, advice } = start;
    this.#position = new JsonPosition(name);
    // The input is a program's: it can't be asked for a password, and errors reach it as events.
    this.#login = new Login({
      name: () => name,
      given,
      advice,
      ask: undefined,
      tell: () => undefined,
    });
    this.#link = new Link({
      ...start,
      hello: () => this.#hello(),
      report: (report) => this.#take(report),
      refused: (error) => this.#login.refused(error),
    });
  }

  async run(): Promise<number> {
    printNotices(this.#start);
    this.#start.outbox.onFailure((problem) => stderr.print(`!! ${problem}`));
    const running = this.#link.run();
    const signalled = leaveOnSignals(async () => {
      this.#stop();
      await running;
    });
    using _watch = stdout.watchReader();
    let reason: string | undefined;
    try {
      reason = await Promise.race([running, this.#read(), this.#stopped, stdout.closed]) ??
        undefined;
    } finally {
      this.#stop();
      await this.#leave(running);
    }
    if (reason !== undefined) this.#report({ state: "ended", reason });
    if (reason === undefined && !stdout.isOpen && !this.#isRelayed) reason = CUT_SHORT;
    if (reason !== undefined) throw new Failure(1, reason);
    return signalled();
  }

  async #read(): Promise<undefined> {
    try {
      for await (const value of inputLines().pipeThrough(new JsonParseStream())) {
        await this.#pass(value as Request);
      }
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      throw new Failure(1, `Cannot read the input: it is not lines of JSON (${error.message})`);
    }
    this.#isAtEnd = true;
    if (this.#isOnline) this.#sendLast();
    await this.#done;
    this.#isRelayed = true;
  }

  #sendLast(): void {
    this.#link.send({ type: "ping", id: LAST_ID, payload: {} });
  }

  /** Relays a request, unless it would carry a password over a link that others can read. */
  async #pass(request: Request): Promise<void> {
    await this.#online;
    if (!carriesPassword(request.type) || this.#link.isSecure) return await this.#send(request);
    const message = "It was not sent: others can read the link, and there is a password in it";
    this.#print(errorEvent("insecure_link", message, request.id));
  }

  /** Sends when the link is up; the report that it is down may still be on its way. */
  async #send(request: Request): Promise<void> {
    while (!this.#link.send(request)) {
      await new Promise((resolve) => setTimeout(resolve));
      await this.#online;
    }
  }

  async #leave(running: Promise<string | undefined>): Promise<void> {
    this.#link.send({ type: "quit", payload: {} });
    this.#link.retire();
    await deadline(running, QUIT_TIMEOUT);
    this.#link.stop();
    await running;
    await this.#start.outbox.close();
  }

  #hello(): Request<"connect"> {
    const { name, room, code, outbox: { session } } = this.#start;
    const { since } = this.#position;
    const entered = this.#position.isRemoved(room)
      ? {}
      : { room, ...code === undefined ? {} : { code } };
    const secrets = {
      ...session === undefined ? {} : { session },
      ...this.#login.password === undefined ? {} : { password: this.#login.password },
    };
    return {
      type: "connect",
      payload: { name, ...entered, version: VERSION, ...secrets, ...since },
    };
  }

  #take(report: LinkReport): Promise<void> | void {
    this.#show(report);
    const { busy } = stdout;
    if (busy !== undefined) return Promise.race([busy, this.#stopped]);
  }

  #show(report: LinkReport): void {
    if (report.kind === "offline") {
      if (this.#isOnline) this.#online = new Promise((resolve) => this.#sayOnline = resolve);
      this.#isOnline = false;
      const { reason, wait } = report;
      return this.#report({ state: "offline", reason, retry_at: Date.now() + wait });
    }
    if (report.kind === "online") {
      this.#start.outbox.session = report.ack.session;
      this.#isOnline = true;
      this.#sayOnline();
      if (this.#isAtEnd) this.#sendLast();
      return this.#report({ state: "online" });
    }
    const { event, line } = report;
    if (event?.id === LAST_ID) return this.#sayDone();
    if (event !== undefined) this.#position.take(event);
    const value = parsed(line);
    if (value !== undefined) this.#print(value);
  }

  #report(payload: Record<string, unknown>): void {
    this.#print({ type: "connection", payload });
  }

  #print(value: unknown): void {
    stdout.print(JSON.stringify(value));
  }
}

/** A line's value; `undefined` when it is not JSON, or nested too deeply to be written again. */
function parsed(line: string): unknown {
  try {
    const value: unknown = JSON.parse(line);
    return line.length > 2 * MAX_DEPTH && isDeeper(value, MAX_DEPTH) ? undefined : value;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return undefined;
  }
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some((each) => isDeeper(each, levels - 1));
}
