/**
 * The log in a file of SQLite's. SQLite blocks its thread, so it lives in workers: one
 * appends; a second one reads pages, for history and for connections that are behind; a
 * third one answers queries that take longer, and would hold up the pages behind them.
 */

import type { DirectPayload, MessagePayload, UnreadRoom } from "../../../protocol/mod.ts";
import type {
  AccountSession,
  AccountsSnapshot,
  StoredAccount,
  StoredSession,
} from "../account_store.ts";
import {
  type Draft,
  type Found,
  LogFailure,
  type LogSnapshot,
  type Outcome,
  type Page,
  type Range,
  type Search,
  type ServerLog,
} from "../message_log.ts";
import { onlyFilesIn } from "../../process/permissions.ts";
import { UnusableFile } from "./tables/schema.ts";
import type { Retention } from "./tables/prune.ts";
import type { Call, Failure, Method, Reply } from "./sqlite_worker.ts";
import type { OnFailure } from "./background_work.ts";
import type { Opening } from "./writer.ts";

/** How often one call may find that another program has taken the files away. */
const TRIES = 3;

/** A log in SQLite. */
export class SqliteLog implements ServerLog {
  readonly isInMemory = false;
  readonly #writer: Caller;
  readonly #pages: Caller;
  readonly #searches: Caller;
  /** While all of them open the files afresh. */
  #reopening: Promise<void> | undefined;

  private constructor(writer: Caller, pages: Caller, searches: Caller) {
    this.#writer = writer;
    this.#pages = pages;
    this.#searches = searches;
  }

  /**
   * Opens the log, or makes it where there is none, and says what it remembers.
   * Rejects with {@linkcode UnusableFile} for a file of another kind or version,
   * with {@linkcode LogFailure} for one that can't be opened. Touches neither.
   * `onFailure` hears of work in the background that fails.
   */
  static async open(
    opening: Opening,
    onFailure: OnFailure = () => {},
  ): Promise<{ log: SqliteLog; snapshot: LogSnapshot }> {
    const { path } = opening;
    const writer = new Caller(path, onFailure);
    const opened = writer.call<LogSnapshot>("open", opening);
    // Now, since a server that runs can start no worker any more. Each holds this thread up
    // until it is there, and the first one opens the file meanwhile.
    const readers = [new Caller(path, onFailure), new Caller(path, onFailure)] as const;
    try {
      const snapshot = await opened;
      await Promise.all(readers.map((reader) => reader.call("openReader", path)));
      return { log: new SqliteLog(writer, ...readers), snapshot };
    } catch (error) {
      for (const caller of [writer, ...readers]) caller.end();
      throw error;
    }
  }

  async append(drafts: readonly Draft[]): Promise<Outcome[]> {
    try {
      return await this.#ask<Outcome[]>(this.#writer, "append", drafts);
    } catch (error) {
      if (!(error instanceof LogFailure)) throw error;
      return drafts.map(() => ({ kind: "failed", reason: error.message }));
    }
  }

  /** Changes what is kept, from the next look for what is past its time on. */
  retain(retention: Retention): Promise<void> {
    return this.#ask(this.#writer, "retain", retention);
  }

  /** The bytes of the database's own file, and of its WAL. */
  sizes(): Promise<Record<"data" | "wal", number>> {
    return this.#ask(this.#writer, "sizes");
  }

  session(tokenHash: string): Promise<StoredSession | undefined> {
    // From the writer, behind every append that came before.
    return this.#ask(this.#writer, "session", tokenHash);
  }

  account(name: string): Promise<StoredAccount | undefined> {
    return this.#ask(this.#writer, "account", name);
  }

  accountSessions(account: number): Promise<AccountSession[]> {
    return this.#ask(this.#writer, "accountSessions", account);
  }

  changedAccounts(): Promise<AccountsSnapshot | undefined> {
    return this.#ask(this.#writer, "changedAccounts");
  }

  read(range: Range): Promise<Page<MessagePayload>> {
    return this.#ask(this.#pages, "read", range);
  }

  inbox(session: string, after: number, limit: number): Promise<Page<DirectPayload>> {
    return this.#ask(this.#pages, "inbox", session, after, limit);
  }

  async search(search: Search): Promise<Found> {
    const isComplete = await this.#ask<boolean>(this.#writer, "completeIndex");
    const found = await this.#ask<Found>(this.#searches, "search", search);
    return isComplete || "problem" in found ? found : { ...found, isIncomplete: true };
  }

  unread(name: string, rooms: string[]): Promise<UnreadRoom[]> {
    return this.#ask(this.#searches, "unread", name, rooms);
  }

  /**
   * Closes the file. Where not all that was acknowledged is in it, because other programs
   * took it away or wrote to it, it says so, and what to do.
   */
  async close(): Promise<string | undefined> {
    await this.#reopening?.catch(() => {/* Reported to the calls that wait for it. */});
    await Promise.all([this.#pages.release(), this.#searches.release()]);
    return await this.#writer.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Asks a worker, once more where the files have to be opened afresh before; in the order of the calls. */
  async #ask<Result>(caller: Caller, method: Method, ...args: unknown[]): Promise<Result> {
    for (let tries = 1;; tries++) {
      if (this.#reopening !== undefined) await this.#reopening;
      try {
        return await caller.call<Result>(method, ...args);
      } catch (error) {
        if (!(error instanceof Detached) || tries === TRIES) throw error;
        this.#reopening ??= this.#reopen().finally(() => this.#reopening = undefined);
        await this.#reopening;
      }
    }
  }

  /** No connection may keep a file that was taken away, or the others would not see what it sees. */
  async #reopen(): Promise<void> {
    const readers = [this.#pages, this.#searches];
    await Promise.all(readers.map((reader) => reader.call("release")));
    await this.#writer.call("reopen");
  }
}

/** Other programs have taken files away, and all have to open them afresh. */
class Detached extends LogFailure {
  override name = "Detached";
}

const FAILURES: Record<Failure, new (reason: string) => LogFailure> = {
  failed: LogFailure,
  unusable: UnusableFile,
  detached: Detached,
};

/** Calls the methods of one worker. Answers come in the order of the calls. */
class Caller {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, PromiseWithResolvers<never>>();
  #lastId = 0;
  /** Why the worker answers no more. */
  #defect: LogFailure | undefined;

  /** Starts a worker for the log at `path`, which can reach the files beside it and nothing else. */
  constructor(path: string, onFailure: OnFailure) {
    this.#worker = new Worker(new URL("./sqlite_worker.ts", import.meta.url), {
      type: "module",
      deno: { permissions: onlyFilesIn(path.replace(/[^/\\]*$/, "") || ".") },
    });
    this.#worker.onmessage = ({ data }: MessageEvent<Reply>) => {
      if ("task" in data) onFailure(data.task, data.reason);
      else this.#settle(data);
    };
    // A defect in the worker, not a failing disk: every call that waits fails.
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

  /** Ends a reader once it has let go of the file. */
  async release(): Promise<void> {
    await this.call("release");
    this.end();
  }

  /** Ends the writer once it has closed the file; gives the report on that. */
  async close(): Promise<string | undefined> {
    const problem = await this.call<string | undefined>("close");
    this.end();
    return problem;
  }

  /** Ends the worker at once. */
  end(): void {
    this.#worker.terminate();
  }

  #settle(reply: Exclude<Reply, { task: unknown }>): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if ("result" in reply) waiting?.resolve(reply.result as never);
    else waiting?.reject(new FAILURES[reply.kind](reply.reason));
  }
}
