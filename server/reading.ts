/** Reading a whole file, here or in a worker. */

import { messageOf } from "../protocol/system_errors.ts";

/** What a file has, or why it can't be read. */
export type Reading =
  /** `mode` says who may read it; `null` where files have no mode. */
  | { text: string; mode: number | null }
  | { problem: string };

/** Reads a file of text. */
export function readFile(path: string): Reading {
  try {
    return { text: Deno.readTextFileSync(path), mode: Deno.statSync(path).mode };
  } catch (error) {
    return { problem: messageOf(error) };
  }
}
