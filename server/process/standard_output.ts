/** Lines on stdout and stderr, which may be full, closed or read by nothing. */

import { messageOf } from "../../cli/system_errors.ts";

/** Milliseconds between two tries to write to a non-blocking output that takes nothing now. */
const RETRY_INTERVAL = 20;

/** Milliseconds for which such an output may take nothing. */
const WRITE_TIMEOUT = 2_000;

const encoder = new TextEncoder();

/** A stream such as stdout. */
export type Output = Pick<typeof Deno.stdout, "writeSync">;

/**
 * Writes a line; returns why it could not be written, or `undefined` when it was. The reader of
 * a pipe that has gone away wants no more: that is no failure.
 */
export async function printLine(line: string, output: Output = Deno.stdout) {
  const bytes = encoder.encode(line + "\n");
  const deadline = performance.now() + WRITE_TIMEOUT;
  for (let written = 0; written < bytes.length;) {
    try {
      written += output.writeSync(bytes.subarray(written));
    } catch (error) {
      if (error instanceof Deno.errors.BrokenPipe) return undefined;
      const mayTakeMore = error instanceof Deno.errors.WouldBlock && performance.now() < deadline;
      if (!mayTakeMore) return messageOf(error);
      await new Promise((resolve) => setTimeout(resolve, RETRY_INTERVAL));
    }
  }
  return undefined;
}
