/** Looking for a file, and reading all of it, here or in a worker. */

import { messageOf } from "../../cli/system_errors.ts";

/** What a file has, or why it can't be read. */
export type Reading =
  /** `mode` says who may read it; `null` where files have no mode. */
  | { text: string; mode: number | null }
  | { problem: string };

/** Whether there is a file or a directory at `path`. Fails where that can't be told. */
export function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return false;
  }
}

/** Reads a file of text. */
export function readFile(path: string): Reading {
  try {
    return { text: Deno.readTextFileSync(path), mode: Deno.statSync(path).mode };
  } catch (error) {
    return { problem: messageOf(error) };
  }
}
