/// <reference lib="dom" />
/** The chat on the page: session, list, side and message box wired together. */

import { knownTo } from "../core/chat/completion.ts";
import type { Effect, Item } from "../core/chat/items.ts";
import { learnRooms } from "../core/chat/queries.ts";
import type { ChatState } from "../core/chat/state.ts";
import type { Session } from "../core/session/session.ts";
import type { View } from "../core/session/view.ts";
import { type Event, fold, type MessagePayload } from "../protocol/mod.ts";
import { Composer } from "./composer.ts";
import { Controls } from "./controls.ts";
import { askSecret } from "./dialogs.ts";
import { byId, setText } from "./dom.ts";
import { Found } from "./found.ts";
import { History } from "./history.ts";
import type { Keeper } from "./kept/keeper.ts";
import { Log } from "./log.ts";
import { submitLine } from "./model/commands.ts";
import { hashOf, isRoom, keyOf, lobby, nameOf, type Place, Places } from "./model/places.ts";
import { safeLine } from "./model/text.ts";
import { MOST_ROWS, type Row, rowOf } from "./model/timeline.ts";
import { words } from "./model/words.ts";
import { alertPerson, Announcer, notify, showInTab } from "./notify.ts";
import { spoken, waitingElement } from "./rows.ts";
import { drawStatus, Side } from "./side.ts";

/** Milliseconds between two drawings: usually, and in a flood, in which typing comes first. */
const FRAME = { usual: 16, flood: 150 } as const;

/** New rows in one drawing that make it a flood. */
const FLOOD = 12;

/** Milliseconds between two updates of the countdown and of the read position. */
const TICK = 1_000;

/** What the app tells its owner. */
export interface AppOptions {
  readonly keeper: Keeper;
  /** Called once the session has begun. */
  readonly begun: () => void;
  /** Called with each problem until then. */
  readonly tell: (problem: string) => void;
}

/** The chat on the page. */
export class App implements View {
  readonly secret = askSecret;
  readonly #options: AppOptions;
  readonly #places = new Places();
  readonly #announcer = new Announcer();
  readonly #log: Log;
  readonly #side: Side;
  readonly #composer: Composer;
  readonly #found: Found;
  readonly #history: History;
  readonly #controls: Controls;
  #session: Session | undefined;
  #hasBegun = false;
  #shown = lobby();
  #frame: ReturnType<typeof setTimeout> | undefined;
  #drawnAt = 0;
  #sideAt = 0;
  /** Rows that came since the last drawing. */
  #fresh = 0;
  #directs = 0;
  /** The refs of waiting messages that the store has. */
  readonly #stored: Set<number> = new Set();
  /** Where the reader was before a jump. */
  #wayBack: { place: Place; seq: number | undefined } | undefined;

