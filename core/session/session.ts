/** A session with a server: link, outbox and state together, independent of the view. */

import { type ErrorCode, type Event, type Events, type Request } from "../../protocol/mod.ts";
import { type Effect, notice, problem, type Target } from "../chat/items.ts";
import { connectRequest } from "./connect_request.ts";
import { deadline } from "./deadline.ts";
import { DraftDelivery } from "./draft_delivery.ts";
import type { Draft } from "./journal.ts";
import { Link, type LinkReport, type RetryDecision } from "./link.ts";
import { type Advice, type GivenPassword, Login } from "./login.ts";
import type { Outbox } from "./outbox.ts";
import { Chat } from "../chat/chat.ts";
import type { ChatState, RoomState } from "../chat/state.ts";
import type { Dial } from "./transport.ts";
import type { LinkStatus, View } from "./view.ts";

/** Milliseconds that leaving waits for acknowledgements. */
const LEAVE_TIMEOUT = 3_000;

/** Milliseconds that leaving waits for the server to close. */
const QUIT_TIMEOUT = 1_000;

/** Why a program ends that was put out of its rooms. */
const NO_ROOM_LEFT = "It is in no room any more";

// Codes of a refused `connect` that may be about its room alone.
const ENTRY_CODES: ReadonlySet<ErrorCode> = new Set(["banned", "invite_only", "unknown_invite"]);

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
  /** An invitation code for the room. */
  code?: string | undefined;
  /** Makes the address that invites to a room by a code. */
  inviteLink?: ((room: string, code: string) => string) | undefined;
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
  readonly #options: SessionOptions;
  readonly #chat: Chat;
  readonly #link: Link;
  readonly #login: Login;
  readonly #delivery: DraftDelivery;
  #hasBegun = false;
  /** Whether the current room has refused a `connect`, so that the next one is without it. */
  #isShutOut = false;
  /** The reason of the last refused `connect`. */
  #refusal: ErrorCode | undefined;
  /** The last refusal that was shown. */
  #reported: ErrorCode | undefined;
  /** The reason why the session gives up. */
  #gaveUp: string | undefined;
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
    this.state.inviteLink = options.inviteLink;
    if (this.state.activeRoom !== undefined) this.state.activeRoom.code = options.code;
    if (person === true) { for (const each of this.outbox.ignored) this.state.ignore(each, true); }
    const tell = (text: string) => view.show({ kind: "problem", text });
    const ask = view.secret && ((question: string) => this.#askToSignIn(question));
    this.#login = new Login({ name: () => this.state.name, given, advice, ask, tell });
    this.outbox.onFailure((text) => {
      view.show({ kind: "problem", text });
      this.#noteStay();
    });
    this.#delivery = new DraftDelivery({
      ...options,
      show: (item) => view.show(item),
      write: (request) => void this.#link.send(request),
      held: (until) => this.#held(until),
      gaveUp: (reason) => this.#giveUp(reason),
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

  /** The number of refused own messages. */
  get refused(): number {
    return this.#delivery.refused;
  }

  /** Runs until {@linkcode leave} (`undefined`), or until it is useless to go on (the reason). */
  async run(): Promise<string | undefined> {
    try {
      return await this.#link.run() ?? this.#gaveUp;
    } finally {
      this.#delivery.end();
      this.#end();
      await this.outbox.close();
    }
  }

  /** Sends `text` as soon as possible; it stays in the outbox until it is acknowledged. */
  say(target: Target, text: string): Draft | undefined {
    const { textLimit: limit } = this.state;
    const draft = this.#delivery.say(target, text, { limit, online: this.#link.online });
    this.#options.view.changed?.();
    return draft;
  }

  /** Performs the effects of a change of state. */
  perform(effects: Iterable<Effect>): void {
    for (const effect of effects) this.#perform(effect);
    this.#options.view.changed?.();
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
    await this.#delivery.settled(most);
  }

  /**
   * Leaves: waits a moment for acknowledgements, then sends `quit`, unless the session
   * outlives the program. Unacknowledged messages are sent at the next start. The token
   * stays in the outbox: after `quit` it is void, but nobody knows whether `quit` arrived.
   */
  async leave(): Promise<void> {
    if (this.#link.online) {
      this.#options.view.leaving?.();
      await deadline(this.settled(0), LEAVE_TIMEOUT);
      if (this.outbox.size === 0) await this.#part();
    }
    this.#stop();
    this.#link.stop();
    await this.#ended;
  }

  /**
   * Ends at once and without a word to the server, as a killed program does: another one of the
   * person's goes on with the session and its outbox. Resolves when the store is closed.
   */
  async stop(): Promise<void> {
    this.#stop();
    this.#link.stop();
    await this.#ended;
    await this.outbox.close();
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
    return connectRequest(this.state, { session, password }, this.#roomToEnter);
  }

  /** A room that has not admitted us yet may refuse, which must not end a session that has begun. */
  get #roomToEnter(): RoomState | undefined {
    const { activeRoom } = this.state;
    if (!this.#hasBegun) return activeRoom;
    return activeRoom?.last === undefined || this.#isShutOut ? undefined : activeRoom;
  }

  #take(report: LinkReport): Promise<void> | void {
    if (report.kind === "online") this.#online(report.ack);
    else if (report.kind === "line") this.#event(report.event);
    else this.#offline(report.reason, performance.now() + report.wait);
    const busy = this.#options.view.busy?.();
    if (busy !== undefined) return Promise.race([busy, this.#stopped]);
  }

  /** Leaving must not wait for a person who is asked for a password. */
  async #refused(error: Events["error"]): Promise<RetryDecision | undefined> {
    if (this.#hasBegun && this.#roomToEnter !== undefined && ENTRY_CODES.has(error.code)) {
      // Without the room the server may take us; then it is asked for, and says why not.
      this.#isShutOut = true;
      return { wait: 0 };
    }
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
    this.#isShutOut = false;
    this.status = { state: "online" };
    this.#login.accepted();
    this.#delivery.acknowledged(ack);
    this.perform(this.#chat.connected(ack));
    this.#noteStay();
    if (again) this.#options.view.show({ kind: "notice", text: "Connected again" });
    this.#delivery.connected(ack.ref);
    this.#options.view.connected?.();
  }

  #event(event: Event | undefined): void {
    if (event === undefined || event.type === "connect_ack") return;
    // The link reports the session's end.
    if (event.type === "error" && event.payload.code === "session_ended") return;
    const left = this.#delivery.take(event);
    if (left === undefined) return;
    const before = this.state.rooms.size;
    this.perform(this.#chat.receive(left, Date.now()));
    if (before > 0 && this.#hasNoRoomLeft) this.#giveUp(NO_ROOM_LEFT);
    if (left.type === "notification") this.#noteStay();
  }

  /** A program that was removed from all of its rooms can't go elsewhere, as a person can. */
  get #hasNoRoomLeft(): boolean {
    return this.#options.person !== true && this.state.rooms.size === 0;
  }

  /** Without its token, which needs a file, nobody could return to the session. */
  #noteStay(): void {
    const { person = false } = this.#options;
    this.outbox.stays = person && this.state.registered && this.outbox.durable;
  }

  #held(heldUntil: number | undefined): void {
    if (this.status.state === "online") this.status = { state: "online", heldUntil };
    this.#options.view.changed?.();
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
    this.#options.view.changed?.();
  }

  #next(refusal: ErrorCode | undefined): string {
    const isTaken = refusal === "name_taken" && this.#options.person && !this.#hasBegun;
    return isTaken ? " with /nick NAME; trying to connect again" : "; trying to connect again";
  }

  #disconnected(): void {
    this.state.disconnected();
    this.#delivery.disconnected();
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
          ? this.#delivery.acknowledge(effect.ref)
          : this.#delivery.fail(effect.ref, effect.refused);
      case "activate":
        return this.#options.view.activated?.(effect.room);
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
    if (this.#link.online) return this.#delivery.ask(request);
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

  #giveUp(reason: string): void {
    this.#gaveUp = reason;
    this.#link.stop();
  }
}
