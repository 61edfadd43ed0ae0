/// <reference lib="deno.worker" />
/**
 * The entry point of a worker in which SQLite blocks, so that nothing else has to: one of
 * these writes, two others read. Calls of the main thread are answered in their order.
 */

import type { Draft, LogSnapshot, Range, Search } from "../message_log.ts";
import { Detached } from "./database.ts";
import { LogReader } from "./reader.ts";
import { reasonOf } from "./reasons.ts";
import { UnusableFile } from "./tables/schema.ts";
import type { Retention } from "./tables/prune.ts";
import type { Task } from "./background_work.ts";
import { LogWriter, type Opening } from "./writer.ts";

let writer: LogWriter;
let reader: LogReader;

/** The methods that the main thread may call. */
const METHODS = {
  /** Opens the file for writing and says what is in it. */
  open(opening: Opening): LogSnapshot {
    writer = new LogWriter(opening, report);
    return writer.snapshot;
  },
  /** Opens a file that a writer has open, for reading. */
  openReader(path: string): void {
    reader = new LogReader(path);
  },
  release: () => reader.release(),
  reopen: () => writer.reopen(),
  retain: (retention: Retention) => writer.retain(retention),
  sizes: () => writer.sizes(),
  append: (drafts: readonly Draft[]) => writer.append(drafts),
  completeIndex: () => writer.completeIndex(),
  session: (hash: string) => writer.ask(({ queries }) => queries.session(hash)),
  account: (name: string) => writer.ask(({ accounts }) => accounts.stored(name)),
  accountSessions: (account: number) => writer.accountSessions(account),
  changedAccounts: () => writer.changedAccounts(),
  read: (range: Range) => reader.queries.read(range),
  inbox: (session: string, after: number, limit: number) =>
    reader.queries.inbox(session, after, limit),
  search: (search: Search) => reader.queries.search(search),
  unread: (name: string, rooms: string[]) => reader.queries.unread(name, rooms),
  close: () => writer.close(),
};

/** The name of a method that the main thread may call. */
export type Method = keyof typeof METHODS;

/** A call from the main thread. */
export interface Call {
  id: number;
  method: Method;
  args: unknown[];
}

/** The answer to a call, by its number; or work that failed in the background. */
export type Reply =
  | { id: number; result: unknown }
  | { id: number; reason: string; kind: Failure }
  | { task: Task; reason: string };

/** Why a call failed. `detached`: it can be made again, once all have opened the files afresh. */
export type Failure = "failed" | "unusable" | "detached";

self.onmessage = ({ data: { id, method, args } }: MessageEvent<Call>) => {
  self.postMessage(answer(id, method, args));
};

function answer(id: number, method: Method, args: unknown[]): Reply {
  try {
    const call = METHODS[method] as (...args: unknown[]) => unknown;
    return { id, result: call(...args) };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { id, reason: reasonOf(error), kind: kindOf(error) };
  }
}

function report(task: Task, reason: string): void {
  self.postMessage({ task, reason } satisfies Reply);
}

function kindOf(error: Error): Failure {
  if (error instanceof Detached) return "detached";
  return error instanceof UnusableFile ? "unusable" : "failed";
}
