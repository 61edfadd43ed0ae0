/// <reference lib="dom" />
/** The look of each row of the list of messages: one list item with author, text, then time. */

import type { Happening, Item } from "../core/chat/items.ts";
import {
  aboutLines,
  accessText,
  actParts,
  banParts,
  invitationText,
  type Part,
  removalParts,
} from "../core/rights/words.ts";
import { fold, type SessionSummary } from "../protocol/mod.ts";
import { element } from "./dom.ts";
import { nameOf } from "./model/places.ts";
import { hueOf, type Piece, piecesOf, safeLine } from "./model/text.ts";
import type { Row } from "./model/timeline.ts";
import { clock, dayOf, exactly, type Word, wordParts, words } from "./model/words.ts";

/** The acts that a row may ask for. */
export interface RowActs {
  /** The own name. */
  self(): string;
  /** Sends a refused message again, or discards it. */
  settle(row: Row, again: boolean): void;
  /** Carries out a typed line. */
  run(line: string): void;
  openDirect(name: string): void;
}

/** What stands before a row: the row before it, and whether the unread ones begin here. */
export interface RowPlace {
  readonly previous: Row | undefined;
  readonly isFirstUnread: boolean;
}

/** Milliseconds after which an author is named again. */
const FOLLOWS_FOR = 300_000;

/** Characters and lines above which a text is folded. */
const FOLD = { characters: 1_500, lines: 16 } as const;

type Shown<Kind extends Item["kind"]> = Extract<Item, { kind: Kind }>;
type Make<Kind extends Item["kind"]> = (item: Shown<Kind>, row: Row, acts: RowActs) => Node[];

/** The list item of a row. */
export function rowElement(row: Row, place: RowPlace, acts: RowActs): HTMLLIElement {
  const { item } = row;
  const follows = !place.isFirstUnread && isSameAuthor(place.previous, row);
  const isCall = item.kind === "message" && item.mention;
  const marks = [
    `row ${isAct(item) ? "happened" : item.kind}`,
    follows ? "follows" : "",
    isCall ? "calls" : "",
  ];
  // The compiler can't see that a row's kind is the item's kind.
  const content = (MAKERS[item.kind] as Make<Item["kind"]>)(item as never, row, acts);
  return element(
    "li",
    { class: marks.join(" ").trim(), tabindex: "-1" },
    ...heading(row, place),
    element("div", { class: "body" }, ...content),
  );
}

function isAct(item: Item): boolean {
  return item.kind === "message" && item.message.kind === "act";
}

/** The day, where a new one begins, and the mark before what is unread. */
function heading(row: Row, { previous, isFirstUnread }: RowPlace): Node[] {
  const day = row.at === undefined ? undefined : dayOf(row.at);
  const isNewDay = day !== undefined && (previous?.at === undefined || dayOf(previous.at) !== day);
  return [
    ...isNewDay ? [element("div", { class: "day" }, element("span", {}, day))] : [],
    ...isFirstUnread
      ? [element("div", { class: "mark" }, element("span", {}, words("newMessages")))]
      : [],
  ];
}

function isSameAuthor(previous: Row | undefined, row: Row): boolean {
  if (previous?.at === undefined || row.at === undefined) return false;
  const [one, other] = [authorOf(previous.item), authorOf(row.item)];
  if (one === undefined || other === undefined || fold(one) !== fold(other)) return false;
  return row.at - previous.at < FOLLOWS_FOR && dayOf(row.at) === dayOf(previous.at);
}

function authorOf(item: Item): string | undefined {
  if (item.kind === "message") return isAct(item) ? undefined : item.message.sender;
  return item.kind === "direct" ? item.direct.sender : undefined;
}

