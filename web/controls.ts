/// <reference lib="dom" />
/** The buttons and keys of the page, and what the browser tells of the tab. */

import { askAccount } from "./dialogs.ts";
import { byId, setText } from "./dom.ts";
import type { Keeper } from "./kept/keeper.ts";
import { codeInHash, type Place, roomInHash } from "./model/places.ts";
import { words } from "./model/words.ts";
import { askInBar, notificationState } from "./notify.ts";

/** What the controls need of their owner. */
export interface ControlActs {
  readonly keeper: Keeper;
  /** Carries out a typed line. */
  run(line: string): void;
  shown(): Place;
  /** Goes to the next place, or the one before. */
  move(step: 1 | -1): void;
  ignore(): void;
  leave(): void;
  back(): void;
  latest(): void;
  toUnread(): void;
  /** Connects now; `isSure` if even a link that is up is to be made anew. */
  connect(isSure: boolean): void;
  /** The person looks at the page again. */
  looked(): void;
  announces(isOn: boolean): void;
  enter(room: string, code?: string): void;
}

/** The buttons, the keys, and the tab. */
export class Controls {
  /** Who called while nobody looked. */
  caller: string | undefined;
  /** Keys of places that call nobody. */
  readonly muted: Set<string>;
  readonly #acts: ControlActs;

  constructor(acts: ControlActs) {
    this.#acts = acts;
    this.muted = new Set(acts.keeper.values.muted);
    const clicks: Record<string, () => void> = {
      "mute": () => this.#mute(),
      "ignore": () => acts.ignore(),
      "leave": () => acts.leave(),
      "go-back": () => acts.back(),
      "go-latest": () => acts.latest(),
      "go-unread": () => acts.toUnread(),
      "retry": () => acts.connect(false),
      "open-rooms": () => this.#openRooms(),
      "close-rooms": () => this.closePanels(),
      "toggle-members": () => this.#toggleMembers(),
      "close-members": () => this.closePanels(),
      "account-button": () => void this.#account(),
    };
    for (const [id, click] of Object.entries(clicks)) byId(id).onclick = click;
    byId("join").onsubmit = (event) => {
      event.preventDefault();
      const input = byId<HTMLInputElement>("join-room");
      acts.enter(input.value.trim());
      input.value = "";
    };
    document.onkeydown = (event) => this.#press(event);
    document.onvisibilitychange = globalThis.onpageshow = () => this.#isBack(false);
    globalThis.onfocus = () => this.#isBack(false);
    globalThis.ononline = () => this.#isBack(true);
    globalThis.onhashchange = () => {
      const room = roomInHash(location.hash);
      if (room !== undefined) acts.enter(room, codeInHash(location.hash));
    };
  }

  /** Lets go of the page. */
  close(): void {
    document.onkeydown = document.onvisibilitychange = null;
    globalThis.onpageshow = globalThis.onfocus = globalThis.ononline = null;
    globalThis.onhashchange = null;
  }

  isMuted({ key }: Place): boolean {
    return this.muted.has(key);
  }

  /** Another place was opened: on a phone its messages come to the front. */
  opened(_place: Place): void {
    byId("rooms-part").classList.remove("open");
  }

  /** Closes what covers the messages on a phone. */
  closePanels(): void {
    for (const id of ["rooms-part", "aside"]) byId(id).classList.remove("open");
    byId("toggle-members").setAttribute("aria-expanded", "false");
  }

  #openRooms(): void {
    byId("rooms-part").classList.add("open");
    byId("close-rooms").focus();
  }

  #toggleMembers(): void {
    const isOpen = byId("aside").classList.toggle("open");
    byId("toggle-members").setAttribute("aria-expanded", `${isOpen}`);
  }

  #mute(): void {
    const { key } = this.#acts.shown();
    if (!this.muted.delete(key)) this.muted.add(key);
    this.#acts.keeper.keep({ muted: [...this.muted] });
    this.#acts.run("");
  }

  #press(event: KeyboardEvent): void {
    if (event.key === "Escape") return this.closePanels();
    if (!event.altKey || event.ctrlKey || event.metaKey) return;
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : undefined;
    if (step === undefined) return;
    event.preventDefault();
    this.#acts.move(step);
  }

  #isBack(isSure: boolean): void {
    if (document.visibilityState !== "visible") return;
    this.#acts.connect(isSure);
    this.#acts.looked();
    const { keeper } = this.#acts;
    const isOpen = notificationState() === "default" && keeper.values.notifies === undefined;
    if (this.caller === undefined || !isOpen) return;
    askInBar(words("askNotify", this.caller), () => void this.#notify());
    this.caller = undefined;
    keeper.keep({ notifies: false });
  }

  async #notify(): Promise<void> {
    const isOn = await Notification.requestPermission() === "granted";
    this.#acts.keeper.keep({ notifies: isOn });
  }

  async #account(): Promise<void> {
    const { keeper, announces, run } = this.#acts;
    const [notifies, speaks] = ["set-notify", "set-announce"].map((id) =>
      byId<HTMLInputElement>(id)
    ) as [HTMLInputElement, HTMLInputElement];
    const state = notificationState();
    notifies.checked = state === "granted" && keeper.values.notifies !== false;
    notifies.disabled = state === "none" || state === "denied";
    setText(byId("notify-note"), notifies.disabled ? words("notifyBlocked") : "");
    notifies.onchange = () => {
      keeper.keep({ notifies: notifies.checked });
      if (notifies.checked) void this.#notify();
    };
    speaks.checked = keeper.values.announces;
    speaks.onchange = () => {
      keeper.keep({ announces: speaks.checked });
      announces(speaks.checked);
    };
    const command = await askAccount();
    if (command !== "") run(command);
  }
}
