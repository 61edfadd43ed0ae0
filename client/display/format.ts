/** Items → lines of styled text. Everything that comes out is safe to show. */

import {
  escapeForTerminal,
  escapeLinesForTerminal,
  fold,
  type SessionSummary,
} from "../../protocol/mod.ts";
import { type Clock, localClock } from "./clock.ts";
import type { Happening, Item, MessageItem, Target } from "../../core/chat/items.ts";
import {
  aboutLines,
  accessText,
  actParts,
  banParts,
  invitationText,
  type Part,
  removalParts,
} from "../../core/rights/words.ts";
import { splitAtMentions } from "../../protocol/mentions.ts";

/** The role of a piece of text, from which `colors.ts` derives its look. */
export type Style =
  | "time"
  | "room"
  | "text"
  | "mention"
  | "past"
  | "happened"
  | "notice"
  | "problem"
  | "mark"
  /** A person's name: each person has a color. */
  | { readonly person: string };

/** A piece of text with one style; safe to show. */
export interface Span {
  readonly text: string;
  readonly style: Style;
}

/** One finished line, or a head with several rows of text under one another. */
export interface Line {
  readonly head: readonly Span[];
  /** The rows that the author wrote; never empty. */
  readonly rows: readonly (readonly Span[])[];
  /** Epoch milliseconds, for the clock before the line. */
  readonly at: number | undefined;
}

// Names without quotation marks: nothing in them can pass for the words around them.
const PLAIN_LABEL =
  /^[\p{L}\p{N}\p{Emoji_Presentation}][\p{L}\p{N}\p{M}\p{Extended_Pictographic}\u{1F3FB}-\u{1F3FF}\u{1F1E6}-\u{1F1FF}\u200D\uFE0F_.'’@+~!?&-]*(?: [\p{L}\p{N}\p{Emoji_Presentation}][\p{L}\p{N}\p{M}_'’+&-]*)*$/u;

