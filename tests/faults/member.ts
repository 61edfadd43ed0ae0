/**
 * A version 2 client after the specification: numbers its messages, keeps them until they
 * are acknowledged, and resumes where it left off. All its state comes from its notes, so
 * a killed one can be restored from them.
 */

import type { Account, Draft } from "./account.ts";
import type { Load } from "./load.ts";
import { inboxOf, type Line, type Note, type Notebook, type Target } from "./notes.ts";
import { Broken, type Watch } from "./waiting.ts";
import { type Received, Wire } from "./wire.ts";

/** The parts of a member. */
export interface MemberOptions {
  account: Account;
  notebook: Notebook;
  rooms: readonly string[];
  watch: Watch;
}

/** A device of an account. */
export class Member {
  readonly account: Account;
  readonly notebook: Notebook;
  /** Called at every event. */
  readonly watch: Watch;
  /** The number of notifications of each kind. */
  readonly notified = new Map<string, number>();
  /** Its latest connection. */
  wire: Wire | undefined;
  isOnline = false;
  readonly #positions: Record<string, number>;
  #inboxSeen = 0;
  #reading = Promise.resolve();
  readonly #givenUp: { wire: Wire; reading: Promise<void> }[] = [];
  #load: Load | undefined;
  #broken: Broken | undefined;
  #pings = 0;
  #lastPong = 0;

  constructor({ account, notebook, rooms, watch }: MemberOptions) {
    this.account = account;
    this.notebook = notebook;
    this.watch = watch;
    this.#positions = Object.fromEntries(rooms.map((room) => [room, 0]));
    for (const note of notebook.notes) this.#learn(note);
  }

  /** Connects from where it left off, and retries unacknowledged messages; false if cut off first. */
  async connect(port: number): Promise<boolean> {
    await this.#hangUp();
    const { name, token } = this.account;
    this.#take({ note: "connected", anew: false });
    const wire = await Wire.dial(port);
    this.#listen(wire);
    const seen = { since: this.#positions, direct_since: this.#inboxSeen };
    const session = token === undefined ? {} : { session: token };
    wire.send("connect", { name, version: 2, ...session, ...seen });
    await this.#until(() => this.isOnline || wire.isClosed, () => `${name}: no answer to connect`);
    return this.isOnline;
  }

  /** Disconnects without `quit`, including the connections that it gave up. */
  async disconnect(): Promise<void> {
    await this.#hangUp();
    for (const { wire } of this.#givenUp) wire.close();
    await Promise.all(this.#givenUp.splice(0).map(({ reading }) => reading));
  }

  /** Gives its connection up: leaves it open, and ignores everything that comes over it. */
  giveUp(): void {
    if (this.wire === undefined) return;
    this.#givenUp.push({ wire: this.wire, reading: this.#reading });
    [this.wire, this.#reading, this.isOnline] = [undefined, Promise.resolve(), false];
  }

  /** Sends a message. */
  say(target: Target, filler: string): void {
    const ref = this.account.lastRef + 1;
    this.#say({ ref, target, text: `${this.account.name} ${ref} ${filler}` });
  }

  /**
   * Sends refused messages again with other texts, under the same ref unless a later
   * one was kept. Returns how many kept their ref.
   */
  sayRefused(): number {
    let kept = 0;
    let last = this.account.lastKept;
    for (const { ref, target, text } of this.account.refused.splice(0)) {
      // Refs only rise: after one that had to be new, no old ref can stay.
      const isFree = ref > last;
      last = isFree ? ref : this.account.lastRef + 1;
      if (isFree) kept++;
      this.#say({ ref: last, target, text: `${this.account.name} ${last} again: ${text}` });
    }
    return kept;
  }

  /** Starts to talk, as fast as its messages are acknowledged. */
  talk(load: Load): void {
    this.#load = load;
    this.#fill();
  }

  /** Stops talking. */
  hush(): void {
    this.#load = undefined;
  }

  /** Resolves when all its messages are acknowledged or refused. */
  async drained(): Promise<void> {
    const { name, waiting } = this.account;
    await this.#until(
      () => waiting.size === 0,
      () => `${name}: no acknowledgement of ref ${waiting.keys().next().value}`,
    );
  }

  /** Resolves when it has received `room`, or its inbox, up to `seq`. */
  async reached(room: string, seq: number): Promise<void> {
    const { name } = this.account;
    const last = () => room === inboxOf(name) ? this.#inboxSeen : this.#positions[room] ?? 0;
    await this.#until(
      () => last() >= seq,
      () => `${name}: was shown ${room} to ${last()}, not ${seq}`,
    );
  }

  /** Resolves when everything sent to it before has arrived. */
  async settled(): Promise<void> {
    const ping = ++this.#pings;
    this.wire?.send("ping", {}, `ping ${ping}`);
    await this.#until(() => this.#lastPong >= ping, () => `${this.account.name}: no pong`);
  }

  #listen(wire: Wire): void {
    this.wire = wire;
    this.#reading = wire.read((event) => this.#receive(wire, event))
      .catch((error) => void (this.#broken ??= error))
      .finally(() => {
        if (this.wire === wire) this.isOnline = false;
        this.watch.changed();
      });
  }

  async #hangUp(): Promise<void> {
    this.wire?.close();
    await this.#reading;
    this.isOnline = false;
  }

  #say(draft: Draft): void {
    this.#take({ note: "said", ...draft });
    this.#send(draft);
  }

  #send({ ref, target, text }: Draft): void {
    this.wire?.send("room" in target ? "message" : "direct", { ...target, text, ref }, `${ref}`);
  }

