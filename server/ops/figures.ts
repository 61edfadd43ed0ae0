/** The figures of a running server, for the operator's metrics and health checks. */

import type { DeliveryCounts } from "../delivery/delivery_counts.ts";
import type { Usage } from "../limits/memory_guard.ts";

/** Figures of one moment, and counts since the start. */
export interface Figures {
  /** Open connections, by their listener. */
  readonly connections: { readonly plain: number; readonly tls: number };
  readonly sessions: number;
  readonly rooms: number;
  /** Connections that are sent the log instead of live batches. */
  readonly behind: number;
  /** Bytes that wait in all send queues. */
  readonly queuedBytes: number;
  readonly delivery: DeliveryCounts;
  /** Connections that were rejected, by the code of the error. */
  readonly turnedAway: ReadonlyMap<string, number>;
  readonly loginFailures: number;
  /** Connections that closed without a `connect`. */
  readonly strangers: number;
  readonly memory: Usage;
  /** Why no new work is to be sent here; `undefined` when all is well. */
  readonly notReady: string | undefined;
}

/** Figures that the parts around the server have. */
export interface Surroundings {
  /** Bytes of the log's files, by what each is; none for a log in memory. */
  readonly logBytes: () => Promise<Readonly<Record<string, number>>>;
  /** When the certificate expires, in epoch milliseconds; `undefined` without TLS. */
  readonly certificateUntil: () => number | undefined;
}
