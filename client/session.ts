/** One person's session with a server: link, outbox and state together, whatever shows them. */

import {
  type ConnectAckEvent,
  type ConnectRequest,
  type ErrorEvent,
  type Event,
  isLongerThan,
  type Request,
  type RequestType,
  VERSION,
} from "../protocol/mod.ts";
import type { Address } from "./address.ts";
import { type Effect, notice, problem } from "./entries.ts";
import type { Draft, Target } from "./journal.ts";
import { Link, type LinkReport } from "./link.ts";
import type { Outbox } from "./outbox.ts";
import { Pace } from "./pace.ts";
import { ChatState, draftId, refOf } from "./state.ts";
import type { LinkStatus, View } from "./view.ts";
import { within } from "./within.ts";

/** Milliseconds that leaving waits for what is not acknowledged. */
const LEAVE_PATIENCE = 3_000;

/** Milliseconds that leaving waits for the server to close. */
const QUIT_PATIENCE = 1_000;

// What has no answer.
const UNPACED: ReadonlySet<RequestType> = new Set(["read"]);

/** What a session needs. */
export interface SessionOptions {
  address: Address;
  name: string;
  /** The room to enter; a one-shot that only asks needs none. */
  room: string | undefined;
  outbox: Outbox;
  view: View;
  /** Milliseconds for which a lost link is tried again. */
  patience: number;
  /** How many past messages to begin a room with. */
  context: number;
  /** Whether to begin a room where the person stopped reading. */
  fromMark?: boolean;
}

/** A session; {@linkcode Session.run} lives as long as it does. */
export class Session {
  readonly state: ChatState;
  readonly outbox: Outbox;
  status: LinkStatus = { state: "connecting" };
  /** How many of the own messages the server refused. */
  refused = 0;
  readonly #options: SessionOptions;
  readonly #link: Link;
  readonly #pace = new Pace();
  #pausing: ReturnType<typeof setTimeout> | undefined;
  #settled: () => void = () => {};
  #over = false;
  #end: () => void = () => {};
  #stop: () => void = () => {};
  readonly #stopped = new Promise<void>((resolve) => this.#stop = resolve);
  readonly #ended = new Promise<void>((resolve) => this.#end = resolve);

