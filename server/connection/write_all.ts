/** Writing all of some bytes, which a socket may take in several parts. */

import type { Transport } from "./connection.ts";

/** Writes all of `bytes`. */
export async function writeAll(
  socket: Pick<Transport, "write">,
  bytes: Uint8Array,
): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    written += await socket.write(bytes.subarray(written));
  }
}
