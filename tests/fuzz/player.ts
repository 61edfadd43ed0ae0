/** Plays one script over one connection, and has every reply judged. */

import { Buffer } from "node:buffer";
import { type Event, LIMITS } from "../../protocol/mod.ts";
import { within } from "../faults/waiting.ts";
import { OTHERS_TOKEN, OWN_TOKEN } from "./cast.ts";
import { Referee } from "./referee.ts";
import type { Act, Script, Sending } from "./script.ts";

/** Seconds for a server to answer or to close a connection; passwords wait in a queue. */
const TIMEOUT = 120;

/** Errors after which the server reads nothing more from a peer. */
const LAST_WORDS: ReadonlySet<string> = new Set([
  "line_too_long",
  "not_utf8",
  "server_full",
  "address_full",
  "session_replaced",
  "handshake_timeout",
  "idle_timeout",
]);

/** The shared state of the peers of a run. */
export interface Table {
  readonly port: number;
  /** The last tokens of opened sessions. */
  readonly tokens: string[];
  /** The number of events by type and error code. */
  readonly heard: Map<string, number>;
}

/** One peer. */
export class Player {
  readonly #table: Table;
  readonly #sent: (inputs: number) => void;
  readonly #referee = new Referee();
  readonly #decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  readonly #conn: Deno.TcpConn;
  #token: string | undefined;
  #unfinished = "";
  #isOver = false;
  #isReading = true;
  #hasEnded = false;
  /** The first byte that was sent; 0 before. */
  #firstByte = 0;
  /** Whether no line has come yet. */
  #isFirst = true;
  /** Whether the answer is one of HTTP. */
  #isHttp = false;
  #problem: string | undefined;
  #probes = 0;
  #awaited: { id: string; resolve: () => void } | undefined;

  private constructor(table: Table, sent: (inputs: number) => void, conn: Deno.TcpConn) {
    this.#table = table;
    this.#sent = sent;
    this.#conn = conn;
    conn.setNoDelay(true);
  }

  /**
   * Plays `script` to its end, or to the server's; returns the faults in the answers.
   * `sent` is called with the number of inputs when they are sent.
   */
  static async play(
    table: Table,
    script: Script,
    sent: (inputs: number) => void,
  ): Promise<string | undefined> {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port: table.port });
    return await new Player(table, sent, conn).#play(script);
  }

  async #play(script: Script): Promise<string | undefined> {
    const reading = this.#read();
    try {
      for (const step of script) {
        if (this.#isOver) break;
        if ("act" in step) await this.#acts[step.act]();
        else await this.#send(step);
      }
      await this.#leave(reading);
    } finally {
      this.#close();
      await reading;
    }
    return this.#problem;
  }

  readonly #acts: Record<Act, () => Promise<void>> = {
    "wait": () => this.#answered(),
    "stop reading": () => {
      this.#isReading = false;
      return Promise.resolve();
    },
    "half-close": () => this.#finish(),
    "reset": () => {
      this.#close();
      return Promise.resolve();
    },
  };

  /** Ends its side, and waits until the server has ended too. */
  async #leave(reading: Promise<void>): Promise<void> {
    if (this.#hasEnded || !this.#isReading) return;
    await this.#finish();
    await within(TIMEOUT, reading, () => "the server to close what its peer had ended");
  }

  /** A request of unknown type: it is answered in every profile, at any time. */
  async #answered(): Promise<void> {
    if (!this.#isReading) return;
    const id = `probe ${++this.#probes}`;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#awaited = { id, resolve };
    await this.#write(Buffer.from(`\n{"type":"probe","id":"${id}"}\n`));
    if (!this.#isOver) await within(TIMEOUT, promise, () => `an answer to ${id}`);
  }

  async #send({ send, inputs }: Sending): Promise<void> {
    const bytes = withToken(
      withToken(send, OWN_TOKEN, this.#token),
      OTHERS_TOKEN,
      this.#othersToken(),
    );
    await this.#write(bytes);
    if (!this.#isOver) this.#sent(inputs);
  }

  async #write(bytes: Uint8Array): Promise<void> {
    this.#firstByte ||= bytes[0] ?? 0;
    try {
      for (let written = 0; written < bytes.length && !this.#isOver;) {
        written += await this.#conn.write(bytes.subarray(written));
      }
    } catch {
      // The server has closed it, as expected.
      this.#over();
    }
  }

  async #finish(): Promise<void> {
    try {
      await this.#conn.closeWrite();
    } catch {
      // The server has closed it first.
      this.#over();
    }
  }

  #close(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#over();
    this.#conn.close();
  }

  /** Stops sending and waiting. */
  #over(): void {
    this.#isOver = true;
    this.#awaited?.resolve();
  }

  async #read(): Promise<void> {
    const buffer = new Uint8Array(32_768);
    while (this.#isReading) {
      const count = await this.#conn.read(buffer).catch(() => null);
      if (count === null) break;
      this.#take(buffer.subarray(0, count));
    }
    if (this.#isReading) this.#over();
  }

  #take(bytes: Uint8Array): void {
    try {
      this.#unfinished += this.#decoder.decode(bytes, { stream: true });
    } catch {
      return this.#blame("bytes that are not UTF-8");
    }
    const lines = this.#unfinished.split("\n");
    this.#unfinished = lines.pop() as string;
    for (const line of lines) this.#hear(line);
  }

  #hear(line: string): void {
    if (this.#isHttp) return;
    // A first line that begins with a capital letter is taken for a browser's.
    if (this.#isFirst && this.#firstByte >= 0x41 && this.#firstByte <= 0x5a) {
      this.#isHttp = /^HTTP\/1\.1 [45]\d\d /.test(line);
      if (this.#isHttp) return this.#over();
    }
    this.#isFirst = false;
    if (line.length > LIMITS.line / 3 && Buffer.byteLength(line) > LIMITS.line) {
      this.#blame(`a line of ${Buffer.byteLength(line)} bytes`);
    }
    const event = this.#referee.judge(line);
    if (typeof event === "string") return this.#blame(event);
    this.#count(event);
    if (event.type === "connect_ack" && event.payload.session !== undefined) {
      this.#token = event.payload.session;
      this.#table.tokens.push(this.#token);
      if (this.#table.tokens.length > 50) this.#table.tokens.shift();
    }
    if (event.type === "error" && LAST_WORDS.has(event.payload.code)) this.#over();
    if (event.id !== undefined && event.id === this.#awaited?.id) this.#awaited.resolve();
  }

  #count({ type, payload }: Event): void {
    const code = "code" in payload ? payload.code : undefined;
    const what = code === undefined ? type : `${type} ${code}`;
    this.#table.heard.set(what, (this.#table.heard.get(what) ?? 0) + 1);
  }

  #blame(problem: string): void {
    this.#problem ??= problem;
    this.#over();
  }

  /** One of the recently issued tokens. */
  #othersToken(): string | undefined {
    return this.#table.tokens.at(-1);
  }
}

/** `bytes` with a token in place of its placeholder. */
function withToken(bytes: Uint8Array, standIn: string, token: string | undefined): Uint8Array {
  if (token === undefined) return bytes;
  const at = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf(standIn);
  if (at < 0) return bytes;
  const copy = bytes.slice();
  copy.set(Buffer.from(token), at);
  return copy;
}
