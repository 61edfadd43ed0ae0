/** One person's session with a server: link, outbox and state together, whatever shows them. */

import {
  type ConnectAckEvent,
  type ConnectRequest,
  type Event,
  isLongerThan,
  type Request,
  VERSION,
} from "../protocol/mod.ts";
import type { Address } from "./address.ts";
import { type Effect, type Entry, notice, problem } from "./entries.ts";
import type { Draft, Target } from "./journal.ts";
import { Link, type LinkReport } from "./link.ts";
import type { Outbox } from "./outbox.ts";
import { ChatState, draftId } from "./state.ts";

/** Milliseconds that leaving waits for what is not acknowledged. */
const LEAVE_PATIENCE = 3_000;

/** Milliseconds that leaving waits for the server to close. */
const QUIT_PATIENCE = 1_000;

/** What shows a session; there is one for terminals, one for lines, and one for each one-shot. */
export interface View {
  show(entry: Entry): void;
  /** Something about the link or the drafts is different now. */
  changed(): void;
  /** The room that is typed into is now `room`. */
  activated(room: string): void;
  /** The session has begun, or has been taken up again. */
  connected(): void;
}

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
}

/** Where the link stands. */
export type LinkStatus =
  | { state: "connecting" }
  | { state: "online" }
  | { state: "offline"; since: number; retryAt: number; reason: string };

/** A session; {@linkcode Session.run} lives as long as it does. */
export class Session {
  readonly state: ChatState;
  readonly outbox: Outbox;
  status: LinkStatus = { state: "connecting" };
  /** How many of the own messages the server refused. */
  refused = 0;
  readonly #options: SessionOptions;
  readonly #link: Link;
  #settled: () => void = () => {};
  #over = false;
  #end: () => void = () => {};
  readonly #ended = new Promise<void>((resolve) => this.#end = resolve);

  constructor(options: SessionOptions) {
    this.#options = options;
    this.outbox = options.outbox;
    this.state = new ChatState(options.name, options.room, options.context);
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
    if (this.#link.online) this.#transmit(draft);
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
      await within(LEAVE_PATIENCE, this.settled(0));
      if (this.outbox.size === 0 && this.#link.send({ type: "quit", payload: {} })) {
        this.#link.retire();
        await within(QUIT_PATIENCE, this.#ended);
      }
    }
    this.#link.stop();
    await this.#ended;
  }

  #hello(): ConnectRequest {
    const { name, room } = this.#options;
    const { session } = this.outbox;
    const since = this.state.positions;
    const { lastDirectSeq } = this.state;
    const wanted = this.state.activeRoom?.name ?? room;
    return {
      type: "connect",
      payload: {
        name: this.state.rooms.size > 0 ? this.state.name : name,
        version: VERSION,
        ...wanted === undefined ? {} : { room: wanted },
        ...session === undefined ? {} : { session },
        ...Object.keys(since).length === 0 ? {} : { since },
        ...lastDirectSeq === undefined ? {} : { direct_since: lastDirectSeq },
      },
    };
  }

  #take(report: LinkReport): void {
    if (report.kind === "online") return this.#online(report.ack);
    if (report.kind === "line") return this.#event(report.event);
    this.#offline(report.reason, report.retryAt);
  }

  #online(ack: ConnectAckEvent["payload"]): void {
    const again = this.status.state === "offline";
    this.status = { state: "online" };
    if (ack.resumed !== true) this.#giveUpSent();
    this.outbox.session = ack.session;
    this.perform(this.state.connected(ack));
    if (again) this.#options.view.show({ kind: "notice", text: "Connected again" });
    for (const draft of [...this.outbox.drafts]) this.#transmit(draft);
    this.#options.view.connected();
  }

  #event(event: Event | undefined): void {
    if (event === undefined || event.type === "connect_ack") return;
    this.perform(this.state.receive(event, Date.now()));
  }

  #offline(reason: string, retryAt: number): void {
    this.state.disconnected();
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

  #transmit({ ref, target, text }: Draft): void {
    this.outbox.markSent(ref);
    const request: Request = "room" in target
      ? { type: "message", id: draftId(ref), payload: { ...target, text, ref } }
      : { type: "direct", id: draftId(ref), payload: { ...target, text, ref } };
    this.#link.send(request);
  }

  #perform(effect: Effect): void {
    switch (effect.kind) {
      case "show":
        return this.#options.view.show(effect.entry);
      case "send":
        if (!this.#link.send(effect.request)) this.perform([problem("Not connected: try later")]);
        return;
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

  #acknowledge(ref: number): void {
    this.outbox.settle(ref);
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

/** Resolves with `done`, or after so many milliseconds without it. */
async function within(milliseconds: number, done: Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([done, late]);
  clearTimeout(timer);
}