const MAKERS: { [Kind in Item["kind"]]: Make<Kind> } = {
  message: ({ message, own }, _row, acts) =>
    message.kind === "act"
      ? [element("p", {}, ...nodesOf(actParts(message, exactly))), timeOf(message.at)]
      : said(message, own, acts),
  direct: ({ direct, own }, _row, acts) => said(direct, own, acts),
  happened: ({ what, at }) => [element("p", {}, ...happened(what)), timeOf(at)],
  notice: ({ text }) => [element("p", {}, safeLine(text))],
  problem: ({ text }) => [element("p", {}, safeLine(text))],
  failed: ({ text, reason }, row, acts) => [
    textElement(text, undefined),
    element("p", { class: "reason" }, `✗ ${words("refused", safeLine(reason))}`),
    element(
      "div",
      { class: "acts" },
      button("sendAgain", () => acts.settle(row, true)),
      button("discard", () => acts.settle(row, false)),
    ),
  ],
  people: ({ room, names }, _row, acts) => [
    element("p", {}, `${safeLine(room)}: ${words("memberCount", names.length)}`),
    list(names.map((name) => [nameButton(name, () => acts.openDirect(name))])),
  ],
  rooms: ({ rooms }, _row, acts) => [
    list(rooms.map(({ room, members, topic, access }) => [
      nameButton(room, () => acts.run(`/join ${room}`)),
      ` ${members}${safeLine(accessText(access))}${topic === "" ? "" : ` · ${safeLine(topic)}`}`,
    ])),
  ],
  unread: ({ rooms }, _row, acts) => unreadRows(rooms.filter(({ unread }) => unread > 0), acts),
  sessions: ({ sessions }, _row, acts) => [
    list(sessions.map((session, index) => [
      `${index + 1}. ${sessionText(session)} `,
      button("end", () => acts.run(`/end ${index + 1}`)),
    ])),
  ],
  about: ({ room }) => aboutLines(room).map((parts) => element("p", {}, ...nodesOf(parts))),
  bans: ({ bans }) =>
    bans.length === 0
      ? [element("p", {}, words("nobodyBanned"))]
      : [list(bans.map((ban) => nodesOf(banParts(ban, exactly))))],
  acts: ({ acts: done }) =>
    done.length === 0 ? [element("p", {}, words("nothingDone"))] : [
      list(done.map((act) => [`${exactly(act.at)} `, ...nodesOf(actParts(act, exactly))])),
    ],
  invitation: ({ invite, link }) => [
    element("p", {}, safeLine(invitationText(invite, link, exactly))),
  ],
  help: ({ rows }) => [
    element(
      "dl",
      {},
      ...rows.flatMap(([usage, help]) => [
        element("dt", {}, element("code", { dir: "ltr" }, usage)),
        element("dd", {}, help),
      ]),
    ),
  ],
  // The page shows these elsewhere.
  mark: () => [],
  found: () => [],
};

/** Words with names in them. */
function nodesOf(parts: readonly Part[]): (Node | string)[] {
  return parts.map((part) => typeof part === "string" ? safeLine(part) : nameElement(part.name));
}

/** A message: author, text, time. */
function said(
  { sender, text, at }: { sender: string; text: string; at: number },
  own: boolean,
  acts: RowActs,
): Node[] {
  const action = text.startsWith("/me ") ? text.slice(4) : undefined;
  const mentioned = own ? undefined : acts.self();
  const body = textElement(action ?? text, mentioned);
  if (action !== undefined) body.classList.add("action");
  return [
    avatar(sender),
    element("div", { class: "author" }, nameElement(sender)),
    ...folded(body, action ?? text),
    timeOf(at),
    ...own
      ? [element("span", { class: "kept", role: "img", "aria-label": words("kept") }, "✓")]
      : [],
  ];
}

/** A message that waits in the outbox; `isStored` once it would survive the end of the browser. */
export function waitingElement(self: string, text: string, isStored: boolean): HTMLLIElement {
  const mark = element("span", { class: "kept", role: "img", "aria-label": words("waits") }, "◷");
  const author = element("div", { class: "author" }, nameElement(self));
  const content = [avatar(self), author, textElement(text, undefined), ...isStored ? [mark] : []];
  return element(
    "li",
    { class: "row message waiting" },
    element("div", { class: "body" }, ...content),
  );
}

/** A person's name in the color that it has everywhere. */
export function nameElement(name: string): HTMLElement {
  const created = element("bdi", { class: "name" }, safeLine(name));
  // Through the object model: a style attribute is what the policy forbids.
  created.style.setProperty("--hue", `${hueOf(fold(name))}`);
  return created;
}

function avatar(name: string): HTMLElement {
  const initial = [...safeLine(name)].find((each) => /[\p{L}\p{N}]/u.test(each)) ?? "•";
  const created = element(
    "span",
    { class: "avatar", "aria-hidden": "true" },
    initial.toUpperCase(),
  );
  created.style.setProperty("--hue", `${hueOf(fold(name))}`);
  return created;
}

