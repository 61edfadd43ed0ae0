/** The signals that ask the program to end. */

import type { Session } from "../../core/session/session.ts";

// Windows knows no others than SIGINT and SIGBREAK; what ends a program there is not SIGTERM.
const SIGNALS: Partial<Record<Deno.Signal, number>> = Deno.build.os === "windows"
  ? { SIGINT: 130 }
  : { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };

/** Milliseconds that leaving may take; a session gives up before. */
const TIMEOUT = 5_000;

/**
 * Leaves the session on the first signal, and ends the program at once on the
 * second. The result gives the exit code that the signal asks for, or 0.
 */
export function leaveOnSignals(session: Session): () => number {
  let code = 0;
  for (const [signal, asked] of Object.entries(SIGNALS)) {
    Deno.addSignalListener(signal as Deno.Signal, () => {
      if (code !== 0) Deno.exit(code);
      code = asked;
      void session.leave();
      // Whatever holds it up, such as a reader who has stalled.
      Deno.unrefTimer(setTimeout(() => Deno.exit(code), TIMEOUT));
    });
  }
  return () => code;
}
