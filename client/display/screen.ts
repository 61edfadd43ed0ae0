/** Items → rows of the terminal, with rules where the day changes and unread messages begin. */

import { fold } from "../../protocol/mod.ts";
import { roomOf, UnreadBuffer, unreadIn } from "./unread_buffer.ts";
import type { Clock } from "./clock.ts";
import type { Styler } from "./colors.ts";
import type { Item } from "../../core/chat/items.ts";
import { format, label, unreadText } from "./format.ts";
import { textWidth, truncate } from "../editor/width.ts";
import { wrap } from "./wrap.ts";

/** Columns of a rule. */
const MAX_RULE = 72;

/** The inputs of the rows besides the items. */
export interface ScreenOptions {
  readonly clock: Clock;
  readonly styled: Styler;
  readonly columns: () => number;
  /** The person's own name. */
  readonly self: () => string;
}

/** Items of a room that were not kept, before the message with this `seq`. */
interface Skipped {
  readonly seq: number | undefined;
  readonly left: number;
}

/** Turns items into rows; holds those of other rooms until the person goes there. */
export class Screen {
  readonly unreadBuffer: UnreadBuffer = new UnreadBuffer();
  readonly #options: ScreenOptions;
  #rows: string[] = [];
  #room: string | undefined;
  #day: string | undefined;
  /** Whether the person has looked away, and whether a rule has been drawn since. */
  #away: "no" | "yes" | "marked" = "no";

  constructor(options: ScreenOptions) {
    this.#options = options;
  }

  /** The rows that are new since the last call. */
  takeRows(): string[] {
    const rows = this.#rows;
    this.#rows = [];
    return rows;
  }

  /** Shows an item, or holds it for later; `now` is epoch milliseconds. */
  show(item: Item, now: number): void {
    const room = roomOf(item);
    if (room !== undefined && this.#isOwnLeaving(item)) this.unreadBuffer.take(room);
    else if (room !== undefined && this.#room !== undefined && fold(room) !== this.#room) {
      return this.unreadBuffer.keep(room, item);
    }
    this.#markUnread(item);
    this.#print(item, now);
  }

  /** Makes `room` the one on the screen, and shows the items held for it. */
  activate(room: string, now: number): Skipped | undefined {
    if (this.#room === fold(room)) return undefined;
    const first = this.#room === undefined;
    this.#room = fold(room);
    const { items, left, count, mentions } = this.unreadBuffer.take(room);
    if (!first) this.#rule(label(room));
    if (left > 0) this.#print({ kind: "notice", text: `${left} more: /history shows them` }, now);
    // If the first unread message was dropped, all that were kept are unread.
    const unread = Math.max(0, items.findIndex((item) => unreadIn(item).count > 0));
    items.forEach((item, index) => {
      if (count > 0 && index === unread) this.#rule(unreadText(count, mentions));
      this.#print(item, now);
    });
    return left === 0
      ? undefined
      : { seq: items.map(seqOf).find((seq) => seq !== undefined), left };
  }

  /** Notes that the terminal has lost the focus. */
  lookAway(): void {
    if (this.#away === "no") this.#away = "yes";
  }

  /** Notes that the terminal has the focus again. */
  lookBack(): void {
    this.#away = "no";
  }

  /** Whether the person has left a room: shown in any room, and the room's held items are dropped. */
  #isOwnLeaving(item: Item): boolean {
    return item.kind === "happened" && item.what.event === "left" &&
      fold(item.what.name) === fold(this.#options.self());
  }

  #markUnread(item: Item): void {
    const { count, mentions } = unreadIn(item);
    if (item.kind === "mark") return this.#rule(unreadText(count, mentions));
    if (this.#away !== "yes" || count === 0) return;
    this.#away = "marked";
    this.#rule("unread");
  }

  #print(item: Item, now: number): void {
    // A rule is shown in its place.
    if (item.kind === "mark") return;
    const { clock, styled, columns, self } = this.#options;
    for (const line of format(item, self(), clock)) {
      const moment = clock(line.at ?? now);
      if (line.at !== undefined) this.#markDay(moment.day);
      this.#rows.push(...wrap(line, columns(), styled, line.at === undefined ? "" : moment.time));
    }
  }

  #markDay(day: string): void {
    if (this.#day !== day && this.#day !== undefined) this.#rule(day);
    this.#day = day;
  }

  #rule(text: string): void {
    const { columns, styled } = this.#options;
    const line = truncate(`── ${text} `, columns());
    const left = Math.min(columns(), MAX_RULE) - textWidth(line);
    this.#rows.push(styled(line + "─".repeat(Math.max(0, left / textWidth("─"))), "mark"));
  }
}

function seqOf(item: Item): number | undefined {
  return item.kind === "message" ? item.message.seq : undefined;
}
