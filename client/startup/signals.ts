/** Signals that end the program. */

import type { Session } from "../../core/session/session.ts";

// On Windows, Deno delivers SIGINT and SIGBREAK alone.
const SIGNALS: Partial<Record<Deno.Signal, number>> = Deno.build.os === "windows"
  ? { SIGINT: 130 }
  : { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };

/** Milliseconds that leaving may take; a session gives up before. */
const TIMEOUT = 5_000;

/**
 * Leaves the session on the first signal and ends the program at once on the second.
 * The result returns the exit code of the signal that came, or 0.
 */
export function leaveOnSignals(session: Session): () => number {
  let code = 0;
  for (const [signal, asked] of Object.entries(SIGNALS)) {
    Deno.addSignalListener(signal as Deno.Signal, () => {
      if (code !== 0) Deno.exit(code);
      code = asked;
      void session.leave();
      // A stalled reader of the output must not keep the program alive.
      Deno.unrefTimer(setTimeout(() => Deno.exit(code), TIMEOUT));
    });
  }
  return () => code;
}
