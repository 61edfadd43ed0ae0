/**
 * The messages that the server has not acknowledged, of one server and name, in a store that
 * survives the program's own `kill -9`. With them is the session's token, by which the next
 * start resumes the session.
 *
 * Every change is applied at once and written behind those before it, so a store that takes
 * its time keeps the order. Only {@linkcode Outbox.markSent} is to be waited for.
 */

import type { Target } from "../chat/items.ts";
import {
  applyLine,
  type Draft,
  emptyJournal,
  type JournalLine,
  journalLine,
  type JournalState,
  parseJournal,
  writeJournal,
} from "./journal.ts";
import type { Completion, Store } from "./store.ts";

/** Characters of journal after which it is rewritten, once no draft is waiting. */
const REWRITE_AT = 262_144;

/**
 * The widest step from one ref to the next. Steps are random, so that two copies of one
 * store give different refs to what is typed at each: of the same text under the same ref
 * the server could only think that it is one message. A session has refs for 2^38 of them.
 */
const MAX_STEP = 65_536;

/** The highest ref of a server's that is believed: above it there must be room to go on. */
const MAX_USED = 2 ** 52;

/** The outbox of one server and name. */
export class Outbox {
  readonly #state: JournalState;
  #store: Store | undefined;
  #isDurable: boolean;
  #written = 0;
  /** The writes that are not complete. */
  #writing: Promise<void> | undefined;
  /** The store that failed, and why. */
  #failed: { store: Store; reason: string } | undefined;
  #report: (problem: string) => void = () => {};

  private constructor(state: JournalState, store: Store | undefined) {
    this.#state = state;
    this.#store = store;
    this.#isDurable = store !== undefined;
  }

  /** An outbox that forgets when the program ends. */
  static inMemory(): Outbox {
    return new Outbox(emptyJournal(), undefined);
  }

  /** Reads `store`, which is the outbox's from now on. Fails when it can't be read. */
  static async open(store: Store): Promise<Outbox> {
    const outbox = new Outbox(parseJournal(await store.read()), store);
    outbox.#rewrite();
    await outbox.#writing;
    return outbox;
  }

  /** Whether it survives the program. */
  get durable(): boolean {
    return this.#isDurable;
  }

  /** Calls `report`, once, when the store fails: with one line for a person. */
  onFailure(report: (problem: string) => void): void {
    this.#report = report;
    if (this.#failed !== undefined) report(this.#failed.reason);
  }

  /** The token of the session to resume. */
  get session(): string | undefined {
    return this.#state.session;
  }

  set session(token: string | undefined) {
    if (token !== this.#state.session) this.#append({ session: token ?? null });
  }

  /** Whether the session stays when the program ends: a person's, of a registered name. */
  get stays(): boolean {
    return this.#state.stays;
  }

  set stays(stays: boolean) {
    if (stays !== this.#state.stays) this.#append({ stays });
  }

  /** The people whom the person hides. */
  get ignored(): readonly string[] {
    return this.#state.ignored;
  }

  set ignored(names: readonly string[]) {
    this.#append({ ignored: [...names] });
  }

  /** The unacknowledged drafts, oldest first. */
  get drafts(): Iterable<Draft> {
    return this.#state.drafts.values();
  }

  /** The number of drafts. */
  get size(): number {
    return this.#state.drafts.size;
  }

  /** The draft with this ref, while it is not acknowledged. */
  get(ref: number): Draft | undefined {
    return this.#state.drafts.get(ref);
  }

  /** Adds a message; it may be sent once {@linkcode markSent} is complete. */
  add(target: Target, text: string): Draft {
    const ref = stepFrom(this.#state.lastRef);
    this.#append({ draft: { ref, target, text } });
    return this.#state.drafts.get(ref) as Draft;
  }

  /** Gives all further drafts refs above this one, which the session has used. */
  raise(ref: number): void {
    const isNews = Number.isSafeInteger(ref) && ref > this.#state.lastRef && ref <= MAX_USED;
    if (isNews) this.#append({ used: ref });
  }

  /** Gives new refs to drafts that were surely not said under theirs, and puts them behind all others. */
  renumber(drafts: readonly Draft[]): Draft[] {
    let to = this.#state.lastRef;
    const moved = drafts.map(({ ref }) => [ref, to = stepFrom(to)] as [number, number]);
    this.#append({ moved });
    return moved.flatMap(([, ref]) => this.get(ref) ?? []);
  }

  /** To be complete before these drafts are written to a connection: then the store knows all about them. */
  markSent(refs: readonly number[]): Completion {
    for (const ref of refs) if (this.get(ref)?.sent === false) this.#append({ sent: ref });
    return this.#writing;
  }

  /** Forgets a draft: acknowledged, refused, or given up. */
  settle(ref: number): void {
    if (!this.#state.drafts.has(ref)) return;
    this.#append({ done: ref });
    if (this.#state.drafts.size === 0 && this.#written > REWRITE_AT) this.#rewrite();
  }

  /**
   * To be asked before the session is ended. False when a store that failed can't be cleared
   * of drafts: the next start will send them, and only this session knows that they were said.
   */
  async mayEndSession(): Promise<boolean> {
    await this.#writing;
    if (this.#failed === undefined) return true;
    if (this.size > 0) return false;
    try {
      await this.#failed.store.replace("");
      return true;
    } catch {
      // Why it can't be written was reported.
      return false;
    }
  }

  /** Closes the store once all is written. */
  async close(): Promise<void> {
    await this.#writing;
    const store = this.#store ?? this.#failed?.store;
    this.#store = undefined;
    await store?.close();
  }

  #append(line: JournalLine): void {
    const text = journalLine(line);
    this.#written += text.length;
    applyLine(this.#state, line);
    this.#write((store) => store.append(text));
  }

  #rewrite(): void {
    this.#written = 0;
    const text = writeJournal(this.#state);
    this.#write((store) => store.replace(text));
  }

  /** Writes behind all other writes: at once where the store takes no time. */
  #write(write: (store: Store) => Completion): void {
    if (this.#writing !== undefined) {
      return this.#follow(this.#writing.then(() => this.#try(write)));
    }
    const completion = this.#try(write);
    if (completion !== undefined) this.#follow(completion);
  }

  #follow(writing: Promise<void>): void {
    this.#writing = writing;
    // First of all that wait for it: what is written next must not overtake those.
    void writing.then(() => {
      if (this.#writing === writing) this.#writing = undefined;
    });
  }

  #try(write: (store: Store) => Completion): Completion {
    const store = this.#store;
    if (store === undefined) return;
    try {
      return write(store)?.catch((error) => this.#fail(store, error));
    } catch (error) {
      return this.#fail(store, error);
    }
  }

  /** Goes on from memory. */
  #fail(store: Store, error: unknown): void {
    if (!(error instanceof Error)) throw error;
    const reason = `${error.message}. Messages that the server does not have yet are lost when ` +
      "this program ends";
    this.#store = undefined;
    this.#isDurable = false;
    this.#failed = { store, reason };
    this.#report(reason);
  }
}

function stepFrom(ref: number): number {
  return ref + 1 + Math.floor(Math.random() * MAX_STEP);
}
