/** What a session and the one who shows it know of one another. */

import type { Item } from "../chat/items.ts";

/** What shows a session; there is one for terminals, one for lines, and one for each one-shot. */
export interface View {
  show(item: Item): void;
  /** Something about the link or the drafts is different now. */
  changed(): void;
  /** The room that is typed into is now `room`. */
  activated(room: string): void;
  /** The session has begun, or has been taken up again. */
  connected(): void;
  /** Pending while nothing more can be shown: meanwhile nothing is read from the server. */
  busy(): Promise<void> | undefined;
  /** The session is about to end: the last chance to tell the server something. */
  leaving(): void;
  /** Asks for a secret; missing where there is nobody to ask. */
  readonly secret?: AskSecret | undefined;
}

/** Asks the person for a secret, which is shown nowhere; `undefined` when they give none. */
export type AskSecret = (question: string) => Promise<string | undefined>;

/** Where the link stands. */
export type LinkStatus =
  | { state: "connecting" }
  /** The server waits for a password, and until `retryAt`, by `performance.now()`, for none. */
  | { state: "signing in"; retryAt?: number | undefined }
  /** Until `heldUntil`, by `performance.now()`, the server takes nothing more. */
  | { state: "online"; heldUntil?: number | undefined }
  /** `since` is in epoch milliseconds, `retryAt` by `performance.now()`. */
  | { state: "offline"; since: number; retryAt: number; reason: string };
