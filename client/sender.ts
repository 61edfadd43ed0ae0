/** What goes out over a connection: requests and drafts, as fast as the server takes them. */

import type { ErrorEvent, Request, RequestType } from "../protocol/mod.ts";
import type { Draft } from "./journal.ts";
import type { Outbox } from "./outbox.ts";
import { Pace } from "./pace.ts";
import { draftId, refOf } from "./state.ts";

// What has no answer, and what has a limit of its own: the wrong passwords.
const UNPACED: ReadonlySet<RequestType> = new Set(["read", "register", "password", "unregister"]);

/** What a sender needs. */
export interface SenderOptions {
  outbox: Outbox;
  /** Writes to the connection. */
  write: (request: Request) => void;
  /** Told until when nothing goes out, in epoch milliseconds, and that it does again. */
  held: (until: number | undefined) => void;
  /** Told that the server has begun to refuse what comes too fast. */
  slowed: () => void;
}

/** Sends, waits when the server says so, and sends again what it refused meanwhile. */
export class Sender {
  readonly #options: SenderOptions;
  readonly #pace = new Pace();
  #heldUntil: number | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  /** Asks something. */
  ask(request: Request): void {
    if (UNPACED.has(request.type)) return this.#options.write(request);
    this.#pace.add(request);
    this.#pump();
  }

  /** Says what is in the outbox. */
  say(drafts: readonly Draft[]): void {
    for (const draft of drafts) this.#pace.add(requestOf(draft));
    this.#pump();
  }

  /** The server has answered the request with this id. */
  answered(id: string): void {
    this.#pace.answered(id);
    this.#pump();
  }

  /** Whether what was refused is sent again, so that nobody else need care. */
  sendsAgain({ id = "", payload: { code, retry_after } }: ErrorEvent): boolean {
    if (code === "stale_ref" && this.#pace.wasRefused(id)) return this.#renew(id);
    const wasSlowed = this.#pace.isSlowed;
    if (code !== "rate_limited" || !this.#pace.refused(id, retry_after, Date.now())) return false;
    if (!wasSlowed) this.#options.slowed();
    this.#pump();
    return true;
  }

  /** The connection has ended: nothing of it will be answered. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#heldUntil = undefined;
    this.#pace.clear();
  }

  /** Writes what may be written, and comes back when more may be. */
  #pump(): void {
    for (const request of this.#pace.next()) {
      const ref = refOf(request.id ?? "");
      if (ref !== undefined) this.#options.outbox.markSent(ref);
      this.#options.write(request);
    }
    const { heldUntil } = this.#pace;
    if (heldUntil === this.#heldUntil) return;
    this.#heldUntil = heldUntil;
    clearTimeout(this.#timer);
    if (heldUntil !== undefined) {
      this.#timer = setTimeout(() => this.#resume(), heldUntil - Date.now());
    }
    this.#options.held(heldUntil);
  }

  #resume(): void {
    this.#pace.resume();
    this.#pump();
  }

  /** A later one was taken before this one, which was not and therefore needs a new ref. */
  #renew(id: string): boolean {
    const { outbox } = this.#options;
    const draft = outbox.get(refOf(id) ?? 0);
    if (draft === undefined) return false;
    this.answered(id);
    this.say([outbox.renew(draft)]);
    return true;
  }
}

function requestOf({ ref, target, text }: Draft): Request {
  return "room" in target
    ? { type: "message", id: draftId(ref), payload: { ...target, text, ref } }
    : { type: "direct", id: draftId(ref), payload: { ...target, text, ref } };
}