  constructor(options: SessionOptions) {
    this.#options = options;
    this.outbox = options.outbox;
    const { name, room, context, fromMark } = options;
    this.state = new ChatState(name, room, context, fromMark);
    this.#link = new Link({
      address: options.address,
      patience: options.patience,
      hello: () => this.#hello(),
      report: (report) => this.#take(report),
    });
  }

  /** Runs until {@linkcode leave} (`undefined`), or until the link is lost for good (the reason). */
  async run(): Promise<string | undefined> {
    try {
      return await this.#link.run();
    } finally {
      this.#over = true;
      clearTimeout(this.#pausing);
      this.#settled();
      this.#end();
      this.outbox.close();
    }
  }

  /** Says `text`: it goes out when it can, and stays in the outbox until it is acknowledged. */
  say(target: Target, text: string): Draft | undefined {
    if (isLongerThan(text, this.state.textLimit)) {
      this.#refuse(`A message has at most ${this.state.textLimit} characters: shorten it`);
      return undefined;
    }
    const draft = this.outbox.add(target, text);
    if (this.#link.online) this.#transmit([draft]);
    this.#options.view.changed();
    return draft;
  }

  /** Does what a change of state asks. */
  perform(effects: Iterable<Effect>): void {
    for (const effect of effects) this.#perform(effect);
    this.#options.view.changed();
  }

  /** Tries to connect now. */
  reconnect(): void {
    this.#link.reconnect();
  }

  /** Resolves when at most `most` drafts wait, or the session is over. */
  async settled(most: number): Promise<void> {
    while (this.outbox.size > most && !this.#over) {
      await new Promise<void>((resolve) => this.#settled = resolve);
    }
  }

  /**
   * Ends the session: waits a moment for what is not acknowledged, then says `quit`.
   * What is still not acknowledged is sent at the next start. The token stays in the
   * outbox: after `quit` it is void, but nobody knows whether `quit` arrived.
   */
  async leave(): Promise<void> {
    if (this.#link.online) {
      this.#options.view.leaving();
      await within(LEAVE_PATIENCE, this.settled(0));
      if (this.outbox.size === 0 && this.#link.send({ type: "quit", payload: {} })) {
        this.#link.retire();
        await within(QUIT_PATIENCE, this.#ended);
      }
    }
    this.#stop();
    this.#link.stop();
    await this.#ended;
  }

  #hello(): ConnectRequest {
    const { session } = this.outbox;
    const since = this.state.positions;
    const { activeRoom, lastDirectSeq, name } = this.state;
    // A room that has not let us in yet may refuse; later, that must not cost the link.
    const first = this.status.state === "connecting";
    const wanted = first || activeRoom?.last !== undefined ? activeRoom?.name : undefined;
    return {
      type: "connect",
      payload: {
        name,
        version: VERSION,
        ...wanted === undefined ? {} : { room: wanted },
        ...session === undefined ? {} : { session },
        ...Object.keys(since).length === 0 ? {} : { since },
        ...lastDirectSeq === undefined ? {} : { direct_since: lastDirectSeq },
      },
    };
  }

  #take(report: LinkReport): Promise<void> | void {
    if (report.kind === "online") this.#online(report.ack);
    else if (report.kind === "line") this.#event(report.event);
    else this.#offline(report.reason, report.retryAt);
    const busy = this.#options.view.busy();
    if (busy !== undefined) return Promise.race([busy, this.#stopped]);
  }

  #online(ack: ConnectAckEvent["payload"]): void {
    const again = this.status.state === "offline";
    this.status = { state: "online" };
    if (ack.resumed !== true) this.#giveUpSent();
    this.outbox.session = ack.session;
    this.perform(this.state.connected(ack));
    if (again) this.#options.view.show({ kind: "notice", text: "Connected again" });
    this.#transmit([...this.outbox.drafts]);
    this.#options.view.connected();
  }

  #event(event: Event | undefined): void {
    if (event === undefined || event.type === "connect_ack") return;
    if (event.type === "error" && this.#isAskedAgain(event)) return;
    if (event.id !== undefined) this.#answered(event.id);
    this.perform(this.state.receive(event, Date.now()));
  }

  #answered(id: string): void {
    this.#pace.answered(id);
    this.#pump();
  }

  /** Whether the request that was refused is asked again, so that nobody else need care. */
  #isAskedAgain({ id = "", payload: { code, retry_after } }: ErrorEvent): boolean {
    const ref = refOf(id);
    if (code === "stale_ref" && ref !== undefined && this.#pace.wasRefused(id)) {
      this.#renew(ref);
      return true;
    }
    const wasSlowed = this.#pace.isSlowed;
    const isLater = code === "rate_limited" && this.#pace.refused(id, retry_after, Date.now());
    if (isLater && !wasSlowed) {
      const text = "The server takes only so much at a time: what waits goes out a little later";
      this.#options.view.show({ kind: "notice", text });
    }
    if (isLater) this.#pump();
    return isLater;
  }

  #offline(reason: string, retryAt: number): void {
    this.state.disconnected();
    this.#pace.clear();
    clearTimeout(this.#pausing);
    const known = this.status.state === "offline" ? this.status : undefined;
    this.status = { state: "offline", since: known?.since ?? Date.now(), retryAt, reason };
    if (known === undefined) {
      this.#options.view.show({ kind: "problem", text: `${reason}; trying to connect again` });
    }
    this.#options.view.changed();
  }

  /** A new session knows nothing of the old one's refs: sending again could double. */
  #giveUpSent(): void {
    for (const { ref, sent } of [...this.outbox.drafts]) {
      if (sent) {
        this.#fail(ref, "The session has ended; it may or may not have arrived. Not sent again");
      }
    }
  }

  #transmit(drafts: readonly Draft[]): void {
    for (const draft of drafts) this.#pace.add(requestOf(draft));
    this.#pump();
  }

  /** Writes what may be written, and comes back when more may be. */
  #pump(): void {
    for (const request of this.#pace.next()) {
      const ref = refOf(request.id ?? "");
      if (ref !== undefined) this.outbox.markSent(ref);
      this.#link.send(request);
    }
    const { heldUntil } = this.#pace;
    if (this.status.state !== "online" || this.status.heldUntil === heldUntil) return;
    this.status = { state: "online", heldUntil };
    clearTimeout(this.#pausing);
    if (heldUntil !== undefined) {
      this.#pausing = setTimeout(() => this.#resume(), heldUntil - Date.now());
    }
    this.#options.view.changed();
  }

  #resume(): void {
    this.#pace.resume();
    this.#pump();
  }

  /** A later one was taken before this one, which therefore needs a new ref. */
  #renew(ref: number): void {
    const draft = this.outbox.get(ref);
    if (draft === undefined) return;
    this.#answered(draftId(ref));
    this.#transmit([this.outbox.renew(draft)]);
  }

  #perform(effect: Effect): void {
    switch (effect.kind) {
      case "show":
        return this.#options.view.show(effect.entry);
      case "send":
        return this.#send(effect.request);
      case "say":
        this.say(effect.target, effect.text);
        return;
      case "settle":
        return effect.refused === undefined
          ? this.#acknowledge(effect.ref)
          : this.#fail(effect.ref, effect.refused);
      case "activate":
        return this.#options.view.activated(effect.room);
      case "reconnect":
        this.perform([notice("Connecting again")]);
        return this.reconnect();
      case "quit":
        void this.leave();
    }
  }

  #send(request: Request): void {
    if (this.#link.online) {
      if (UNPACED.has(request.type)) this.#link.send(request);
      else this.#pace.add(request);
      return this.#pump();
    }
    // Nobody needs to try these again: rooms are entered once the link is back, marks go further.
    if (request.type === "join" || request.type === "read") return;
    this.perform([problem("Not connected: try later")]);
  }

  #acknowledge(ref: number): void {
    this.outbox.settle(ref);
    // A connection that was behind gets its own copies from the log, where they have no id.
    this.#answered(draftId(ref));
    this.#settled();
  }

  #fail(ref: number, reason: string): void {
    const draft = this.outbox.get(ref);
    if (draft === undefined) return;
    this.outbox.settle(ref);
    this.refused++;
    this.#options.view.show({ kind: "failed", target: draft.target, text: draft.text, reason });
    this.#settled();
  }

  #refuse(text: string): void {
    this.refused++;
    this.#options.view.show({ kind: "problem", text });
  }
}

function requestOf({ ref, target, text }: Draft): Request {
  return "room" in target
    ? { type: "message", id: draftId(ref), payload: { ...target, text, ref } }
    : { type: "direct", id: draftId(ref), payload: { ...target, text, ref } };
}
