/**
 * Sends requests and drafts over a connection, as fast as the server takes them.
 *
 * The outbox may be a copy: restored from a backup, or used on two machines. So a draft
 * whose ref is not above the session's highest may have been said already by another
 * copy, or another text may have taken its ref. Such drafts go out first under their own
 * refs, and the server recognizes those that were said. The rest waits for the answers.
 * Drafts that were not said get new refs, and the waiting ones get refs above those, so
 * that the order stays.
 */

import {
  type ErrorCode,
  type Event,
  type Events,
  fold,
  type Request,
  type RequestType,
} from "../../protocol/mod.ts";
import type { Draft } from "./journal.ts";
import type { Outbox } from "./outbox.ts";
import { RequestWindow } from "./request_window.ts";
import { draftId, refOf } from "../chat/state.ts";

// Requests without an answer, and those with a limit of their own, on wrong passwords.
const UNPACED: ReadonlySet<RequestType> = new Set(["read", "register", "password", "unregister"]);

/** The options of a sender. */
export interface SenderOptions {
  outbox: Outbox;
  /** Writes to the connection. */
  write: (request: Request) => void;
  /** Called with the end of a pause, by `performance.now()`, and when it is over. */
  held: (until: number | undefined) => void;
  /** Called when the server begins to limit the rate. */
  slowed: () => void;
  /** Called with the reason each time the server could not keep a draft; it goes out again. */
  unkept: (reason: string) => void;
  /** Called with the reason when drafts begin to wait for the slow mode of their room. */
  waits: (reason: string) => void;
}

/** The drafts that wait for the slow mode of one room. */
interface SlowRoom {
  /** In their order. */
  waiting: Draft[];
  /** The ref of the one that was sent when the last wait was over, until it is answered. */
  tried: number | undefined;
  timer: ReturnType<typeof setTimeout> | undefined;
}

/** Milliseconds to wait for a slow room if the server has not said how long. */
const USUAL_WAIT = 1_000;

/** Sends, pauses when the server says so, and sends refused requests again. */
export class Sender {
  readonly #options: SenderOptions;
  readonly #window = new RequestWindow();
  #heldUntil: number | undefined;
  /** The session's highest ref when the connection began; `undefined` if the server does not say. */
  #highest: number | undefined;
  /** The refs of drafts that may have been said, until the server answers. */
  readonly #doubtful: Set<number> = new Set();
  /** The ones among them that were not said. */
  readonly #unsaid: Set<number> = new Set();
  /** Refs that were given in place of others on this connection. */
  readonly #renumbered: Set<number> = new Set();
  /** The rooms whose slow mode drafts wait for, by folded name. */
  readonly #slow: Map<string, SlowRoom> = new Map();
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Counts connections, since a late write belongs to one of them. */
  #connection = 0;

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  /** Sends a request. */
  ask(request: Request): void {
    if (UNPACED.has(request.type)) return this.#options.write(request);
    this.#window.add(request);
    this.#pump();
  }

  /** Begins a connection by sending the outbox. `highest` is the session's highest ref. */
  connected(highest: number | undefined): void {
    const { outbox } = this.#options;
    this.#highest = highest;
    outbox.raise(highest ?? 0);
    const drafts = [...outbox.drafts];
    const doubtful = drafts.filter(({ ref }) => ref <= (highest ?? 0));
    for (const { ref } of doubtful) this.#doubtful.add(ref);
    this.#send(doubtful.length > 0 ? doubtful : drafts);
  }

