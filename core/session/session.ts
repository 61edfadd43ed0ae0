/** A session with a server: link, outbox and state together, independent of the view. */

import {
  type ErrorCode,
  type Event,
  type Events,
  isLongerThan,
  type MessagePayload,
  type Request,
  VERSION,
} from "../../protocol/mod.ts";
import { type Effect, notice, problem, type Target } from "../chat/items.ts";
import { deadline } from "./deadline.ts";
import { type Draft, isSaidBy } from "./journal.ts";
import { Link, type LinkReport, type RetryDecision } from "./link.ts";
import { type Advice, type GivenPassword, Login } from "./login.ts";
import type { Outbox } from "./outbox.ts";
import { Sender } from "./sender.ts";
import { Chat } from "../chat/chat.ts";
import { type ChatState, draftId } from "../chat/state.ts";
import type { Dial } from "./transport.ts";
import type { LinkStatus, View } from "./view.ts";

/** Milliseconds that leaving waits for acknowledgements. */
const LEAVE_TIMEOUT = 3_000;

/** Milliseconds that leaving waits for the server to close. */
const QUIT_TIMEOUT = 1_000;

/** Minimum milliseconds of retries for messages that the server cannot keep: longer than most locks are held. */
const UNKEPT_TIMEOUT = 10_000;

/** Shown once when the server begins to limit the rate. */
const SLOWED = "The server takes only so much at a time: what waits goes out a little later";

/** The options of a session. */
export interface SessionOptions {
  /** The server's name, for messages. */
  server: string;
  dial: Dial;
  name: string;
  /** The name's password, if nobody is there to type it. */
  password?: GivenPassword | undefined;
  advice?: Advice | undefined;
  /** The room to enter; a one-shot command that only queries needs none. */
  room: string | undefined;
  outbox: Outbox;
  view: View;
  /** Milliseconds of retries for a lost link, and for messages that the server cannot keep. */
  retryFor: number;
  /** The number of past messages to begin a room with. */
  context: number;
  /**
   * Whether a person is present: rooms begin where they stopped reading, and the
   * session of a registered name outlives the program.
   */
  person?: boolean;
}

/** A session, which lasts as long as {@linkcode Session.run}. */
export class Session {
  readonly state: ChatState;
  readonly outbox: Outbox;
  status: LinkStatus = { state: "connecting" };
  /** The number of refused own messages. */
  refused = 0;
  readonly #options: SessionOptions;
  readonly #chat: Chat;
  readonly #link: Link;
  readonly #login: Login;
  readonly #sender: Sender;
  #hasBegun = false;
  /** The reason of the last refused `connect`. */
  #refusal: ErrorCode | undefined;
  /** The last refusal that was shown. */
  #reported: ErrorCode | undefined;
  /** Since when the server has kept nothing, by `performance.now()`; why that is not waited for any longer. */
  #unkeptSince: number | undefined;
  #gaveUp: string | undefined;
  #settled: () => void = () => {};
  #over = false;
  #end: () => void = () => {};
  #stop: () => void = () => {};
  readonly #stopped = new Promise<void>((resolve) => this.#stop = resolve);
  readonly #ended = new Promise<void>((resolve) => this.#end = resolve);

