/** Finding a file and reading all of it, here or in a worker. */

import { messageOf } from "../../cli/system_errors.ts";

/** A file's text, or why it cannot be read. */
export type Reading =
  /** `mode` is `null` where files have none. */
  | { text: string; mode: number | null }
  | { problem: string };

/** Whether there is a file or a directory at `path`. Throws where that cannot be found out. */
export function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return false;
  }
}

/** The bytes of a file; 0 where there is none. Throws where that cannot be found out. */
export function sizeOf(path: string): number {
  return exists(path) ? Deno.statSync(path).size : 0;
}

/** Reads a text file. */
export function readFile(path: string): Reading {
  try {
    return { text: Deno.readTextFileSync(path), mode: Deno.statSync(path).mode };
  } catch (error) {
    return { problem: messageOf(error) };
  }
}