/** The text with links and mentions; `self` is the name whose mentions are marked. */
export function textElement(text: string, self: string | undefined): HTMLElement {
  const pieces = piecesOf(text, self).map((piece): Node | string => {
    const { text } = piece;
    if (piece.kind === "text") return text;
    if (piece.kind === "mention") return element("mark", {}, text);
    const { href } = piece as Extract<Piece, { kind: "link" }>;
    const rel = "noopener noreferrer nofollow";
    return element("a", { href, rel, target: "_blank", dir: "ltr" }, text);
  });
  return element("p", { class: "text", dir: "auto" }, ...pieces);
}

/** A long text, of which only the beginning is seen at first. */
function folded(body: HTMLElement, text: string): HTMLElement[] {
  if (text.length < FOLD.characters && text.split("\n", FOLD.lines + 1).length <= FOLD.lines) {
    return [body];
  }
  body.classList.add("folded");
  const more = button("showAll", () => {
    body.classList.remove("folded");
    more.remove();
  });
  more.classList.add("more");
  return [body, more];
}

function timeOf(at: number): HTMLElement {
  const machine = Math.abs(at) <= 8.64e15 ? new Date(at).toISOString() : undefined;
  return element("time", { datetime: machine, title: exactly(at) }, clock(at));
}

function happened(what: Happening): (Node | string)[] {
  switch (what.event) {
    case "joined":
      return wordParts("joined", nameElement(what.name));
    case "left":
      return wordParts("left", nameElement(what.name));
    case "renamed":
      return wordParts("renamed", nameElement(what.name), nameElement(what.newName));
    case "topic": {
      const topic = element("bdi", {}, safeLine(what.topic));
      return wordParts(
        what.topic === "" ? "topicCleared" : "topicSet",
        nameElement(what.name),
        topic,
      );
    }
    case "kicked":
    case "banned":
      return nodesOf(removalParts(what.event, what.removal, exactly));
    case "other":
      return [safeLine(what.message)];
  }
}

function unreadRows(rooms: Shown<"unread">["rooms"], acts: RowActs): Node[] {
  if (rooms.length === 0) return [element("p", {}, words("nothingUnread"))];
  return [list(rooms.map(({ room, unread, mentions }) => [
    nameButton(room, () => acts.run(`/room ${room}`)),
    ` ${words("unread", unread)}${mentions === 0 ? "" : `, ${words("mentions", mentions)}`}`,
  ]))];
}

function sessionText({ current, connected, since, address }: SessionSummary): string {
  const parts = [
    ...current ? [words("thisDevice")] : [],
    words(connected ? "connected" : "away", exactly(since)),
    ...address === undefined ? [] : [words("from", safeLine(address))],
  ];
  return parts.join(", ");
}

/** A button with a word of the page on it. */
export function button(word: Word, act: () => void): HTMLButtonElement {
  return element("button", { type: "button", click: act }, words(word));
}

/** A button that is a name, of a person or a room. */
export function nameButton(name: string, act: () => void): HTMLButtonElement {
  return element("button", { type: "button", class: "link", click: act }, nameElement(name));
}

function list(rows: (Node | string)[][]): HTMLElement {
  return element("ul", {}, ...rows.map((row) => element("li", {}, ...row)));
}

/** What a screen reader is told of a row as it comes; nothing of what is no message. */
export function spoken({ item }: Row): string | undefined {
  if (item.kind === "message" && item.message.kind === "act") {
    const parts = actParts(item.message, exactly);
    return safeLine(parts.map((part) => typeof part === "string" ? part : part.name).join(""));
  }
  if (item.kind === "message" && !item.own) {
    return words("says", safeLine(item.message.sender), safeLine(item.message.text));
  }
  if (item.kind === "direct" && !item.own) {
    return words("directSays", safeLine(item.direct.sender), safeLine(item.direct.text));
  }
  return item.kind === "notice" ? safeLine(item.text) : undefined;
}

/** A search result: where it was said, and the way there. */
export function foundElement(
  { sender, room, text, at }: { sender: string; room: string; text: string; at: number },
  open: () => void,
): HTMLLIElement {
  return element(
    "li",
    {},
    element(
      "p",
      { class: "where" },
      nameElement(sender),
      " · ",
      element("bdi", {}, safeLine(room)),
    ),
    textElement(text, undefined),
    element("time", { title: exactly(at) }, `${dayOf(at)}, ${clock(at)}`),
    button("inContext", open),
  );
}

/** The name of a place for headings: `# General`, or a person's. */
export function placeTitle(target: Parameters<typeof nameOf>[0]): string {
  return safeLine(nameOf(target));
}
