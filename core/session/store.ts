/** The storage in which an outbox survives the program: a file in the terminal program, IndexedDB in a page. */

/** Completes at once (`undefined`), or when the promise resolves. */
export type Completion = void | Promise<void>;

/**
 * A text that grows, with one writer. Calls never overlap. A call that fails throws, or
 * rejects with, an `Error` whose message is for a person; then the store is as before, or
 * ends in part of a line.
 */
export interface Store {
  /** The whole text; empty at first. */
  read(): string | Promise<string>;
  /** Adds whole lines. Complete when they survive the end of this program. */
  append(text: string): Completion;
  /** Replaces everything, whole or not at all. */
  replace(text: string): Completion;
  /** Releases the store for another writer. */
  close(): Completion;
}
