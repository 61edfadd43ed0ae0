/** The chat in a terminal: keys, session and screen wired together. */

import { fold } from "../../protocol/mod.ts";
import type { Item } from "../../core/chat/items.ts";
import { learnRooms } from "../../core/chat/queries.ts";
import type { Session } from "../../core/session/session.ts";
import type { AskSecret, View } from "../../core/session/view.ts";
import type { Clock } from "../display/clock.ts";
import type { Styler } from "../display/colors.ts";
import { FrameWriter } from "../display/frame.ts";
import { layOut, promptText, statusText } from "../display/prompt.ts";
import { Screen } from "../display/screen.ts";
import { type ActionName, withKeys } from "../editor/bindings.ts";
import { isReport } from "../editor/key_names.ts";
import type { HistoryFile } from "../editor/history_file.ts";
import type { Terminal } from "./terminal.ts";
import { Typing } from "./typing.ts";
import { WidthProbe } from "./width_probe.ts";

/** Milliseconds between two frames, at least. */
const FRAME = 16;

/** Milliseconds between two bells, at least. */
const BELL_PAUSE = 1_000;

/** Milliseconds between two updates of the countdown and of the read position. */
const TICK = 1_000;

/** The parts of the app. */
export interface AppOptions {
  terminal: Terminal;
  clock: Clock;
  styled: Styler;
  bell: boolean;
  /** Shown once the session has begun. */
  greeting: string | undefined;
  history: HistoryFile | undefined;
}

/** The chat in a terminal. */
export class App implements View {
  readonly #options: AppOptions;
  readonly #writer = new FrameWriter();
  readonly #screen: Screen;
  #session: Session | undefined;
  readonly #typing: Typing;
  /** The last focus report. Many terminals send none, and tmux does by an option. */
  #focus: "in" | "out" | undefined;
  /** Whether a key was pressed since the last look: somebody sees the screen. */
  #isTouched = false;
  #probe = new WidthProbe();
  #frame: ReturnType<typeof setTimeout> | undefined;
  #drawnAt = 0;
  #paused = false;
  #greeting: string | undefined;
  #rungAt = 0;

