/** The interface between a session and its view. */

import type { Item } from "../chat/items.ts";

/** A view of a session: a terminal, lines, a page, or a bot. Only `show` is needed. */
export interface View {
  /** Shows an item. Its texts are as the network sent them. */
  show(item: Item): void;
  /** The link or the drafts have changed. */
  changed?(): void;
  /** The current room is now `room`. */
  activated?(room: string): void;
  /** The session has begun or was resumed. */
  connected?(): void;
  /** Pending while nothing more can be shown; the session does not read meanwhile. */
  busy?(): Promise<void> | undefined;
  /** The session is about to end: the last chance to send a request. */
  leaving?(): void;
  /** Asks for a secret; missing if nobody can be asked. */
  readonly secret?: AskSecret | undefined;
}

/** Asks the person for a secret, which is never shown; `undefined` if they give none. */
export type AskSecret = (question: string) => Promise<string | undefined>;

/** The status of the link. */
export type LinkStatus =
  | { state: "connecting" }
  /** The server wants a password, and accepts none until `retryAt`, by `performance.now()`. */
  | { state: "signing in"; retryAt?: number | undefined }
  /** The server accepts nothing more until `heldUntil`, by `performance.now()`. */
  | { state: "online"; heldUntil?: number | undefined }
  /** `since` is in epoch milliseconds, `retryAt` by `performance.now()`. */
  | { state: "offline"; since: number; retryAt: number; reason: string };