// Most names are ASCII, and compiling the pattern above takes milliseconds.
const PLAIN_ASCII = /^[A-Za-z0-9][A-Za-z0-9_.'@+~!?&-]*$/;

/** A name or a room to show, in quotation marks when it could be misread. */
export function label(name: string): string {
  if (PLAIN_ASCII.test(name)) return name;
  const safe = escapeForTerminal(name);
  return PLAIN_LABEL.test(safe) ? safe : `"${safe.replaceAll('"', "'")}"`;
}

/** The label of a message's target. */
export function targetLabel(target: Target): string {
  return "room" in target ? label(target.room) : label(target.to);
}

/** The lines that show `item` to the person called `self`; dates in them are `clock`'s. */
export function format(item: Item, self: string, clock: Clock = localClock): Line[] {
  // The compiler can't see that a row's kind is the item's kind.
  return (FORMATS[item.kind] as Format<Item>)(item, self, clock);
}

type Format<Shown> = (item: Shown, self: string, clock: Clock) => Line[];

const FORMATS: { [Kind in Item["kind"]]: Format<Extract<Item, { kind: Kind }>> } = {
  message: (item, self, clock) =>
    item.message.kind === "act" ? [formatAct(item, clock)] : [formatMessage(item, self)],
  direct: ({ direct }) => {
    const head = [
      span("[", "room"),
      person(direct.sender),
      span(" > ", "room"),
      person(direct.to),
      span("] ", "room"),
    ];
    return [{ head, rows: textRows(direct.text, "text"), at: direct.at }];
  },
  happened: ({ what, room, at }, _self, clock) => {
    const head = room === undefined ? [] : roomHead(room);
    return [{ head: [...head, span("-- ", "happened")], rows: [happened(what, clock)], at }];
  },
  notice: ({ text }) => [ownWords("-- ", text, "notice")],
  problem: ({ text }) => [ownWords("!! ", text, "problem")],
  mark: ({ mark }) => [
    ownWords("-- ", `${label(mark.room)}: ${unreadText(mark.unread, mark.mentions)}`, "mark"),
  ],
  failed: ({ target, text, reason }) => [
    ownWords("!! ", `Not sent to ${targetLabel(target)}: ${text}`, "problem"),
    ownWords("!! ", reason, "problem"),
  ],
  people: ({ room, names }) => [
    ownWords("-- ", `${names.length} in ${label(room)}: ${names.map(label).join(", ")}`, "notice"),
  ],
  rooms: ({ rooms }) =>
    rooms.map(({ room, members, topic, access }) => {
      const head = `${label(room)} (${members}${accessText(access)})`;
      return ownWords("-- ", topic === "" ? head : `${head}: ${topic}`, "notice");
    }),
  unread: ({ rooms }) =>
    listed(rooms.filter(({ unread }) => unread > 0), "Nothing is unread", (room) => {
      const text = unreadText(room.unread, room.mentions);
      return ownWords("-- ", `${label(room.room)}: ${text}`, "notice");
    }),
  found: ({ messages }) =>
    listed(messages.toReversed(), "Nothing found", (message, index) => {
      const number = span(`#${messages.length - index} `, "mark");
      return {
        head: [number, ...roomHead(message.room), person(message.sender), span(": ", "past")],
        rows: textRows(message.text, "past"),
        at: message.at,
      };
    }),
  sessions: ({ sessions }, _self, clock) => [
    ...sessions.map((session, index) =>
      ownWords("-- ", `#${index + 1} ${sessionText(session, clock)}`, "notice")
    ),
    ownWords("-- ", "/end N ends one: whoever has it needs the password to come back", "notice"),
  ],
  about: ({ room }) => aboutLines(room).map((parts) => noticeOf(parts)),
  bans: ({ room, bans }, _self, clock) =>
    listed(
      bans,
      `Nobody is banned or muted in ${label(room)}`,
      (ban) => noticeOf(banParts(ban, dated(clock))),
    ),
  acts: ({ room, acts, isAll }, _self, clock) =>
    listed(
      acts,
      `Nothing was done in ${label(room)}${isAll ? "" : " lately: chat-client log has it all"}`,
      (act) => noticeOf([`${dated(clock)(act.at)} `, ...actParts(act, dated(clock))]),
    ),
  invitation: ({ invite, link }, _self, clock) => [
    ownWords("-- ", invitationText(invite, link, dated(clock)), "notice"),
  ],
  help: ({ rows }) => {
    const width = Math.max(...rows.map(([usage]) => usage.length));
    return rows.map(([usage, help]) =>
      ownWords("-- ", `${usage.padEnd(width)}  ${help}`, "notice")
    );
  },
};

function sessionText({ current, connected, since, address }: SessionSummary, clock: Clock): string {
  const what = current ? "this one, connected" : connected ? "connected" : "away";
  const where = address === undefined ? "" : `, from ${address}`;
  return `${what} since ${clock(since).stamp}${where}`;
}

/** The number of unread messages, in words. */
export function unreadText(count: number, mentions: number): string {
  return mentions === 0 ? `${count} unread` : `${count} unread, ${mentions} with your name`;
}

function formatMessage({ message, past }: MessageItem, self: string): Line {
  const style = past ? "past" : "text";
  const action = actionOf(message.text);
  const head = action === undefined
    ? [...roomHead(message.room), person(message.sender), span(": ", style)]
    : [...roomHead(message.room), span("* ", style), person(message.sender), span(" ", style)];
  const rows = textRows(action ?? message.text, style);
  const marked = fold(message.sender) === fold(self) ? rows : rows.map((row) => marks(row, self));
  return { head, rows: marked, at: message.at };
}

function formatAct({ message, past, mention }: MessageItem, clock: Clock): Line {
  const style = past ? "past" : mention ? "mark" : "happened";
  return {
    head: [...roomHead(message.room), span("-- ", style)],
    rows: [spansOf(actParts(message, dated(clock)), style)],
    at: message.at,
  };
}

/** Moments to the minute, as `2026-11-22 14:03`. */
function dated(clock: Clock): (at: number) => string {
  return (at) => clock(at).stamp.slice(0, 16);
}

function noticeOf(parts: readonly Part[]): Line {
  return { head: [span("-- ", "notice")], rows: [spansOf(parts, "notice")], at: undefined };
}

function spansOf(parts: readonly Part[], style: Style): Span[] {
  return parts.map((part) => typeof part === "string" ? span(part, style) : person(part.name));
}

/** The action in a text that begins with "/me " (XEP-0245). */
function actionOf(text: string): string | undefined {
  return text.startsWith("/me ") ? text.slice(4) : undefined;
}

function marks(row: readonly Span[], self: string): Span[] {
  return row.flatMap(({ text, style }) =>
    splitAtMentions(text, self)
      .map((part, index): Span => ({ text: part, style: index % 2 === 1 ? "mention" : style }))
      .filter((part) => part.text !== "")
  );
}

function happened(what: Happening, clock: Clock): Span[] {
  const rest = (text: string) => span(text, "happened");
  switch (what.event) {
    case "joined":
      return [person(what.name), rest(" has joined the room.")];
    case "left":
      return [person(what.name), rest(" has left the room.")];
    case "renamed":
      return [person(what.name), rest(" is now "), person(what.newName), rest(".")];
    case "topic":
      return what.topic === ""
        ? [person(what.name), rest(" has cleared the topic.")]
        : [person(what.name), rest(` has set the topic: ${what.topic}`)];
    case "kicked":
    case "banned":
      return spansOf(removalParts(what.event, what.removal, dated(clock)), "problem");
    case "other":
      return [rest(what.message)];
  }
}

function listed<Item>(
  items: Item[],
  empty: string,
  line: (item: Item, index: number) => Line,
): Line[] {
  return items.length === 0 ? [ownWords("-- ", empty, "notice")] : items.map(line);
}

function ownWords(mark: string, text: string, style: Style): Line {
  return { head: [span(mark, style)], rows: textRows(text, style), at: undefined };
}

function roomHead(room: string): Span[] {
  return [span(`[${label(room)}] `, "room")];
}

function person(name: string): Span {
  return { text: label(name), style: { person: fold(name) } };
}

function textRows(text: string, style: Style): Span[][] {
  return escapeLinesForTerminal(text).map((row) => [{ text: row, style }]);
}

function span(text: string, style: Style): Span {
  return { text: escapeForTerminal(text), style };
}

/** A line as one row without style, for `--plain`, pipes and logs. */
export function plainText(line: Line): string {
  const written = (spans: readonly Span[]) => spans.map(({ text }) => text).join("");
  return written(line.head) + line.rows.map(written).join("⏎");
}