  constructor(options: AppOptions) {
    this.#options = options;
    this.#greeting = options.greeting;
    const { clock, styled, history, terminal } = options;
    this.#screen = new Screen({
      clock,
      styled,
      columns: () => terminal.size.columns,
      self: () => this.#session?.state.name ?? "",
    });
    this.#typing = new Typing(history, (action) => this.#act(action));
  }

  /** Chats until the person leaves (`undefined`) or the link is lost for good (the reason). */
  async run(session: Session): Promise<string | undefined> {
    this.#session = session;
    const { terminal } = this.#options;
    terminal.watch(() => this.#resized(), () => this.#resumed());
    const ticking = setInterval(() => this.#tick(session), TICK);
    try {
      this.#draw();
      void this.#obey(terminal, session);
      void terminal.closed.then(() => session.leave());
      await this.#probe.ready;
      return await session.run();
    } finally {
      await this.#probe.over();
      clearInterval(ticking);
      clearTimeout(this.#frame);
      this.#frame = undefined;
      terminal.unwatch();
      this.#finish();
    }
  }

  show(item: Item): void {
    this.#screen.show(withKeys(item), Date.now());
    this.#ring(item);
    this.changed();
  }

  activated(room: string): void {
    const skipped = this.#screen.activate(room, Date.now());
    const entered = this.#session?.state.rooms.get(fold(room));
    if (skipped !== undefined && entered !== undefined) {
      const { seq = (entered.last ?? 0) + 1, left } = skipped;
      this.#session?.state.skipped(entered, seq, left);
    }
    this.#typing.enter(room);
    this.changed();
  }

  /** Pending while the terminal has not taken the last frame: meanwhile nothing piles up here. */
  busy(): Promise<void> | undefined {
    return this.#options.terminal.pending;
  }

  leaving(): void {
    this.#typing.close();
    if (this.#session !== undefined) this.#markRead(this.#session);
  }

  readonly secret: AskSecret = (question) => {
    this.changed();
    return this.#typing.ask(question);
  };

  connected(): void {
    if (this.#greeting !== undefined) this.show({ kind: "notice", text: this.#greeting });
    this.#greeting = undefined;
    const state = this.#session?.state;
    if (state !== undefined) this.#session?.perform([learnRooms(state)]);
  }

  /** Draws soon: at once when nothing was drawn lately, and never more often than a frame. */
  changed(): void {
    if (this.#frame !== undefined) return;
    const wait = Math.max(0, this.#drawnAt + FRAME - performance.now());
    this.#frame = setTimeout(() => void this.#drawNext(), wait);
  }

  /** Draws once the terminal has taken the last frame: a slow one gets fewer, not older ones. */
  async #drawNext(): Promise<void> {
    await this.#options.terminal.pending;
    // It may have ended meanwhile.
    if (this.#frame !== undefined) this.#draw();
  }

  #tick(session: Session): void {
    // The prompt counts the seconds of what is waited for.
    if (session.status.state !== "online") return this.changed();
    if (session.status.heldUntil !== undefined) this.changed();
    this.#markRead(session);
  }

  /** Marks as read what is on the screen, if somebody has seen it. */
  #markRead(session: Session): void {
    const isSeen = this.#focus === "in" || this.#isTouched;
    this.#isTouched = false;
    if (isSeen) session.perform(session.state.markRead());
  }

  async #obey(terminal: Terminal, session: Session): Promise<void> {
    for await (const burst of terminal.keys()) {
      this.#isTouched ||= burst.keys.some((key) => !isReport(key));
      if (this.#probe.take(burst.keys)) this.#resized();
      await this.#probe.ready;
      await this.#typing.take(burst, session);
      this.changed();
    }
    await session.leave();
  }

  #act(action: ActionName): void {
    const session = this.#session;
    if (session === undefined) return;
    const number = /^room-(\d)$/.exec(action)?.[1];
    if (number !== undefined) {
      return this.#goTo(session, [...session.state.rooms.values()][Number(number) - 1]?.name);
    }
    const acts: Partial<Record<ActionName, () => void>> = {
      "interrupt": () => this.#leave(session),
      "end": () => this.#leave(session),
      "redraw": () => this.#clear(),
      "suspend": () => void this.#pause(),
      "next-unread": () => this.#goTo(session, this.#screen.unreadBuffer.next),
      "focus-in": () => this.#focused("in"),
      "focus-out": () => this.#focused("out"),
    };
    acts[action]?.();
  }

  #focused(focus: "in" | "out"): void {
    this.#focus = focus;
    if (focus === "in") this.#screen.lookBack();
    else this.#screen.lookAway();
  }

  #leave(session: Session): void {
    this.#typing.close();
    void session.leave();
  }

  #goTo(session: Session, room: string | undefined): void {
    const entered = room === undefined ? undefined : session.state.rooms.get(fold(room));
    if (entered !== undefined) session.perform(session.state.activate(entered));
  }

  async #pause(): Promise<void> {
    if (this.#paused) return;
    const { terminal } = this.#options;
    terminal.write(this.#writer.remove(terminal.size.columns));
    // Messages that come before the program is stopped are drawn when it continues.
    this.#paused = true;
    const problem = await terminal.pause();
    if (problem === undefined) return;
    this.#typing.remark(problem);
    this.#resumed();
  }

  #resumed(): void {
    // Another terminal may have taken its place.
    this.#probe = new WidthProbe();
    this.#paused = false;
    this.#writer.forget();
    this.changed();
  }

  #clear(): void {
    const { terminal } = this.#options;
    terminal.write(`${this.#writer.remove(terminal.size.columns)}\x1b[2J\x1b[H`);
  }

  #resized(): void {
    this.#writer.resized();
    this.changed();
  }

  #draw(): void {
    this.#frame = undefined;
    this.#drawnAt = performance.now();
    const { terminal, styled } = this.#options;
    const { size } = terminal;
    const session = this.#session;
    if (session === undefined || this.#paused) return;
    const prompt = promptText(session.state.activeRoom?.name, this.#screen.unreadBuffer.unread);
    const parts = {
      ...this.#typing.parts(session, prompt),
      drafts: [...session.outbox.drafts],
      status: statusText(session.status, this.#options.clock, performance.now()),
    };
    const block = layOut(parts, size, styled);
    const frame = this.#writer.frame(this.#screen.takeRows(), block, size.columns);
    if (frame !== "") terminal.write(frame);
  }

  /** The last frame: the rows not yet shown, without the prompt. */
  #finish(): void {
    const { terminal } = this.#options;
    const rows = this.#screen.takeRows().map((row) => row + "\r\n").join("");
    terminal.write(this.#writer.remove(terminal.size.columns) + rows);
    // A key that is still being handled may ask for a frame, which would stay on the screen.
    this.#paused = true;
  }

  #ring(item: Item): void {
    const calls = item.kind === "message" ? item.mention && !item.past : isFromOther(item);
    const now = performance.now();
    if (!calls || !this.#options.bell || now - this.#rungAt < BELL_PAUSE) return;
    this.#rungAt = now;
    this.#options.terminal.write("\x07");
  }
}

function isFromOther(item: Item): boolean {
  return item.kind === "direct" && !item.own;
}
