/// <reference lib="dom" />
/** The message box: drafts of each place, completion, and the lines sent before. */

import { mayRemember } from "../core/chat/commands.ts";
import { complete, type Known } from "../core/chat/completion.ts";
import { byId, setAttribute, setText } from "./dom.ts";
import { words } from "./model/words.ts";

/** Lines that ↑ brings back. */
const MOST_LINES = 100;

/** Rows to which the box grows. */
const MOST_ROWS = 8;

/** The needs of the box that its owner meets. */
export interface ComposerActs {
  submit(line: string): void;
  known(): Known;
  /** Code points that a text may have. */
  limit(): number;
  drafted(drafts: Readonly<Record<string, string>>): void;
  /** To the list of messages. */
  toMessages(): void;
}

/** A completion that Tab goes through. */
interface Cycle {
  readonly before: string;
  readonly after: string;
  readonly candidates: readonly string[];
  index: number;
}

/** The message box. */
export class Composer {
  readonly #box = byId<HTMLTextAreaElement>("message");
  readonly #hint = byId("hint");
  readonly #acts: ComposerActs;
  readonly #drafts: Record<string, string>;
  #key = "";
  #lines: string[] = [];
  /** How far back ↑ has gone; 0 for what is being typed, which is in `typed`. */
  #back = 0;
  #typed = "";
  #cycle: Cycle | undefined;

  constructor(acts: ComposerActs, drafts: Readonly<Record<string, string>>) {
    this.#acts = acts;
    this.#drafts = Object.assign(Object.create(null), drafts);
    this.#box.onkeydown = (event) => this.#press(event);
    this.#box.oninput = () => this.#changed();
    byId("composer").onsubmit = (event) => {
      event.preventDefault();
      this.#submit();
    };
  }

  /** Puts the draft of a place into the box. */
  open(key: string, name: string): void {
    this.#key = key;
    this.#box.setAttribute("aria-label", words("message", name));
    this.#box.placeholder = words("message", name);
    this.#set(this.#drafts[key] ?? "");
  }

  /** Brings the keyboard to the box; on a phone that would cover half of the messages. */
  focus(): void {
    if (!matchMedia("(pointer: coarse)").matches) this.#box.focus();
  }

  #set(text: string): void {
    this.#box.value = text;
    this.#box.setSelectionRange(text.length, text.length);
    this.#back = 0;
    this.#changed();
  }

  #changed(): void {
    const { value } = this.#box;
    this.#cycle = undefined;
    this.#grow();
    const excess = value.length - this.#acts.limit();
    const tooMany = excess > 0 ? [...value].length - this.#acts.limit() : 0;
    setText(this.#hint, tooMany > 0 ? words("tooLong", tooMany) : "");
    setAttribute(this.#box, "aria-invalid", tooMany > 0 ? "true" : undefined);
    if (value === (this.#drafts[this.#key] ?? "")) return;
    if (value === "") delete this.#drafts[this.#key];
    // A line with a password by mistake is not kept.
    else if (mayRemember(value)) this.#drafts[this.#key] = value;
    this.#acts.drafted({ ...this.#drafts });
  }

  /** Where the style cannot do it: by lines, since measuring would move the messages for a moment. */
  #grow(): void {
    if (CSS.supports("field-sizing", "content")) return;
    this.#box.rows = Math.min(MOST_ROWS, this.#box.value.split("\n").length);
  }

  #press(event: KeyboardEvent): void {
    // Enter that ends a word of an input method is not for us.
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    const keys: Record<string, () => boolean> = {
      Enter: () => !event.shiftKey && this.#submit(),
      Tab: () => !event.shiftKey && this.#complete(),
      ArrowUp: () => !event.shiftKey && this.#older(),
      ArrowDown: () => !event.shiftKey && this.#newer(),
      Escape: () => (this.#acts.toMessages(), true),
    };
    if (keys[event.key]?.()) event.preventDefault();
  }

  #submit(): true {
    const line = this.#box.value;
    if (line.trim() === "" || this.#box.getAttribute("aria-invalid") === "true") return true;
    if (mayRemember(line) && this.#lines.at(-1) !== line) this.#lines.push(line);
    this.#lines = this.#lines.slice(-MOST_LINES);
    // Emptied first: a command may lead to another place, with a draft of its own.
    this.#set("");
    this.#acts.submit(line);
    return true;
  }

  /** Completes what is before the cursor; false where there is nothing, so that Tab moves on. */
  #complete(): boolean {
    this.#cycle ??= this.#begin();
    const cycle = this.#cycle;
    if (cycle === undefined) return false;
    const chosen = cycle.candidates[cycle.index % cycle.candidates.length] ?? "";
    cycle.index++;
    const text = cycle.before + chosen;
    this.#box.value = text + cycle.after;
    this.#box.setSelectionRange(text.length, text.length);
    this.#changed();
    this.#cycle = cycle.candidates.length > 1 ? cycle : undefined;
    if (this.#cycle !== undefined) setText(this.#hint, cycle.candidates.slice(0, 12).join("  "));
    return true;
  }

  #begin(): Cycle | undefined {
    const { value, selectionStart } = this.#box;
    const { start, candidates } = complete(value, selectionStart, this.#acts.known());
    if (value === "" || candidates.length === 0) return undefined;
    const [before, after] = [value.slice(0, start), value.slice(selectionStart)];
    // A word that is complete needs no completion: Tab leaves the box.
    if (candidates.length === 1 && value.slice(start, selectionStart) === candidates[0]) {
      return undefined;
    }
    return { before, after, candidates, index: 0 };
  }

  /** An earlier line, from the first row of the box; from the empty one also the messages above. */
  #older(): boolean {
    const { value, selectionStart } = this.#box;
    if (value.slice(0, selectionStart).includes("\n")) return false;
    return this.#browse(1);
  }

  #newer(): boolean {
    const { value, selectionEnd } = this.#box;
    return !value.slice(selectionEnd).includes("\n") && this.#back > 0 && this.#browse(-1);
  }

  #browse(step: 1 | -1): boolean {
    const back = this.#back + step;
    const line = back === 0 ? this.#typed : this.#lines.at(-back);
    if (line === undefined || back < 0) return false;
    if (this.#back === 0) this.#typed = this.#box.value;
    this.#set(line);
    this.#back = back;
    return true;
  }
}
