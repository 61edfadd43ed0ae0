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
 * store give different refs to their messages: the server takes the same text under the
 * same ref for one message. A session has refs for 2^38 messages.
 */
const MAX_STEP = 65_536;

/** The highest ref that is believed of a server: there must be room above it. */
const MAX_USED = 2 ** 52;

/** The outbox of one server and name. */
export class Outbox {
  readonly #state: JournalState;
  #store: Store | undefined;
  #isDurable: boolean;
  #written = 0;
  /** The pending writes. */
  #writing: Promise<void> | undefined;
  /** A failed store, and the reason. */
  #failed: { store: Store; reason: string } | undefined;
  #report: (problem: string) => void = () => {};

  private constructor(state: JournalState, store: Store | undefined) {
    this.#state = state;
    this.#store = store;
    this.#isDurable = store !== undefined;
  }

  /** An outbox in memory alone. */
  static inMemory(): Outbox {
    return new Outbox(emptyJournal(), undefined);
  }

  /** Reads `store`, and owns it from now on. Fails if it cannot be read. */
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

  /** Calls `report` once, with one line for a person, when the store fails. */
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

  /** Whether the session outlives the program, as that of a person with a registered name does. */
  get stays(): boolean {
    return this.#state.stays;
  }

  set stays(stays: boolean) {
    if (stays !== this.#state.stays) this.#append({ stays });
  }

  /** The ignored people. */
  get ignored(): readonly string[] {
    return this.#state.ignored;
  }

  set ignored(names: readonly string[]) {
    this.#append({ ignored: [...names] });
  }

  /** Complete once the store has everything up to now. */
  get written(): Completion {
    return this.#writing;
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

  /** Gives new refs to drafts that were surely not said under theirs, and moves them behind all others. */
  renumber(drafts: readonly Draft[]): Draft[] {
    let to = this.#state.lastRef;
    const moved = drafts.map(({ ref }) => [ref, to = stepFrom(to)] as [number, number]);
    this.#append({ moved });
    return moved.flatMap(([, ref]) => this.get(ref) ?? []);
  }

  /** Complete once the store has noted these drafts as sent; wait for it before writing them to a connection. */
  markSent(refs: readonly number[]): Completion {
    const unsent = refs.filter((ref) => this.get(ref)?.sent === false);
    // In one write: a store that takes its time would take it for each.
    if (unsent.length > 0) this.#append(...unsent.map((sent) => ({ sent })));
    return this.#writing;
  }

  /** Removes a draft that is acknowledged, refused or given up. */
  settle(ref: number): void {
    if (!this.#state.drafts.has(ref)) return;
    this.#append({ done: ref });
    if (this.#state.drafts.size === 0 && this.#written > REWRITE_AT) this.#rewrite();
  }

  /**
   * Call it before ending the session. False if a failed store cannot be cleared of drafts:
   * the next start will send them, and only this session knows that they were said.
   */
  async mayEndSession(): Promise<boolean> {
    await this.#writing;
    if (this.#failed === undefined) return true;
    if (this.size > 0) return false;
    try {
      await this.#failed.store.replace("");
      return true;
    } catch {
      // The reason of the failure was reported.
      return false;
    }
  }

  /** Closes the store after all writes. */
  async close(): Promise<void> {
    await this.#writing;
    const store = this.#store ?? this.#failed?.store;
    this.#store = undefined;
    await store?.close();
  }

  #append(...lines: JournalLine[]): void {
    const text = lines.map(journalLine).join("");
    this.#written += text.length;
    for (const line of lines) applyLine(this.#state, line);
    this.#write((store) => store.append(text));
  }

  #rewrite(): void {
    this.#written = 0;
    const text = writeJournal(this.#state);
    this.#write((store) => store.replace(text));
  }

  /** Writes after all other writes: at once if the store is synchronous. */
  #write(write: (store: Store) => Completion): void {
    if (this.#writing !== undefined) {
      return this.#follow(this.#writing.then(() => this.#try(write)));
    }
    const completion = this.#try(write);
    if (completion !== undefined) this.#follow(completion);
  }

  #follow(writing: Promise<void>): void {
    this.#writing = writing;
    // Registered before other waiters, so that the next write does not overtake them.
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

  /** Continues in memory. */
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
