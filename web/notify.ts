/// <reference lib="dom" />
/** How a person is noticed: the announcer for screen readers, title, favicon, notifications. */

import { byId, element, setText } from "./dom.ts";
import { words } from "./model/words.ts";

/** Milliseconds between two announcements, at least. */
const ANNOUNCE_PAUSE = 1_000;

/** Announcements that stay in the document. */
const MOST_ANNOUNCED = 20;

/** Characters of a text that are read aloud or notified of. */
const MOST_READ = 300;

/**
 * A log that is read aloud, apart from the list on the screen: several screen readers read a
 * whole list again when it gets a line. At most one text a second is added.
 */
export class Announcer {
  readonly #log = byId("announcer");
  #waiting: string[] = [];
  #isResting = false;
  isOn = true;

  /** Announces a text soon. */
  say(text: string): void {
    if (!this.isOn) return;
    this.#waiting.push(text.slice(0, MOST_READ));
    if (!this.#isResting) this.#next();
  }

  #next(): void {
    const [first, ...rest] = this.#waiting;
    this.#waiting = [];
    this.#isResting = first !== undefined;
    if (first === undefined) return;
    const more = rest.length === 0 ? "" : `, ${words("andMore", rest.length)}`;
    this.#log.append(element("p", {}, first + more));
    if (this.#log.children.length > MOST_ANNOUNCED) this.#log.firstElementChild?.remove();
    setTimeout(() => this.#next(), ANNOUNCE_PAUSE);
  }
}

/** Says something at once: a problem that the person must know. */
export function alertPerson(text: string): void {
  const alert = byId("alert");
  alert.replaceChildren(element("p", {}, text));
}

const ICONS = [icon(""), icon("<circle cx='25' cy='7' r='7' fill='%23e03131'/>")] as const;

function icon(dot: string): string {
  return "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'>" +
    "<path d='M4 4h24v18H14l-7 7v-7H4z' fill='%233b5bdb'/>" + dot + "</svg>";
}

/** Shows in the browser's tab where the person is, and what is unread. */
export function showInTab(place: string, { unread, calls }: { unread: number; calls: boolean }) {
  const count = unread === 0 ? "" : `(${unread}) `;
  const title = `${count}${place === "" ? "" : `${place} · `}${words("chat")}`;
  if (document.title !== title) document.title = title;
  const link = byId<HTMLLinkElement>("icon");
  const wanted = ICONS[calls ? 1 : 0];
  if (link.href !== wanted) link.href = wanted;
}

/** Whether the browser has notifications, and whether it lets this page show them. */
export function notificationState(): "none" | "default" | "granted" | "denied" {
  return globalThis.Notification === undefined ? "none" : Notification.permission;
}

/** Notifies of a text by somebody; `open` goes there. */
export function notify(title: string, text: string, open: () => void): void {
  if (notificationState() !== "granted") return;
  try {
    const shown = new Notification(title, { body: text.slice(0, MOST_READ), tag: title });
    shown.onclick = () => {
      globalThis.focus();
      shown.close();
      open();
    };
  } catch (error) {
    // Some phones know notifications of service workers alone.
    if (!(error instanceof TypeError)) throw error;
  }
}

/** Shows a bar with a question above the messages. */
export function askInBar(question: string, yes: () => void): void {
  const bar = byId("bar");
  const answer = (act: () => void) => () => {
    bar.hidden = true;
    act();
  };
  setText(byId("bar-text"), question);
  byId("bar-yes").onclick = answer(yes);
  byId("bar-no").onclick = answer(() => {});
  bar.hidden = false;
}
