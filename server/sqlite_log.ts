/**
 * The log in a file of SQLite's. SQLite blocks its thread, so it lives in workers:
 * one appends; a second one reads pages, for history and for those who are behind;
 * a third one answers what takes longer, and would hold up the pages behind it.
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
import { onlyFilesIn } from "./permissions.ts";
import { UnusableFile } from "./sqlite_schema.ts";
import type { Call, Method, Opening, Reply } from "./sqlite_worker.ts";

/** A log in SQLite. */
export class SqliteLog implements MessageLog {
  readonly isInMemory = false;
  readonly #writer: Caller;
  readonly #pages: Caller;
  readonly #searches: Caller;

  private constructor(writer: Caller, pages: Caller, searches: Caller) {
    this.#writer = writer;
    this.#pages = pages;
    this.#searches = searches;
  }

  /**
   * Opens the log, or makes it where there is none, and says what it remembers.
   * Rejects with {@linkcode UnusableFile} for a file of another kind or version,
   * with {@linkcode LogFailure} for one that can't be opened. Touches neither.
   */
  static async open(opening: Opening): Promise<{ log: SqliteLog; memory: Memory }> {
    const { path } = opening;
    const writer = new Caller(path);
    const opened = writer.call<Memory>("open", opening);
    // Now, since a server that runs can start no worker any more. Each holds this thread up
    // until it is there, and the first one opens the file meanwhile.
    const readers = [new Caller(path), new Caller(path)] as const;
    try {
      const memory = await opened;
      await Promise.all(readers.map((reader) => reader.call("openReader", path)));
      return { log: new SqliteLog(writer, ...readers), memory };
    } catch (error) {
      for (const caller of [writer, ...readers]) caller.end();
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

  read(range: Range): Promise<Page<MessagePayload>> {
    return this.#pages.call("read", range);
  }

  inbox(session: string, after: number, limit: number): Promise<Page<DirectPayload>> {
    return this.#pages.call("inbox", session, after, limit);
  }

  async search(search: Search): Promise<Found> {
    await this.#writer.call("index");
    return await this.#searches.call("search", search);
  }

  unread(name: string, rooms: string[]): Promise<UnreadRoom[]> {
    return this.#searches.call("unread", name, rooms);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#pages.close(), this.#searches.close()]);
    await this.#writer.close();
  }
}

/** Calls the methods of one worker. Answers come in the order of the calls. */
class Caller {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, PromiseWithResolvers<never>>();
  #lastId = 0;
  /** Why the worker answers no more. */
  #defect: LogFailure | undefined;

  /** Starts a worker for the log at `path`, which can reach the files beside it and nothing else. */
  constructor(path: string) {
    this.#worker = new Worker(new URL("./sqlite_worker.ts", import.meta.url), {
      type: "module",
      deno: { permissions: onlyFilesIn(path.replace(/[^/\\]*$/, "") || ".") },
    });
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

  /** Ends the worker once it has let go of the file. */
  async close(): Promise<void> {
    await this.call("close");
    this.end();
  }

  /** Ends the worker at once. */
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
