/// <reference lib="dom" />
/** What stands beside the messages: rooms and conversations, members, the heading, the link's status. */

import type { ChatState, RoomState } from "../core/chat/state.ts";
import type { Session } from "../core/session/session.ts";
import { fold } from "../protocol/mod.ts";
import { byId, element, KeyedList, setAttribute, setText } from "./dom.ts";
import { isRoom, nameOf, type Place, type Places } from "./model/places.ts";
import { safeLine } from "./model/text.ts";
import { exactly, words } from "./model/words.ts";
import { nameElement, placeTitle } from "./rows.ts";

/** Members that are listed; a room may have thousands. */
const MOST_MEMBERS = 200;

/** What the side may ask for. */
export interface SideActs {
  open(key: string): void;
  openDirect(name: string): void;
}

/** What is shown beside the messages. */
export interface SideState {
  readonly session: Session;
  readonly places: Places;
  readonly shown: Place;
  readonly muted: ReadonlySet<string>;
}

/** The side. */
export class Side {
  readonly #rooms: KeyedList;
  readonly #directs: KeyedList;
  readonly #members: KeyedList;

  constructor(acts: SideActs) {
    const placeButton = (key: string) =>
      element("li", {}, element("button", { type: "button", click: () => acts.open(key) }));
    this.#rooms = new KeyedList(byId("rooms"), placeButton);
    this.#directs = new KeyedList(byId("directs"), placeButton);
    this.#members = new KeyedList(byId("members"), (key) => {
      const act = (event: Event) => {
        const name = (event.currentTarget as HTMLElement).dataset["name"] ?? key;
        acts.openDirect(name);
      };
      return element("li", {}, element("button", { type: "button", click: act }));
    });
  }

  /** Brings everything up to date. */
  draw(state: SideState): void {
    const { session, places, shown } = state;
    const all = [...places.all.values()];
    this.#drawPlaces(this.#rooms, all.filter((place) => isEntered(place, session.state)), state);
    const directs = all.filter((place) => !isRoom(place));
    this.#drawPlaces(this.#directs, directs, state);
    byId("directs-part").hidden = directs.length === 0;
    const room = !isRoom(shown) ? undefined : session.state.rooms.get(fold(nameOf(shown.target)));
    this.#drawMembers(room, session.state);
    drawHeading(state, room);
  }

  #drawPlaces(list: KeyedList, places: readonly Place[], { shown, muted }: SideState): void {
    list.show(new Map(places.map((place) => [place.key, place])), (child, place) => {
      const [open] = child.children as unknown as [HTMLElement];
      setAttribute(open, "aria-current", place === shown ? "page" : undefined);
      const title = placeTitle(place.target);
      const count = place.unread === 0 ? "" : `${place.unread}`;
      const calls = place.mentions > 0 || (!isRoom(place) && place.unread > 0);
      const look = `${title}\n${count}\n${calls}\n${muted.has(place.key)}`;
      if (child.dataset["look"] === look) return;
      child.dataset["look"] = look;
      open.className = [calls ? "calls" : "", muted.has(place.key) ? "muted" : ""].join(" ").trim();
      open.replaceChildren(
        element("span", { "aria-hidden": "true" }, isRoom(place) ? "#" : "@"),
        element("bdi", {}, title),
        ...count === "" ? [] : [unreadBadge(place, count)],
      );
    });
  }

  #drawMembers(room: RoomState | undefined, state: ChatState): void {
    const members = [...room?.members ?? []];
    const shown = new Map(
      members.sort(([one], [other]) => one < other ? -1 : 1).slice(0, MOST_MEMBERS),
    );
    this.#members.show(shown, (child, name) => {
      const [open] = child.children as unknown as [HTMLElement];
      const isIgnored = state.ignored.has(fold(name));
      const look = `${name}\n${isIgnored}\n${state.isSelf(name)}`;
      if (child.dataset["look"] === look) return;
      child.dataset["look"] = look;
      open.dataset["name"] = name;
      open.className = isIgnored ? "ignored" : "";
      const you = state.isSelf(name) ? [` (${words("you")})`] : [];
      open.replaceChildren(nameElement(name), ...you);
    });
    const more = members.length - shown.size;
    setText(byId("members-more"), more > 0 ? words("moreMembers", more) : "");
    setText(byId("members-count"), words("memberCount", members.length));
  }
}

/** A room is listed while this session is in it, or enters it. */
function isEntered(place: Place, state: ChatState): boolean {
  return isRoom(place) && state.rooms.has(fold(nameOf(place.target)));
}

function unreadBadge({ unread, mentions }: Place, count: string): HTMLElement {
  const what = words("unread", unread);
  const label = mentions > 0 ? `${what}, ${words("mentions", mentions)}` : what;
  return element("span", { class: "badge", role: "img", "aria-label": label }, count);
}

function drawHeading(
  { shown, muted, places, session }: SideState,
  room: RoomState | undefined,
): void {
  const isLobby = nameOf(shown.target) === "";
  const title = isLobby ? words("chat") : placeTitle(shown.target);
  setText(byId("title"), title);
  setText(byId("topic"), safeLine(room?.topic ?? ""));
  setText(byId("me"), safeLine(session.state.name));
  const isDirect = !isRoom(shown);
  byId("members-part").hidden = isDirect;
  byId("toggle-members").hidden = isDirect || isLobby;
  byId("mute").hidden = isLobby;
  byId("leave").hidden = isLobby;
  byId("ignore").hidden = !isDirect;
  setText(byId("mute"), words(muted.has(shown.key) ? "unmute" : "mute"));
  setText(byId("leave"), words(isDirect ? "close" : "leaveRoom"));
  const isIgnored = isDirect && session.state.ignored.has(fold(nameOf(shown.target)));
  setText(byId("ignore"), words(isIgnored ? "unignore" : "ignore"));
  const { unread } = places.total(muted);
  const others = unread - (muted.has(shown.key) ? 0 : shown.unread);
  byId("open-rooms").setAttribute("aria-label", words("openRooms", others));
  setText(byId("others"), others === 0 ? "" : `${others}`);
}

/** Says how the link is; the seconds are for eyes alone, or they would be read one by one. */
export function drawStatus({ status }: Session): void {
  const now = performance.now();
  const seconds = (until: number) => Math.max(0, Math.ceil((until - now) / 1000));
  let [text, count] = ["", ""];
  if (status.state === "connecting") text = words("connecting");
  if (status.state === "signing in") text = words("signingIn");
  if (status.state === "offline") {
    text = words("offline", exactly(status.since));
    count = words("retryIn", seconds(status.retryAt));
  }
  if (status.state === "online" && status.heldUntil !== undefined) {
    count = words("held", seconds(status.heldUntil));
  }
  setText(byId("status-text"), text);
  setText(byId("status-count"), count);
  byId("retry").hidden = status.state !== "offline";
  byId("status").className = text === "" && count === "" ? "" : status.state;
}