  /** Sends the last draft of the outbox. */
  say(draft: Draft): void {
    // Drafts that may have been said come first; then all waiting ones follow.
    if (this.#doubtful.size === 0) this.#send([draft]);
  }

  /** Notes the answer to the request with this id. */
  answered(id: string): void {
    this.#window.answered(id);
    const ref = refOf(id);
    if (ref !== undefined) this.#answeredDraft(ref);
    this.#pump();
  }

  #answeredDraft(ref: number): void {
    if (this.#doubtful.delete(ref) && this.#doubtful.size === 0) this.#follow();
    for (const [key, room] of this.#slow) if (room.tried === ref) this.#tryNext(key, room);
  }

  /** Handles a refusal; true if the request will be sent again by itself. */
  sendsAgain({ id = "", payload }: Event<"error">): boolean {
    const { code, message, retry_after, ref: highest } = payload;
    if (this.#wasUnsaid(id, code)) return this.saysAgain(refOf(id) ?? 0, highest);
    if (code === "slow_mode") return this.#waitsFor(refOf(id) ?? 0, payload);
    // A person repeats a failed query; a message must arrive.
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
   * Sends a draft that was surely not said again, under a ref above `highest`. Once per
   * connection: a server that refuses the new ref too would refuse any.
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

  /** Ends the connection: its requests will not be answered. */
  stop(): void {
    this.#connection++;
    clearTimeout(this.#timer);
    this.#heldUntil = undefined;
    this.#window.clear();
    for (const { timer } of this.#slow.values()) clearTimeout(timer);
    this.#slow.clear();
    for (const refs of [this.#doubtful, this.#unsaid, this.#renumbered]) refs.clear();
  }

  /** Writes as much as allowed, and continues when more is. */
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

  /** Writes in order, once the outbox's store has noted the drafts as sent. */
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
   * Whether an error means that a draft was not said. A server that gives no highest ref
   * answers `stale_ref` also for messages that it no longer keeps; but for a draft that it
   * refused before, it means that it took a later one in between.
   */
  #wasUnsaid(id: string, code: ErrorCode): boolean {
    if (code === "ref_used") return true;
    return code === "stale_ref" && (this.#highest !== undefined || this.#window.wasRefused(id));
  }

  /** Sends the rest of the outbox, now that it is known which drafts were said. */
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

  /** Sends drafts, unless others to their room wait: those go first. */
  #send(drafts: readonly Draft[]): void {
    for (const draft of drafts) {
      const slow = this.#slow.get(roomKey(draft) ?? "");
      if (slow === undefined) this.#window.add(requestOf(draft));
      else slow.waiting.push(draft);
    }
    this.#pump();
  }

  /** Keeps a draft that came too early for its room, and all later ones to that room behind it. */
  #waitsFor(ref: number, { message, retry_after = USUAL_WAIT }: Events["error"]): boolean {
    const draft = this.#options.outbox.get(ref);
    const key = draft && roomKey(draft);
    if (draft === undefined || key === undefined) return false;
    const known = this.#slow.get(key);
    const room = known ?? { waiting: [], tried: undefined, timer: undefined };
    if (known === undefined) this.#options.waits(message);
    this.#slow.set(key, room);
    if (room.tried === ref) room.waiting.unshift(draft);
    else room.waiting.push(draft);
    room.tried = undefined;
    room.timer ??= setTimeout(() => this.#tryNext(key, room), retry_after);
    this.answered(draftId(ref));
    return true;
  }

  /** Sends the first draft that waits for a room. What was sent meanwhile has used higher refs. */
  #tryNext(key: string, room: SlowRoom): void {
    clearTimeout(room.timer);
    room.timer = room.tried = undefined;
    if (room.waiting.length === 0) return void this.#slow.delete(key);
    const [next, ...waiting] = this.#options.outbox.renumber(room.waiting);
    if (next === undefined) return;
    Object.assign(room, { waiting, tried: next.ref });
    this.#window.add(requestOf(next));
    this.#pump();
  }
}

function roomKey({ target }: Draft): string | undefined {
  return "room" in target ? fold(target.room) : undefined;
}

function requestOf({ ref, target, text }: Draft): Request {
  return "room" in target
    ? { type: "message", id: draftId(ref), payload: { ...target, text, ref } }
    : { type: "direct", id: draftId(ref), payload: { ...target, text, ref } };
}
