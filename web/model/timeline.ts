/**
 * The shown part of a room: a window onto its messages, with what else happened between them.
 * It grows at either end and loses what is far from the reader, so a tab's memory is bounded.
 */

import type { Item } from "../../core/chat/items.ts";
import type { MessagePayload } from "../../protocol/mod.ts";

/** Rows that are kept of the room on the screen, and of any other. */
export const MOST_ROWS = { shown: 400, other: 200 } as const;

/** One row. */
export interface Row {
  readonly item: Item;
  /** The `seq` of a room's message. */
  readonly seq: number | undefined;
  /** Epoch milliseconds; `undefined` for what this program says itself. */
  readonly at: number | undefined;
}

/** A part of a room's history, as the server answered it; `items` lack those of ignored people. */
export interface Page {
  readonly items: readonly Item[];
  readonly messages: readonly MessagePayload[];
}

/** The row of an item; direct messages are numbered by the page, in `seq`. */
export function rowOf(item: Item, seq?: number): Row {
  if (item.kind === "message") return { item, seq: item.message.seq, at: item.message.at };
  if (item.kind === "direct") return { item, seq, at: item.direct.at };
  return { item, seq: undefined, at: item.kind === "happened" ? item.at : undefined };
}

/** The window onto one room, or onto what was said to one person. */
export class Timeline {
  rows: Row[] = [];
  /** The lowest and the highest `seq` of the window; `undefined` while it has no message. */
  first: number | undefined;
  last: number | undefined;
  /** Whether nothing is earlier than its beginning. */
  isWhole = false;
  /** Whether nothing is later than its end: live messages are shown. */
  isLive = true;
  /** Messages that came while it was not live. */
  missed = 0;
  /** Up to here all was read when the person looked; what follows is marked as new. */
  readUpTo: number | undefined;

  /** Adds what comes now. `isRead` if the person looks at the end, so that the beginning may go. */
  add(row: Row, most: number, isRead: boolean): void {
    if (!this.isLive) {
      if (row.seq !== undefined) this.missed++;
      // A refusal must not be missed; it belongs to no message.
      if (row.at !== undefined) return;
    }
    // Core shows each message once: a lower seq means that the room's log has begun anew.
    if (row.seq !== undefined && row.seq <= (this.last ?? 0)) this.clear();
    this.rows.push(row);
    this.#reach(row.seq);
    if (this.rows.length <= most + most / 10) return;
    if (isRead) this.dropBefore(most);
    else this.isLive = false;
  }

  /** Removes one row. */
  remove(row: Row): void {
    this.rows = this.rows.filter((each) => each !== row);
  }

  /** Forgets everything: what follows is not next to what was there. */
  clear(): void {
    Object.assign(this, { rows: [], first: undefined, last: undefined, isWhole: false });
    Object.assign(this, { isLive: true, missed: 0 });
  }

  /** Puts earlier messages before the window; `more` if there are still earlier ones. */
  prepend({ items, messages }: Page, more: boolean): void {
    this.rows = [...items.map((item) => rowOf(item)), ...this.rows];
    this.first = messages[0]?.seq ?? this.first;
    this.last ??= messages.at(-1)?.seq;
    this.isWhole = !more;
    if (this.rows.length > MOST_ROWS.shown) this.#dropAfter(MOST_ROWS.shown);
  }

  /** Puts later messages behind the window; `isLive` if they reach the latest. */
  append({ items, messages }: Page, isLive: boolean): void {
    this.rows.push(...items.map((item) => rowOf(item)));
    this.first ??= messages[0]?.seq;
    this.#reach(messages.at(-1)?.seq);
    this.isLive = isLive;
    if (isLive) this.missed = 0;
    this.dropBefore(MOST_ROWS.shown);
  }

  /** Keeps the last `most` rows. */
  dropBefore(most: number): void {
    const dropped = this.rows.splice(0, Math.max(0, this.rows.length - most));
    if (!dropped.some(({ seq }) => seq !== undefined)) return;
    this.isWhole = false;
    this.first = this.rows.find(({ seq }) => seq !== undefined)?.seq;
    if (this.first === undefined) this.last = undefined;
  }

  #dropAfter(most: number): void {
    const dropped = this.rows.splice(most);
    if (!dropped.some(({ seq }) => seq !== undefined)) return;
    this.isLive = false;
    this.last = this.rows.findLast(({ seq }) => seq !== undefined)?.seq;
  }

  #reach(seq: number | undefined): void {
    if (seq === undefined) return;
    this.first ??= seq;
    this.last = seq;
  }
}
