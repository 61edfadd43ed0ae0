/** Signals that end the program. */

import { deadline } from "../../core/session/deadline.ts";

// On Windows, Deno delivers SIGINT and SIGBREAK alone.
const SIGNALS: Partial<Record<Deno.Signal, number>> = Deno.build.os === "windows"
  ? { SIGINT: 130 }
  : { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };

/** Milliseconds that leaving may take; a session gives up before. */
const LEAVE_TIMEOUT = 4_500;

/** Milliseconds that the output has left to be read, once the session is left. */
const OUTPUT_TIMEOUT = 1_000;

/**
 * Calls `leave` on the first signal and ends the program at once on the second.
 * The result returns the exit code of the signal that came, or 0.
 */
export function leaveOnSignals(leave: () => Promise<void>): () => number {
  let code = 0;
  for (const [signal, asked] of Object.entries(SIGNALS)) {
    Deno.addSignalListener(signal as Deno.Signal, () => {
      if (code !== 0) Deno.exit(code);
      code = asked;
      void deadline(leave(), LEAVE_TIMEOUT).then(() => {
        // A stalled reader of the output must not keep the program alive.
        Deno.unrefTimer(setTimeout(() => Deno.exit(code), OUTPUT_TIMEOUT));
      });
    });
  }
  return () => code;
}
