/**
 * The log in a file of SQLite's. SQLite blocks its thread, so it lives in workers:
 * one appends, and a second one answers history and searches, which would
 * otherwise hold up the appends behind them.
 */

import type { DirectPayload, MessagePayload, UnreadRoom } from "../protocol/mod.ts";
import {
  type Claim,
  type ClaimSession,
  type Draft,
  type Found,
  LogFailure,
  type Memory,
  type MessageLog,
  type Outcome,
  type Page,
  type Range,
  type Search,
  type StoredClaim,
  type StoredSession,
} from "./message_log.ts";
import { UnusableFile } from "./sqlite_schema.ts";
import type { Call, Method, Opening, Reply } from "./sqlite_worker.ts";

/** A log in SQLite. */
export class SqliteLog implements MessageLog {
  readonly isInMemory = false;
  readonly #path: string;
  readonly #writer: Caller;
  #reader: Promise<Caller> | undefined;

  private constructor(path: string, writer: Caller) {
    this.#path = path;
    this.#writer = writer;
  }

  /**
   * Opens the log, or makes it where there is none, and says what it remembers.
   * Rejects with {@linkcode UnusableFile} for a file of another kind or version,
   * with {@linkcode LogFailure} for one that can't be opened. Touches neither.
   */
  static async open(opening: Opening): Promise<{ log: SqliteLog; memory: Memory }> {
    const writer = new Caller();
    try {
      const memory = await writer.call<Memory>("open", opening);
      return { log: new SqliteLog(opening.path, writer), memory };
    } catch (error) {
      writer.end();
      throw error;
    }
  }

  async append(drafts: readonly Draft[]): Promise<Outcome[]> {
    try {
      return await this.#writer.call<Outcome[]>("append", drafts);
    } catch (error) {
      if (!(error instanceof LogFailure)) throw error;
      return drafts.map(() => ({ kind: "failed", reason: error.message }));
    }
  }

  session(tokenHash: string): Promise<StoredSession | undefined> {
    // From the writer, behind every append that came before.
    return this.#writer.call("session", tokenHash);
  }

  claim(name: string): Promise<StoredClaim | undefined> {
    return this.#writer.call("claim", name);
  }

  claimSessions(claim: number): Promise<ClaimSession[]> {
    return this.#writer.call("claimSessions", claim);
  }

  changedClaims(): Promise<Claim[] | undefined> {
    return this.#writer.call("changedClaims");
  }

  async read(range: Range): Promise<Page<MessagePayload>> {
    return (await this.#read()).call("read", range);
  }

  async inbox(session: string, after: number, limit: number): Promise<Page<DirectPayload>> {
    return (await this.#read()).call("inbox", session, after, limit);
  }

  async search(search: Search): Promise<Found> {
    await this.#writer.call("index");
    return (await this.#read()).call("search", search);
  }

  async unread(name: string, rooms: string[]): Promise<UnreadRoom[]> {
    return (await this.#read()).call("unread", name, rooms);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const reader = await this.#reader?.catch(() => undefined);
    await reader?.call("close");
    reader?.end();
    await this.#writer.call("close");
    this.#writer.end();
  }

  /** Whoever answers questions; started when the first is asked. */
  #read(): Promise<Caller> {
    return this.#reader ??= this.#openReader();
  }

  async #openReader(): Promise<Caller> {
    const reader = new Caller();
    try {
      await reader.call("openReader", this.#path);
      return reader;
    } catch (error) {
      reader.end();
      this.#reader = undefined;
      throw error;
    }
  }
}

/** Calls the methods of one worker. Answers come in the order of the calls. */
class Caller {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, PromiseWithResolvers<never>>();
  #lastId = 0;
  /** Why the worker answers no more. */
  #defect: LogFailure | undefined;

  constructor() {
    this.#worker = new Worker(new URL("./sqlite_worker.ts", import.meta.url), { type: "module" });
    this.#worker.onmessage = ({ data }: MessageEvent<Reply>) => this.#settle(data);
    // A defect in the worker, not a failing disk. Whoever waits must hear of it.
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#defect = new LogFailure(event.message);
      for (const waiting of this.#waiting.values()) waiting.reject(this.#defect);
      this.#waiting.clear();
    };
  }

  call<Result>(method: Method, ...args: unknown[]): Promise<Result> {
    if (this.#defect !== undefined) return Promise.reject(this.#defect);
    const id = ++this.#lastId;
    const waiting = Promise.withResolvers<never>();
    this.#waiting.set(id, waiting);
    this.#worker.postMessage({ id, method, args } satisfies Call);
    return waiting.promise;
  }

  end(): void {
    this.#worker.terminate();
  }

  #settle(reply: Reply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if ("result" in reply) waiting?.resolve(reply.result as never);
    else waiting?.reject(new (reply.unusable ? UnusableFile : LogFailure)(reply.reason));
  }
}