  constructor(options: SessionOptions) {
    this.#options = options;
    this.outbox = options.outbox;
    const { name, password: given, advice, room, context, person, view } = options;
    this.#chat = new Chat(name, room, context, person);
    this.state = this.#chat.state;
    if (person === true) { for (const each of this.outbox.ignored) this.state.ignore(each, true); }
    const tell = (text: string) => view.show({ kind: "problem", text });
    const ask = view.secret && ((question: string) => this.#askToSignIn(question));
    this.#login = new Login({ name: () => this.state.name, given, advice, ask, tell });
    this.outbox.onFailure((text) => {
      view.show({ kind: "problem", text });
      this.#noteStay();
    });
    this.#sender = new Sender({
      outbox: this.outbox,
      write: (request) => void this.#link.send(request),
      held: (until) => this.#held(until),
      slowed: () => view.show({ kind: "notice", text: SLOWED }),
      unkept: (reason) => this.#unkept(reason),
    });
    this.#link = new Link({
      server: options.server,
      dial: options.dial,
      retryFor: options.retryFor,
      hello: () => this.#hello(),
      report: (report) => this.#take(report),
      refused: (error) => this.#refused(error),
    });
  }

  /** Runs until {@linkcode leave} (`undefined`), or until it is useless to go on (the reason). */
  async run(): Promise<string | undefined> {
    try {
      return await this.#link.run() ?? this.#gaveUp;
    } finally {
      this.#over = true;
      this.#sender.stop();
      this.#settled();
      this.#end();
      await this.outbox.close();
    }
  }

  /** Sends `text` as soon as possible; it stays in the outbox until it is acknowledged. */
  say(target: Target, text: string): Draft | undefined {
    if (isLongerThan(text, this.state.textLimit)) {
      this.#refuse(`A message has at most ${this.state.textLimit} characters: shorten it`);
      return undefined;
    }
    const draft = this.outbox.add(target, text);
    if (this.#link.online) this.#sender.say(draft);
    this.#options.view.changed();
    return draft;
  }

  /** Performs the effects of a change of state. */
  perform(effects: Iterable<Effect>): void {
    for (const effect of effects) this.#perform(effect);
    this.#options.view.changed();
  }

  /** Tries to connect now. */
  reconnect(): void {
    if (this.#link.online) {
      this.#disconnected();
      this.status = { state: "connecting" };
    }
    this.#link.reconnect();
  }

  /** Resolves when at most `most` drafts wait, or the session has ended. */
  async settled(most: number): Promise<void> {
    while (this.outbox.size > most && !this.#over) {
      await new Promise<void>((resolve) => this.#settled = resolve);
    }
  }

  /**
   * Leaves: waits a moment for acknowledgements, then sends `quit`, unless the session
   * outlives the program. Unacknowledged messages are sent at the next start. The token
   * stays in the outbox: after `quit` it is void, but nobody knows whether `quit` arrived.
   */
  async leave(): Promise<void> {
    if (this.#link.online) {
      this.#options.view.leaving();
      await deadline(this.settled(0), LEAVE_TIMEOUT);
      if (this.outbox.size === 0) await this.#part();
    }
    this.#stop();
    this.#link.stop();
    await this.#ended;
  }

  async #part(): Promise<void> {
    const quits = !this.outbox.stays && await this.outbox.mayEndSession();
    const parted = quits ? this.#ended : this.#answerToPing();
    if (quits) this.#link.send({ type: "quit", payload: {} });
    this.#link.retire();
    await deadline(Promise.race([parted, this.#ended]), QUIT_TIMEOUT);
  }

  /** Resolves when the last requests, such as read marks, have arrived. */
  #answerToPing(): Promise<void> {
    return new Promise((resolve) => {
      const answer = () => (resolve(), []);
      this.perform([this.state.ask({ type: "ping", payload: {} }, { answer })]);
    });
  }

  #hello(): Request<"connect"> {
    const { session } = this.outbox;
    const { password } = this.#login;
    const since = this.state.positions;
    const { activeRoom, lastDirectSeq, name } = this.state;
    // A room that has not admitted us yet may refuse; that must not end the link later.
    const first = !this.#hasBegun;
    const wanted = first || activeRoom?.last !== undefined ? activeRoom?.name : undefined;
    return {
      type: "connect",
      payload: {
        name,
        version: VERSION,
        ...wanted === undefined ? {} : { room: wanted },
        ...session === undefined ? {} : { session },
        ...password === undefined ? {} : { password },
        ...Object.keys(since).length === 0 ? {} : { since },
        ...lastDirectSeq === undefined ? {} : { direct_since: lastDirectSeq },
      },
    };
  }

  #take(report: LinkReport): Promise<void> | void {
    if (report.kind === "online") this.#online(report.ack);
    else if (report.kind === "line") this.#event(report.event);
    else this.#offline(report.reason, performance.now() + report.wait);
    const busy = this.#options.view.busy();
    if (busy !== undefined) return Promise.race([busy, this.#stopped]);
  }

  /** Leaving must not wait for a person who is asked for a password. */
  async #refused(error: Events["error"]): Promise<RetryDecision | undefined> {
    this.#refusal = error.code;
    const stopped = this.#stopped.then(() => undefined);
    return await Promise.race([this.#login.refused(error), stopped]);
  }

  async #askToSignIn(question: string): Promise<string | undefined> {
    this.status = { state: "signing in" };
    return await this.#options.view.secret?.(question);
  }

  #online(ack: Events["connect_ack"]): void {
    const again = this.#hasBegun;
    this.#hasBegun = true;
    this.#refusal = undefined;
    this.status = { state: "online" };
    this.#login.accepted();
    this.#giveUpSent(ack.resumed === true ? ({ isStray }) => isStray === true : ({ sent }) => sent);
    this.outbox.session = ack.session;
    this.perform(this.#chat.connected(ack));
    this.#noteStay();
    if (again) this.#options.view.show({ kind: "notice", text: "Connected again" });
    this.#sender.connected(ack.ref);
    this.#options.view.connected();
  }

  #event(event: Event | undefined): void {
    if (event === undefined || event.type === "connect_ack") return;
    // The link reports the session's end.
    if (event.type === "error" && event.payload.code === "session_ended") return;
    if (event.type === "error" && this.#sender.sendsAgain(event)) return;
    if ((event.type === "message" || event.type === "direct") && this.#isOfAnother(event)) {
      return this.#takeOthers(event);
    }
    if (event.id !== undefined) this.#sender.answered(event.id);
    this.perform(this.#chat.receive(event, Date.now()));
    if (event.type === "notification") this.#noteStay();
  }

  /** Whether it has the ref of a draft, but is another message: see the sender's copies. */
  #isOfAnother({ payload }: Event<"message"> | Event<"direct">): boolean {
    const draft = payload.ref === undefined ? undefined : this.outbox.get(payload.ref);
    return draft !== undefined && !isSaidBy(draft, payload);
  }

  /**
   * A message of another copy of this outbox, as the log brings it; or the answer of a
   * server that compares no content to a used ref. It acknowledges nothing.
   */
  #takeOthers(
    { type, id, payload: { ref = 0, ...said } }: Event<"message"> | Event<"direct">,
  ): void {
    if (id === draftId(ref) && !this.#sender.saysAgain(ref)) {
      this.#sender.answered(id);
      this.#fail(ref, "The server took it for an earlier message; it was not said");
    }
    // Only the ref tells whether a direct message was shown.
    if (type !== "message") return;
    this.perform(this.#chat.receive({ type, payload: said as MessagePayload }, Date.now()));
  }

  /** Without its token, which needs a file, nobody could return to the session. */
  #noteStay(): void {
    const { person = false } = this.#options;
    this.outbox.stays = person && this.state.registered && this.outbox.durable;
  }

  #held(heldUntil: number | undefined): void {
    if (this.status.state === "online") this.status = { state: "online", heldUntil };
    this.#options.view.changed();
  }

  #offline(reason: string, retryAt: number): void {
    this.#disconnected();
    if (this.status.state === "signing in" && this.#refusal === "rate_limited") {
      this.status = { state: "signing in", retryAt };
      return this.#options.view.show({ kind: "problem", text: reason });
    }
    const known = this.status.state === "offline" ? this.status : undefined;
    this.status = { state: "offline", since: known?.since ?? Date.now(), retryAt, reason };
    // Shown once per cause; the message of one may count seconds.
    const refusal = this.#refusal;
    this.#refusal = undefined;
    if (known === undefined || (refusal !== undefined && refusal !== this.#reported)) {
      this.#options.view.show({ kind: "problem", text: reason + this.#next(refusal) });
      this.#reported = refusal;
    }
    this.#options.view.changed();
  }

  #next(refusal: ErrorCode | undefined): string {
    const isTaken = refusal === "name_taken" && this.#options.person && !this.#hasBegun;
    return isTaken ? " with /nick NAME; trying to connect again" : "; trying to connect again";
  }

  #disconnected(): void {
    this.state.disconnected();
    this.#sender.stop();
  }

  /** A new session does not know the old one's refs: sending a draft again could double it. */
  #giveUpSent(isLost: (draft: Draft) => boolean): void {
    for (const { ref } of [...this.outbox.drafts].filter(isLost)) {
      this.#fail(ref, "The session has ended; it may or may not have arrived. Not sent again");
    }
  }

  #perform(effect: Effect): void {
    switch (effect.kind) {
      case "show":
        return this.#options.view.show(effect.item);
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
      case "ignored":
        this.outbox.ignored = effect.names;
        return;
      case "secret":
        void this.#ask(effect);
        return;
      case "reconnect":
        this.perform([notice("Connecting again")]);
        return this.reconnect();
      case "quit":
        void this.leave();
    }
  }

  #send(request: Request): void {
    if (this.#link.online) return this.#sender.ask(request);
    if (request.type === "rename" && !this.#hasBegun) return this.#connectAs(request.payload.name);
    // These need no retry: rooms are entered when the link is back, and later marks include earlier ones.
    if (request.type === "join" || request.type === "read") return;
    this.perform([problem("Not connected: try later")]);
  }

  /** Before the server has accepted a name there is none to change: a new one is tried at once. */
  #connectAs(name: string): void {
    this.state.name = name;
    this.perform([notice(`Connecting as ${name}`)]);
    this.reconnect();
  }

  async #ask({ question, then }: Extract<Effect, { kind: "secret" }>): Promise<void> {
    const { secret } = this.#options.view;
    if (secret === undefined) return;
    if (!this.#link.isSecure) return this.perform([problem(this.#insecurity())]);
    const answer = await secret(question);
    this.perform(answer === undefined ? [notice("Nothing was changed")] : then(answer));
  }

  #insecurity(): string {
    return this.#link.online
      ? "Others can read the link to the server: passwords need TLS, a chats:// address"
      : "Not connected: try later";
  }

  /** Notes that the server cannot keep messages, which stay in the outbox. */
  #unkept(reason: string): void {
    if (this.#unkeptSince === undefined) {
      this.#unkeptSince = performance.now();
      const text = `${reason}. It is sent again until it is kept`;
      return this.#options.view.show({ kind: "problem", text });
    }
    const retryFor = Math.max(this.#options.retryFor, UNKEPT_TIMEOUT);
    if (performance.now() - this.#unkeptSince < retryFor) return;
    this.#gaveUp = reason;
    this.#link.stop();
  }

  #acknowledge(ref: number): void {
    this.#unkeptSince = undefined;
    this.outbox.settle(ref);
    // A lagging connection gets its own copies from the log, where they have no id.
    this.#sender.answered(draftId(ref));
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
