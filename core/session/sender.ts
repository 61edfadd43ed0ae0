/**
 * What goes out over a connection: requests and drafts, as fast as the server takes them.
 *
 * The outbox may be a copy: restored from a backup, or used on two machines. So a draft
 * whose ref is not above the session's highest may have been said already, by another
 * copy, and the ref may have gone to another text. Such drafts go out first, under the
 * refs that they have: the server knows those that were said. The rest waits for their
 * answers. Those that were not said get new refs, and what waits gets refs above those, so
 * that the order stays.
 */

import type { ErrorCode, Event, Request, RequestType } from "../../protocol/mod.ts";
import type { Draft } from "./journal.ts";
import type { Outbox } from "./outbox.ts";
import { RequestWindow } from "./request_window.ts";
import { draftId, refOf } from "../chat/state.ts";

// What has no answer, and what has a limit of its own: the wrong passwords.
const UNPACED: ReadonlySet<RequestType> = new Set(["read", "register", "password", "unregister"]);

/** What a sender needs. */
export interface SenderOptions {
  outbox: Outbox;
  /** Writes to the connection. */
  write: (request: Request) => void;
  /** Told until when nothing goes out, by `performance.now()`, and that it does again. */
  held: (until: number | undefined) => void;
  /** Told that the server has begun to refuse what comes too fast. */
  slowed: () => void;
  /** Told why the server could not keep a draft, each time; it goes out again. */
  unkept: (reason: string) => void;
}

/** Sends, waits when the server says so, and sends again what it refused meanwhile. */
export class Sender {
  readonly #options: SenderOptions;
  readonly #window = new RequestWindow();
  #heldUntil: number | undefined;
  /** The session's highest ref when the connection began; `undefined` of a server that does not say. */
  #highest: number | undefined;
  /** The refs of drafts that may have been said, until the server has answered them. */
  readonly #doubtful: Set<number> = new Set();
  /** Those of them that were not said. */
  readonly #unsaid: Set<number> = new Set();
  /** Refs that were given in place of others on this connection. */
  readonly #renumbered: Set<number> = new Set();
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Counts the connections: what is written late belongs to one of them. */
  #connection = 0;

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  /** Asks something. */
  ask(request: Request): void {
    if (UNPACED.has(request.type)) return this.#options.write(request);
    this.#window.add(request);
    this.#pump();
  }

  /** A connection begins: says what is in the outbox. `highest` is the session's highest ref. */
  connected(highest: number | undefined): void {
    const { outbox } = this.#options;
    this.#highest = highest;
    outbox.raise(highest ?? 0);
    const drafts = [...outbox.drafts];
    const doubtful = drafts.filter(({ ref }) => ref <= (highest ?? 0));
    for (const { ref } of doubtful) this.#doubtful.add(ref);
    this.#send(doubtful.length > 0 ? doubtful : drafts);
  }

  /** Says a draft that is the last in the outbox. */
  say(draft: Draft): void {
    // What may have been said before it comes first; then all that waits follows.
    if (this.#doubtful.size === 0) this.#send([draft]);
  }

  /** The server has answered the request with this id. */
  answered(id: string): void {
    this.#window.answered(id);
    const ref = refOf(id);
    if (ref !== undefined && this.#doubtful.delete(ref) && this.#doubtful.size === 0) {
      this.#follow();
    }
    this.#pump();
  }

  /** Whether what was refused is sent again, so that nobody else need care. */
  sendsAgain({ id = "", payload }: Event<"error">): boolean {
    const { code, message, retry_after, ref: highest } = payload;
    if (this.#wasUnsaid(id, code)) return this.saysAgain(refOf(id) ?? 0, highest);
    // A person asks again for what could not be read; what was said is to arrive.
    const isUnkept = code === "log_failed" && refOf(id) !== undefined;
    if (code !== "rate_limited" && !isUnkept) return false;
    const wasSlowed = this.#window.isSlowed;
    if (!this.#window.refused(id, retry_after, performance.now())) return false;
    if (isUnkept) this.#options.unkept(message);
    else if (!wasSlowed) this.#options.slowed();
    this.#pump();
    return true;
  }

  /**
   * Says a draft again, which was surely not said, under a ref above `highest`. Once on a
   * connection: of a server that refuses the new one too, nothing better is to be had.
   */
  saysAgain(ref: number, highest = 0): boolean {
    const { outbox } = this.#options;
    const draft = outbox.get(ref);
    if (draft === undefined || this.#renumbered.has(ref)) return false;
    outbox.raise(highest);
    const isDoubtful = this.#doubtful.has(ref);
    if (isDoubtful) this.#unsaid.add(ref);
    this.answered(draftId(ref));
    if (!isDoubtful) this.#send(this.#renumber([draft]));
    return true;
  }

  /** The connection has ended: nothing of it will be answered. */
  stop(): void {
    this.#connection++;
    clearTimeout(this.#timer);
    this.#heldUntil = undefined;
    this.#window.clear();
    for (const refs of [this.#doubtful, this.#unsaid, this.#renumbered]) refs.clear();
  }

  /** Writes what may be written, and comes back when more may be. */
  #pump(): void {
    this.#write(this.#window.next());
    const { heldUntil } = this.#window;
    if (heldUntil === this.#heldUntil) return;
    this.#heldUntil = heldUntil;
    clearTimeout(this.#timer);
    if (heldUntil !== undefined) {
      this.#timer = setTimeout(() => this.#resume(), heldUntil - performance.now());
    }
    this.#options.held(heldUntil);
  }

  /** Writes in order, once the outbox's store has what is to be known of it. */
  #write(requests: readonly Request[]): void {
    const { outbox, write } = this.#options;
    const stored = outbox.markSent(requests.flatMap(({ id = "" }) => refOf(id) ?? []));
    if (stored === undefined) return requests.forEach(write);
    const connection = this.#connection;
    void stored.then(() => {
      if (connection === this.#connection) requests.forEach(write);
    });
  }

  #resume(): void {
    this.#window.resume();
    this.#pump();
  }

  /**
   * Whether an error says that a draft was not said. A server that gives no highest ref
   * says `stale_ref` also of what it no longer keeps; but of what it refused before, a
   * later one was taken meanwhile.
   */
  #wasUnsaid(id: string, code: ErrorCode): boolean {
    if (code === "ref_used") return true;
    return code === "stale_ref" && (this.#highest !== undefined || this.#window.wasRefused(id));
  }

  /** It is known what was said: the rest of the outbox follows. */
  #follow(): void {
    const { outbox } = this.#options;
    const highest = this.#highest ?? 0;
    const waiting = [...outbox.drafts].filter(({ ref }) => this.#unsaid.has(ref) || ref > highest);
    this.#send(this.#unsaid.size === 0 ? waiting : this.#renumber(waiting));
    this.#unsaid.clear();
  }

  #renumber(drafts: readonly Draft[]): Draft[] {
    const renumbered = this.#options.outbox.renumber(drafts);
    for (const { ref } of renumbered) this.#renumbered.add(ref);
    return renumbered;
  }

  #send(drafts: readonly Draft[]): void {
    for (const draft of drafts) this.#window.add(requestOf(draft));
    this.#pump();
  }
}

function requestOf({ ref, target, text }: Draft): Request {
  return "room" in target
    ? { type: "message", id: draftId(ref), payload: { ...target, text, ref } }
    : { type: "direct", id: draftId(ref), payload: { ...target, text, ref } };
}