  constructor(options: AppOptions) {
    this.#options = options;
    const { keeper } = options;
    const acts = {
      self: () => this.#session?.state.name ?? "",
      settle: (row: Row, again: boolean) => this.#settle(row, again),
      run: (line: string) => this.#submit(line),
      openDirect: (name: string) => this.#goTo(this.#places.of({ to: name })),
      open: (key: string) => this.#goTo(this.#places.all.get(key) ?? this.#shown),
      more: (end: "earlier" | "later") => this.#history.more(this.#shown, end),
      scrolled: () => this.changed(),
      leave: () => byId("message").focus(),
      jumpTo: (message: MessagePayload) => this.#jumpTo(message),
      state: () => this.#onlineState,
      perform: (effects: Effect[]) => this.#session?.perform(effects),
      changed: () => this.changed(),
    };
    this.#log = new Log(acts);
    this.#side = new Side(acts);
    this.#found = new Found(acts);
    this.#history = new History(acts);
    this.#composer = new Composer({
      submit: (line) => this.#submit(line),
      known: () => this.#session ? knownTo(this.#session.state) : NOBODY,
      limit: () => this.#session?.state.textLimit ?? Infinity,
      drafted: (drafts) => keeper.keep({ drafts }),
      toMessages: () => this.#log.focusRow(),
    }, keeper.values.drafts);
    this.#controls = new Controls({
      keeper,
      run: acts.run,
      shown: () => this.#shown,
      move: (step) => this.#move(step),
      ignore: () => this.#submit(`/ignore ${nameOf(this.#shown.target)}`),
      leave: () => this.#leave(),
      back: () => this.#goBack(),
      latest: () => this.#toLatest(),
      toUnread: () => this.#log.toMark(),
      connect: (isSure) => this.#connect(isSure),
      looked: () => this.#looked(),
      announces: (isOn) => this.#announcer.isOn = isOn,
      enter: (room, code) =>
        this.#submit(code === undefined ? `/join ${room}` : `/join ${room} --code ${code}`),
    });
    this.#announcer.isOn = keeper.values.announces;
  }

  /** Chats until the session ends; resolves with the reason, or `undefined` if the person left. */
  async run(session: Session): Promise<string | undefined> {
    this.#session = session;
    const { keeper } = this.#options;
    for (const item of [...keeper.directs, ...keeper.values.failed]) this.#restore(session, item);
    const directSeq = keeper.lastDirectSeq;
    if (directSeq !== undefined) session.state.lastDirectSeq = directSeq;
    const room = session.state.activeRoom?.name;
    if (room !== undefined) this.#open(this.#places.of({ room }));
    const ticking = setInterval(() => this.#tick(), TICK);
    try {
      return await session.run();
    } finally {
      clearInterval(ticking);
      clearTimeout(this.#frame);
      this.#log.close();
      this.#controls.close();
      this.#draw();
      clearTimeout(this.#frame);
    }
  }

  show(item: Item): void {
    const place = this.#places.placeOf(item, this.#session?.state.name ?? "") ?? this.#shown;
    if (item.kind === "mark") return this.#mark(place, item.mark);
    if (item.kind === "problem") this.#problem(item.text);
    const { keeper } = this.#options;
    if (item.kind === "failed") keeper.keep({ failed: [...keeper.values.failed, item] });
    if (item.kind === "direct") keeper.addDirect(item);
    const row = rowOf(item, item.kind === "direct" ? ++this.#directs : undefined);
    const isShown = place === this.#shown;
    this.#count(row, place);
    place.timeline.add(
      row,
      isShown ? MOST_ROWS.shown : MOST_ROWS.other,
      !isShown || this.#log.isAtEnd,
    );
    this.#fresh++;
    this.changed();
  }

  activated(room: string): void {
    this.#open(this.#places.of({ room }));
  }

  connected(): void {
    const isFirst = !this.#hasBegun;
    this.#hasBegun = true;
    this.#options.begun();
    if (isFirst) this.#composer.focus();
    // Answers that were awaited over the last connection will not come.
    for (const place of this.#places.all.values()) place.isLoading = false;
    const state = this.#session?.state;
    if (state !== undefined) this.#session?.perform([learnRooms(state)]);
  }

  /** Draws soon: at once when nothing was drawn lately, less often in a flood. */
  changed(): void {
    if (this.#frame !== undefined) return;
    const pause = this.#fresh > FLOOD ? FRAME.flood : FRAME.usual;
    const wait = Math.max(0, this.#drawnAt + pause - performance.now());
    this.#frame = setTimeout(() => this.#draw(), wait);
  }

  get #onlineState(): ChatState | undefined {
    return this.#session?.status.state === "online" ? this.#session.state : undefined;
  }

  get #isLooking(): boolean {
    return document.visibilityState === "visible" && document.hasFocus();
  }

  #isSeen(place: Place): boolean {
    return place === this.#shown && this.#isLooking && this.#log.isAtEnd && place.timeline.isLive;
  }

  #restore({ state }: Session, item: Item): void {
    const row = rowOf(item, item.kind === "direct" ? ++this.#directs : undefined);
    this.#places.placeOf(item, state.name)?.timeline.add(row, MOST_ROWS.other, true);
  }

  #problem(text: string): void {
    alertPerson(safeLine(text));
    if (!this.#hasBegun) this.#options.tell(safeLine(text));
  }

  /** What follows in a room is unread: the person begins there. */
  #mark(
    place: Place,
    { seq, unread, mentions }: { seq: number; unread: number; mentions: number },
  ) {
    Object.assign(place, { unread, mentions, opensAtMark: true });
    place.timeline.readUpTo = seq;
    this.changed();
  }

  /** Counts what nobody has seen, calls the person where it is for them, and reads it aloud. */
  #count(row: Row, place: Place): void {
    const { item } = row;
    const isShown = place === this.#shown;
    const text = item.kind === "message" && item.past ? undefined : spoken(row);
    if (text !== undefined && (isShown || item.kind === "direct")) this.#announcer.say(text);
    const isDirect = item.kind === "direct" && !item.own;
    const isCalm = item.kind === "message" && item.message.kind === "act" && !item.mention;
    const isNew = isDirect || (item.kind === "message" && !item.own && !item.past && !isCalm);
    if (!isNew || this.#isSeen(place)) return;
    if (place.unread === 0 && row.seq !== undefined) place.timeline.readUpTo = row.seq - 1;
    place.unread++;
    const isMention = item.kind === "message" && item.mention;
    if (isMention) place.mentions++;
    if (!isDirect && !isMention || this.#isLooking || this.#controls.isMuted(place)) return;
    const said = item.kind === "direct"
      ? item.direct
      : item.kind === "message"
      ? item.message
      : undefined;
    if (said === undefined) return;
    this.#controls.caller = safeLine(said.sender);
    const title = isDirect ? said.sender : `${said.sender} · ${nameOf(place.target)}`;
    notify(safeLine(title), safeLine(said.text), () => this.#goTo(place));
  }

  #submit(line: string): void {
    const session = this.#session;
    if (session === undefined) return;
    const target = isRoom(this.#shown) ? undefined : this.#shown.target;
    const effects = submitLine(session.state, line, target, {
      search: (query) => this.#found.search(query),
      jumpTo: (message) => this.#jumpTo(message),
      earlier: () => this.#history.more(this.#shown, "earlier"),
      closeDirect: () => this.#leave(),
    });
    session.perform(effects);
    for (const effect of effects) {
      if (effect.kind !== "say") continue;
      // What the person says is seen, and so is what was said before it.
      if (keyOf(effect.target) === this.#shown.key) this.#toLatest();
      else this.#goTo(this.#places.of(effect.target));
    }
  }

  /** Sends a refused message again, or forgets it. */
  #settle(row: Row, again: boolean): void {
    const { item } = row;
    const { keeper } = this.#options;
    if (item.kind !== "failed") return;
    this.#places.of(item.target).timeline.remove(row);
    keeper.keep({ failed: keeper.values.failed.filter((each) => !isSameFailure(each, item)) });
    if (again) this.#session?.say(item.target, item.text);
    byId("message").focus();
    this.changed();
  }

  #goTo(place: Place): void {
    const session = this.#session;
    if (session === undefined) return;
    const room = isRoom(place) ? session.state.rooms.get(fold(nameOf(place.target))) : undefined;
    if (room !== undefined) session.perform(session.state.activate(room));
    else if (!isRoom(place)) {
      if (this.#isLooking) session.perform(session.state.markRead());
      // Commands about a room are refused here, rather than meant for the room before.
      session.state.active = undefined;
      this.#open(place);
    }
  }

  #open(place: Place): void {
    const last = this.#shown;
    if (last !== place) {
      if (last.unread === 0) last.timeline.readUpTo = undefined;
      if (last.timeline.isLive) last.timeline.dropBefore(MOST_ROWS.other);
      else last.timeline.clear();
      this.#shown = place;
      place.opensAtMark ||= place.unread > 0;
      this.#composer.open(place.key, safeLine(nameOf(place.target)));
      this.#log.open(place);
      this.#controls.opened(place);
      if (isRoom(place)) this.#options.keeper.keep({ room: nameOf(place.target) });
      const hash = hashOf(place);
      if (hash !== "" && hash !== location.hash) history.replaceState(null, "", hash);
      if (this.#hasBegun) this.#composer.focus();
    }
    this.#sideAt = 0;
    this.changed();
  }

  /** To the next place, or the one before: Alt and an arrow. */
  #move(step: 1 | -1): void {
    const places = [...this.#places.all.values()];
    const next = places.indexOf(this.#shown) + step;
    this.#goTo(places[(next + places.length) % places.length] ?? this.#shown);
  }

  #leave(): void {
    const place = this.#shown;
    if (isRoom(place)) return this.#submit("/leave");
    this.#places.all.delete(place.key);
    const [room] = this.#session?.state.rooms.values() ?? [];
    if (room === undefined) this.#open(lobby());
    else this.#goTo(this.#places.of({ room: room.name }));
  }

  #jumpTo({ room, seq }: MessagePayload): void {
    const from = this.#shown;
    const wayBack = { place: from, seq: this.#log.isAtEnd ? undefined : this.#log.topSeq };
    const place = this.#places.of({ room });
    this.#goTo(place);
    if (place !== this.#shown) return;
    this.#wayBack ??= wayBack;
    this.#controls.closePanels();
    this.#reveal(place, seq, true);
  }

  #goBack(): void {
    const { place, seq } = this.#wayBack ?? { place: this.#shown, seq: undefined };
    this.#wayBack = undefined;
    this.#goTo(place);
    if (seq === undefined) this.#toLatest();
    else this.#reveal(place, seq, false);
    this.changed();
  }

  #reveal(place: Place, seq: number, isFocused: boolean): void {
    const reveal = () => {
      this.#log.draw();
      this.#log.reveal(seq, isFocused);
    };
    if (this.#log.row(seq) !== undefined) reveal();
    else this.#history.around(place, seq, reveal);
  }

  #toLatest(): void {
    const place = this.#shown;
    if (place.timeline.isLive) this.#log.toEnd();
    else this.#history.latest(place, () => (this.#log.draw(), this.#log.toEnd()));
    this.changed();
  }

  /** Connects at once, rather than after a pause; `isSure` if the link that is up may be dead. */
  #connect(isSure: boolean): void {
    const session = this.#session;
    if (session?.status.state === "offline" || (isSure && session?.status.state === "online")) {
      session.reconnect();
    }
  }

  /** The person is back: what was read elsewhere meanwhile is read here too. */
  #looked(): void {
    const state = this.#onlineState;
    if (state === undefined) return;
    this.#session?.perform([state.ask({ type: "unread", payload: {} }, {
      answer: (event) => (this.#readElsewhere(state, event), []),
      refused: () => [],
    })]);
  }

  #readElsewhere(state: ChatState, event: Event): void {
    if (event.type !== "unread") return;
    for (const { room: name, seq, unread, mentions } of event.payload.rooms) {
      const room = state.rooms.get(fold(name));
      const place = this.#places.of({ room: name });
      if (room === undefined || seq <= room.read) continue;
      room.read = seq;
      place.unread = Math.max(0, unread - room.hidden.unread);
      place.mentions = Math.max(0, mentions - room.hidden.mentions);
      place.timeline.readUpTo = place.unread > 0 ? seq : undefined;
    }
    this.changed();
  }

  #tick(): void {
    const session = this.#session;
    if (session === undefined) return;
    drawStatus(session);
    if (!this.#isSeen(this.#shown) || session.status.state !== "online") return;
    const hadUnread = this.#shown.unread > 0;
    Object.assign(this.#shown, { unread: 0, mentions: 0 });
    if (hadUnread) this.changed();
    session.perform(session.state.markRead());
  }

  #draw(): void {
    clearTimeout(this.#frame);
    this.#frame = undefined;
    const session = this.#session;
    if (session === undefined) return;
    const isFlood = this.#fresh > FLOOD;
    this.#fresh = 0;
    this.#keepRooms(session.state);
    this.#drawWaiting(session);
    this.#log.draw();
    if (this.#shown.opensAtMark && this.#shown.timeline.rows.length > 0) {
      this.#shown.opensAtMark = false;
      this.#log.toMark();
    }
    this.#drawAround();
    const now = performance.now();
    // Lists of rooms and members may wait a moment; what is read may not.
    if (!isFlood || now - this.#sideAt > TICK) {
      this.#sideAt = now;
      const muted = this.#controls.muted;
      this.#side.draw({ session, places: this.#places, shown: this.#shown, muted });
      drawStatus(session);
      showInTab(safeLine(nameOf(this.#shown.target)), this.#places.total(muted));
    }
    this.#drawnAt = performance.now();
  }

  /** Adds the rooms that the session has entered, and forgets those that it has left. */
  #keepRooms(state: ChatState): void {
    for (const { name } of state.rooms.values()) this.#places.of({ room: name });
    for (const place of this.#places.all.values()) {
      if (!isRoom(place) || state.rooms.has(fold(nameOf(place.target)))) continue;
      this.#places.all.delete(place.key);
      if (place === this.#shown) this.#open(lobby());
    }
  }

  /** The own messages that wait; one is called so only when it would survive the end of the browser. */
  #drawWaiting({ outbox, state }: Session): void {
    const waiting = [...outbox.drafts].filter(({ target }) => keyOf(target) === this.#shown.key);
    const list = byId("waiting");
    const look = waiting.map(({ ref }) => ref).join();
    if (list.dataset["look"] === look) return;
    list.dataset["look"] = look;
    list.hidden = waiting.length === 0;
    const rows = waiting.map(({ ref, text }) =>
      waitingElement(state.name, text, this.#stored.has(ref))
    );
    list.replaceChildren(...rows);
    const unstored = waiting.filter(({ ref }) => !this.#stored.has(ref));
    if (unstored.length === 0) return;
    void Promise.resolve(outbox.written).then(() => {
      for (const { ref } of unstored) this.#stored.add(ref);
      delete list.dataset["look"];
      this.changed();
    });
  }

  #drawAround(): void {
    const { timeline, isLoading, target, unread } = this.#shown;
    const isLobby = nameOf(target) === "";
    const beginning = isLobby ? words("notInRoom") : words("beginning", safeLine(nameOf(target)));
    setText(byId("start"), timeline.isWhole ? beginning : isLoading ? words("loading") : "");
    const key = isRoom(this.#shown) ? "messages" : "directMessages";
    byId("log").setAttribute("aria-label", words(key, safeLine(nameOf(target))));
    byId("go-latest").hidden = this.#log.isAtEnd && timeline.isLive;
    const fresh = Math.max(unread, timeline.missed);
    setText(byId("go-latest"), fresh > 0 ? words("newBelow", fresh) : words("latest"));
    byId("go-unread").hidden = !this.#log.isMarkAbove;
    byId("go-back").hidden = this.#wayBack === undefined;
  }
}

const NOBODY = { rooms: [], otherRooms: [], people: [], banned: [] };

function isSameFailure(one: Item, other: Item): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
