/**
 * `--json`: requests in, events out, each a line of JSON exactly as version 2 of
 * the wire has it. The program sends `connect`, `ping` and `quit` itself.
 *
 * Besides the server's events there is one of this program:
 * `{"type": "connection", "payload": {"state": "offline", "reason": …, "retry_at": …}}`,
 * with `state` `online`, `offline` or `ended`.
 */

import { JsonParseStream } from "@std/json/parse-stream";
import { JsonStringifyStream } from "@std/json/stringify-stream";
import { carriesPassword, errorEvent, type Request, VERSION } from "../../protocol/mod.ts";
import { inputLines } from "./input.ts";
import { JsonPosition } from "./json_position.ts";
import { deadline } from "../../core/session/deadline.ts";
import { Link, type LinkReport } from "../../core/session/link.ts";
import { Login } from "../../core/session/login.ts";
import { Failure } from "../startup/failure.ts";
import { type Start } from "../startup/start.ts";

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
  readonly #writer: WritableStreamDefaultWriter<unknown>;
  readonly #written: Promise<void>;
  readonly #position: JsonPosition;
  #isOnline = false;
  /** Whether the input has ended: what is still to come are answers. */
  #isAtEnd = false;
  #sayOnline: () => void = () => {};
  #online = new Promise<void>((resolve) => this.#sayOnline = resolve);
  #sayDone: () => void = () => {};
  readonly #done = new Promise<void>((resolve) => this.#sayDone = resolve);

  constructor(start: Start) {
    this.#start = start;
    const stringify = new JsonStringifyStream();
    this.#written = stringify.readable
      .pipeThrough(new TextEncoderStream())
      .pipeTo(Deno.stdout.writable, { preventClose: true });
    this.#writer = stringify.writable.getWriter();
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
    const running = this.#link.run();
    const reading = this.#read().then(() => undefined);
    // A reader that closes the pipe, as `head` does, is no failure.
    const gone = this.#written.then(() => undefined, () => undefined);
    let reason: string | undefined;
    try {
      reason = await Promise.race([running, reading, gone]);
    } finally {
      await this.#leave(running);
    }
    await Promise.race([this.#end(reason), gone]);
    if (reason !== undefined) throw new Failure(1, reason);
    return 0;
  }

  /** Reports the end and waits until all output has been written. */
  async #end(reason: string | undefined): Promise<void> {
    try {
      if (reason !== undefined) await this.#report({ state: "ended", reason });
      await this.#writer.close();
      await this.#written;
    } catch {
      // The pipe is closed: there is nowhere to report it.
    }
  }

  async #read(): Promise<void> {
    try {
      for await (const value of inputLines().pipeThrough(new JsonParseStream())) {
        await this.#online;
        await this.#pass(value as Request);
      }
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      throw new Failure(1, `Cannot read the input: it is not lines of JSON (${error.message})`);
    }
    this.#isAtEnd = true;
    if (this.#isOnline) this.#sendLast();
    await this.#done;
  }

  #sendLast(): void {
    this.#link.send({ type: "ping", id: LAST_ID, payload: {} });
  }

  /** Relays a request, unless it would carry a password over a link that others can read. */
  async #pass(request: Request): Promise<void> {
    if (!carriesPassword(request.type) || this.#link.isSecure) return await this.#send(request);
    const message = "It was not sent: others can read the link, and there is a password in it";
    await this.#print(errorEvent("insecure_link", message, request.id));
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
    const { name, room, outbox: { session } } = this.#start;
    const { since } = this.#position;
    const secrets = {
      ...session === undefined ? {} : { session },
      ...this.#login.password === undefined ? {} : { password: this.#login.password },
    };
    return { type: "connect", payload: { name, room, version: VERSION, ...secrets, ...since } };
  }

  #take(report: LinkReport): Promise<void> | void {
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
    if (value !== undefined) return this.#print(value);
  }

  #report(payload: Record<string, unknown>): Promise<void> {
    return this.#print({ type: "connection", payload });
  }

  async #print(value: unknown): Promise<void> {
    try {
      await this.#writer.write(value);
    } catch {
      // The pipe is closed: `run` sees it and leaves.
    }
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
