/**
 * What was said and is not acknowledged yet, on disk, for one server and name:
 * it survives the program's own `kill -9`. With it goes the session's token, by
 * which the next start takes the session up again.
 *
 * Every line is one append. Nothing is synced to the disk's platter: a killed
 * process loses nothing, a power cut may lose the last seconds.
 */

import { fold } from "../../protocol/mod.ts";
import { type Address, formatAddress } from "../../client/net/address.ts";
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
import { openPrivate, type StateFile, statePath } from "../../client/files/state_files.ts";

/** Bytes of journal after which it is written anew, once nothing is waiting. */
const REWRITE_AT = 262_144;

/**
 * The widest step from one ref to the next. Steps are random, so that two copies of this
 * file give different refs to what is typed at each: of the same text under the same ref
 * the server could only think that it is one message. A session has refs for 2^38 of them.
 */
const WIDEST_STEP = 65_536;

/** The highest ref of a server's that is believed: above it there must be room to go on. */
const HIGHEST_USED = 2 ** 52;

/** The outbox of one server and name. */
export class Outbox {
  readonly #state: JournalState;
  readonly #file: StateFile | undefined;
  #written = 0;

  private constructor(state: JournalState, file: StateFile | undefined) {
    this.#state = state;
    this.#file = file;
  }

  /** An outbox that forgets when the program ends. */
  static inMemory(): Outbox {
    return new Outbox(emptyJournal(), undefined);
  }

  /**
   * Opens the outbox of `name` on the server at `address`, below `directory`.
   * `undefined` when another running client has it. Throws as the file system does.
   */
  static async open(
    directory: string,
    address: Address,
    name: string,
    kind = "outbox",
  ): Promise<Outbox | undefined> {
    const path = await statePath(directory, kind, [formatAddress(address), fold(name)]);
    const file = await openPrivate(path);
    if (file === undefined) return undefined;
    const state = parseJournal(file.read());
    const outbox = new Outbox(state, file);
    file.replace(writeJournal(state));
    return outbox;
  }

  /**
   * Opens a script's outbox. While a person's session stays there, that is another one:
   * a script that took the session up would read their messages, and end it.
   */
  static async openForScript(
    directory: string,
    address: Address,
    name: string,
  ): Promise<Outbox | undefined> {
    const outbox = await Outbox.open(directory, address, name);
    if (outbox?.stays !== true) return outbox;
    outbox.close();
    return await Outbox.open(directory, address, name, "outbox-script");
  }

  /** Whether it survives the program. */
  get durable(): boolean {
    return this.#file !== undefined;
  }

  /** The token of the session to take up again. */
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

  /** What is not acknowledged, oldest first. */
  get drafts(): Iterable<Draft> {
    return this.#state.drafts.values();
  }

  /** How many drafts there are. */
  get size(): number {
    return this.#state.drafts.size;
  }

  /** The draft with this ref, while it is not acknowledged. */
  get(ref: number): Draft | undefined {
    return this.#state.drafts.get(ref);
  }

  /** Takes in a message; it is on disk when this returns. */
  add(target: Target, text: string): Draft {
    const ref = stepFrom(this.#state.lastRef);
    this.#append({ draft: { ref, target, text } });
    return this.#state.drafts.get(ref) as Draft;
  }

  /** Gives all further drafts refs above this one, which the session has used. */
  raise(ref: number): void {
    const isNews = Number.isSafeInteger(ref) && ref > this.#state.lastRef && ref <= HIGHEST_USED;
    if (isNews) this.#append({ used: ref });
  }

  /**
   * Gives new refs to drafts that were surely not said under theirs, and puts them behind
   * all others. On disk when this returns, and thus before any is sent under its new ref.
   */
  renumber(drafts: readonly Draft[]): Draft[] {
    let to = this.#state.lastRef;
    const moved = drafts.map(({ ref }) => [ref, to = stepFrom(to)] as [number, number]);
    this.#append({ moved });
    return moved.flatMap(([, ref]) => this.get(ref) ?? []);
  }

  /** To be called before a draft is first written to a socket. */
  markSent(ref: number): void {
    if (this.#state.drafts.get(ref)?.sent === false) this.#append({ sent: ref });
  }

  /** Forgets a draft: acknowledged, refused, or given up. */
  settle(ref: number): void {
    if (!this.#state.drafts.has(ref)) return;
    this.#append({ done: ref });
    if (this.#state.drafts.size === 0 && this.#written > REWRITE_AT) this.#rewrite();
  }

  /** Lets go of the file. */
  close(): void {
    this.#file?.close();
  }

  #append(line: JournalLine): void {
    const text = journalLine(line);
    this.#file?.append(text);
    this.#written += text.length;
    applyLine(this.#state, line);
  }

  #rewrite(): void {
    this.#file?.replace(writeJournal(this.#state));
    this.#written = 0;
  }
}

function stepFrom(ref: number): number {
  return ref + 1 + Math.floor(Math.random() * WIDEST_STEP);
}
