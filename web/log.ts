/// <reference lib="dom" />
/**
 * The list of messages on the screen. It follows the end while the person is there; anywhere
 * else nothing that arrives, above or below, moves what is being read.
 */

import { byId, placeChildren } from "./dom.ts";
import type { Place } from "./model/places.ts";
import type { Row } from "./model/timeline.ts";
import { type RowActs, rowElement } from "./rows.ts";

/** Pixels from an end that count as being there. */
const NEAR = { end: 40, more: 600 } as const;

/** A row as it was drawn, to be drawn again only when what it depends on has changed. */
interface Drawn {
  readonly child: HTMLLIElement;
  readonly previous: Row | undefined;
  readonly isFirstUnread: boolean;
}

/** What the list asks of its owner. */
export interface LogActs extends RowActs {
  /** The reader is near an end behind which there is more. */
  more(end: "earlier" | "later"): void;
  /** The reader has moved. */
  scrolled(): void;
  /** Back to the message box. */
  leave(): void;
}

/** The list of the place on the screen. */
export class Log {
  readonly #scroller = byId("scroller");
  readonly #list = byId("log");
  readonly #acts: LogActs;
  #place: Place | undefined;
  #drawn: Map<Row, Drawn> = new Map();
  /** A smaller window, or an opened keyboard, leaves a reader of the end at the end. */
  readonly #resized = new ResizeObserver(() => this.isAtEnd && this.toEnd());
  /** Whether the reader is at the end. */
  isAtEnd = true;

  constructor(acts: LogActs) {
    this.#acts = acts;
    this.#scroller.onscroll = () => this.#scrolled();
    this.#list.onkeydown = (event) => this.#key(event);
    this.#resized.observe(this.#scroller);
  }

  /** Lets go of the page. */
  close(): void {
    this.#resized.disconnect();
    this.#scroller.onscroll = this.#list.onkeydown = null;
  }

  /** The element of the row with this `seq`. */
  row(seq: number): HTMLElement | undefined {
    const row = this.#place?.timeline.rows.find((each) => each.seq === seq);
    return row === undefined ? undefined : this.#drawn.get(row)?.child;
  }

  /** The `seq` of the first message that is in sight. */
  get topSeq(): number | undefined {
    return this.#topRow()?.seq;
  }

  /** Shows another place, at its end. */
  open(place: Place): void {
    this.#place = place;
    this.#drawn = new Map();
    this.#list.replaceChildren();
    this.isAtEnd = true;
    this.draw();
  }

  /** Brings the first unread message into sight. */
  toMark(): void {
    this.#mark?.scrollIntoView({ block: "center" });
    this.#look();
  }

  /** Whether the first unread message is above what is in sight. */
  get isMarkAbove(): boolean {
    const top = this.#scroller.getBoundingClientRect().top;
    return (this.#mark?.getBoundingClientRect().bottom ?? Infinity) < top;
  }

  get #mark(): Element | null {
    return this.#list.querySelector(".mark");
  }

  /** Brings the list up to date, and holds what is being read in its place. */
  draw(): void {
    const place = this.#place;
    if (place === undefined) return;
    const stays = this.isAtEnd && place.timeline.isLive;
    const held = stays ? undefined : this.#topRow();
    const before = this.#bottomOf(held);
    this.#placeRows(place);
    if (stays) this.toEnd();
    else this.#scroller.scrollTop += this.#bottomOf(held) - before;
    this.#askForMore();
  }

  /** Goes to the end. */
  toEnd(): void {
    this.isAtEnd = true;
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
  }

  /** Brings a message into sight and onto the keyboard. */
  reveal(seq: number, isFocused: boolean): void {
    const child = this.row(seq);
    if (child === undefined) return;
    child.scrollIntoView({ block: "center" });
    this.isAtEnd = false;
    if (!isFocused) return;
    this.focusRow(child);
    child.classList.add("revealed");
  }

  /** Moves the keyboard to a row, or to the last one. */
  focusRow(child: Element | null = this.#list.lastElementChild): void {
    if (!(child instanceof HTMLElement)) return;
    for (const each of this.#list.querySelectorAll(":scope > [tabindex='0']")) {
      each.setAttribute("tabindex", "-1");
    }
    child.setAttribute("tabindex", "0");
    child.focus();
  }

  #placeRows({ timeline }: Place): void {
    const drawn = new Map<Row, Drawn>();
    const firstUnread = timeline.readUpTo === undefined
      ? undefined
      : timeline.rows.find(({ seq }) => seq !== undefined && seq > (timeline.readUpTo ?? 0));
    let previous: Row | undefined;
    for (const row of timeline.rows) {
      drawn.set(row, this.#drawRow(row, previous, row === firstUnread));
      previous = row;
    }
    const hadFocus = this.#list.contains(document.activeElement);
    this.#drawn = drawn;
    placeChildren(this.#list, [...drawn.values()].map(({ child }) => child));
    if (hadFocus && !this.#list.contains(document.activeElement)) this.focusRow();
    // One row is in the order of Tab: the rest is reached by arrows.
    if (this.#list.querySelector(":scope > [tabindex='0']") === null) {
      this.#list.lastElementChild?.setAttribute("tabindex", "0");
    }
  }

  #drawRow(row: Row, previous: Row | undefined, isFirstUnread: boolean): Drawn {
    const known = this.#drawn.get(row);
    if (known !== undefined && known.previous === previous) {
      if (known.isFirstUnread === isFirstUnread) return known;
    }
    return {
      child: rowElement(row, { previous, isFirstUnread }, this.#acts),
      previous,
      isFirstUnread,
    };
  }

  /** The first row in sight, found by halving: each look at a position costs. */
  #topRow(): Row | undefined {
    const top = this.#scroller.getBoundingClientRect().top;
    const rows = [...this.#drawn.keys()];
    let [low, high] = [0, rows.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#bottomOf(rows[middle]) > top) high = middle;
      else low = middle + 1;
    }
    return rows[low];
  }

  /** The lower edge of a row: what stands above its text may come and go. */
  #bottomOf(row: Row | undefined): number {
    const child = row === undefined ? undefined : this.#drawn.get(row)?.child;
    return child?.getBoundingClientRect().bottom ?? 0;
  }

  #look(): void {
    const { scrollTop, scrollHeight, clientHeight } = this.#scroller;
    this.isAtEnd = scrollHeight - scrollTop - clientHeight < NEAR.end;
  }

  #scrolled(): void {
    this.#look();
    this.#askForMore();
    this.#acts.scrolled();
  }

  #askForMore(): void {
    const { scrollTop, scrollHeight, clientHeight } = this.#scroller;
    if (this.#place === undefined) return;
    const { timeline } = this.#place;
    if (!timeline.isWhole && scrollTop < NEAR.more) this.#acts.more("earlier");
    else if (!timeline.isLive && scrollHeight - scrollTop - clientHeight < NEAR.more) {
      this.#acts.more("later");
    }
  }

  #key(event: KeyboardEvent): void {
    const current = (event.target as Element).closest("#log > li");
    const moves: Record<string, () => Element | null | undefined> = {
      ArrowUp: () => current?.previousElementSibling,
      ArrowDown: () => current?.nextElementSibling,
      Home: () => this.#list.firstElementChild,
      End: () => this.#list.lastElementChild,
    };
    if (event.key === "Escape") return this.#acts.leave();
    const to = moves[event.key]?.();
    if (to === undefined || to === null) return;
    event.preventDefault();
    this.focusRow(to);
  }
}