  #fill(): void {
    while (this.#load !== undefined && this.isOnline) {
      if (this.account.waiting.size >= this.#load.window) return;
      const { target, filler } = this.#load.next();
      this.say(target, filler);
    }
  }

  #receive(wire: Wire, event: Received): void {
    if (wire !== this.wire) return;
    const { type, payload, id } = event;
    if (type === "connect_ack") this.#connected(payload);
    else if (type === "message") this.#take({ note: "shown", line: lineOf(payload) });
    else if (type === "direct") this.#receiveDirect(payload);
    else if (type === "error") this.#receiveError(payload.code, id);
    else if (type === "ping") wire.send("pong", payload);
    else if (type === "pong") this.#lastPong = Number(id?.slice("ping ".length));
    else if (type === "notification") {
      this.notified.set(payload.event, (this.notified.get(payload.event) ?? 0) + 1);
    }
    this.#fill();
    this.watch.changed();
  }

  #connected(ack: { session: string; resumed: boolean }): void {
    const { name, token, waiting } = this.account;
    if (token !== undefined && !ack.resumed) {
      throw new Broken(`The server no longer knows the session of ${name}`);
    }
    if (token === undefined) this.#take({ note: "session", token: ack.session });
    this.isOnline = true;
    // Otherwise nobody would retry the messages that another device goes on to send.
    if (this.account.device !== this) this.account.device?.hush();
    this.account.device = this;
    for (const draft of waiting.values()) {
      this.#take({ note: "repeated", ref: draft.ref });
      this.#send(draft);
    }
  }

  #receiveDirect(payload: Line & { to: string }): void {
    const line = lineOf({ ...payload, room: inboxOf(payload.to) });
    this.#take({ note: payload.ref === undefined ? "shown" : "answered", line });
  }

  #receiveError(code: string, id: string | undefined): void {
    const draft = this.account.waiting.get(Number(id));
    // The connection is about to close, as part of the fault.
    if (code === "session_replaced" || code === "idle_timeout") return;
    if (code !== "log_failed" || draft === undefined) {
      throw new Broken(`The server refused a request of ${this.account.name}: ${code}`);
    }
    // Stops after a refusal, as a person would: later messages would overtake the refused one.
    this.hush();
    this.#take({ note: "refused", ref: draft.ref, text: draft.text });
  }

  #take(note: Note): void {
    this.notebook.take(note);
    this.#learn(note);
  }

  #learn(note: Note): void {
    const { account } = this;
    if (note.note === "session") account.token = note.token;
    else if (note.note === "answered") account.settle(note.line.ref);
    else if (note.note === "said" && note.ref !== undefined) {
      account.lastRef = Math.max(account.lastRef, note.ref);
      account.waiting.set(note.ref, { ref: note.ref, target: note.target, text: note.text });
    } else if (note.note === "shown") {
      const { room, seq, sender } = note.line;
      if (sender === account.name) account.settle(note.line.ref);
      if (room === inboxOf(account.name)) this.#inboxSeen = Math.max(this.#inboxSeen, seq);
      else this.#positions[room] = Math.max(this.#positions[room] ?? 0, seq);
    } else if (note.note === "refused") {
      const draft = account.waiting.get(note.ref);
      if (draft !== undefined) account.refused.push(draft);
      account.waiting.delete(note.ref);
    }
  }

  async #until(isSo: () => boolean, what: () => string): Promise<void> {
    await this.watch.until(() => this.#broken !== undefined || isSo(), what);
    if (this.#broken !== undefined) throw this.#broken;
  }
}

/** The part of a payload that the oracle looks at. */
function lineOf({ room, sender, text, seq, at, ref }: Line): Line {
  return ref === undefined ? { room, sender, text, seq, at } : { room, sender, text, seq, at, ref };
}
