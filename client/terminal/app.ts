/** The chat in a terminal: keys, session and screen wired together. */

import { fold, isLongerThan } from "../../protocol/mod.ts";
import { type ActionName, withKeys } from "../editor/bindings.ts";
import type { Clock } from "../display/clock.ts";
import type { Styler } from "../display/colors.ts";
import { mayRemember, submit } from "../../core/chat/commands.ts";
import { knownTo } from "../../core/chat/completion.ts";
import { EMPTY_EDITOR, setText } from "../editor/editor.ts";
import type { Item } from "../../core/chat/items.ts";
import type { HistoryFile } from "../editor/history_file.ts";
import type { Key } from "../editor/keys.ts";
import {
  EMPTY_INPUT,
  hintOf,
  type LineInput,
  press,
  searchPrompt,
  sent,
} from "../editor/line_input.ts";
import { layOut, promptText, statusText } from "../display/prompt.ts";
import { learnRooms } from "../../core/chat/queries.ts";
import { FrameWriter } from "../display/frame.ts";
import { Screen } from "../display/screen.ts";
import { masked, pressSecret } from "../editor/secret_input.ts";
import type { Session } from "../../core/session/session.ts";
import type { Terminal } from "./terminal.ts";
import type { AskSecret, View } from "../../core/session/view.ts";

/** Milliseconds between two frames: a flood is drawn at most so often. */
const FRAME = 16;

/** Milliseconds between two bells: a flood of mentions is one. */
const BELL_PAUSE = 1_000;

/** Milliseconds between two looks at the link and at what has been read. */
const TICK = 1_000;

// These are the terminal's business, whatever is typed.
const KEPT_KEYS: ReadonlySet<string> = new Set(["ctrl-l", "ctrl-z", "focus-in", "focus-out"]);

// And these end a program that waits to sign in.
const PASSED_KEYS: ReadonlySet<string> = new Set([...KEPT_KEYS, "ctrl-c", "ctrl-d"]);

/** What stands in the line's place while nothing that is typed is taken. */
const SIGNING_IN = { editor: EMPTY_EDITOR, prompt: "signing in ", hint: undefined };

/** What the app is made of. */
export interface AppOptions {
  terminal: Terminal;
  clock: Clock;
  styled: Styler;
  bell: boolean;
  /** Said once the session has begun. */
  greeting: string | undefined;
  history: HistoryFile | undefined;
}

/** A secret that is being typed, in place of the line. */
interface SecretInput {
  readonly question: string;
  typed: string;
  readonly end: (secret: string | undefined) => void;
}

/** The chat in a terminal. */
export class App implements View {
  readonly #options: AppOptions;
  readonly #writer = new FrameWriter();
  readonly #screen: Screen;
  #session: Session | undefined;
  #input: LineInput;
  #secret: SecretInput | undefined;
  /** A word to the person about the line, until the next key. */
  #remark: string | undefined;
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
    this.#input = {
      ...EMPTY_INPUT,
      history: { lines: history?.lines ?? [], browsing: undefined },
    };
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
      return await session.run();
    } finally {
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
    this.#screen.activate(room, Date.now());
    this.changed();
  }

  // A terminal that is slow is the person's own, and waited for.
  busy(): undefined {}

  leaving(): void {
    if (this.#session !== undefined) this.#markRead(this.#session);
  }

  /** Asks in the line's place. What was being typed stays as it is until the secret is there. */
  readonly secret: AskSecret = (question) => {
    this.#secret?.end(undefined);
    return new Promise((end) => {
      this.#secret = { question, typed: "", end };
      this.changed();
    });
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
    this.#frame = setTimeout(() => this.#draw(), wait);
  }

  #tick(session: Session): void {
    // While there is something to wait for, the prompt counts the seconds.
    if (session.status.state !== "online") return this.changed();
    if (session.status.heldUntil !== undefined) this.changed();
    this.#markRead(session);
  }

  #markRead(session: Session): void {
    if (this.#screen.isSeen) session.perform(session.state.markRead());
  }

  async #obey(terminal: Terminal, session: Session): Promise<void> {
    for await (const key of terminal.keys()) {
      const asked = this.#secret;
      this.#press(key, session);
      this.changed();
      // What is asked next has its turn before what is typed next.
      if (asked !== this.#secret) await nextTurn();
    }
    await session.leave();
  }

  #press(key: Key, session: Session): void {
    this.#remark = undefined;
    if (this.#secret !== undefined && !KEPT_KEYS.has(nameOf(key))) {
      return this.#pressSecret(this.#secret, key);
    }
    // What is typed meanwhile was meant for a password that was asked for, or will be.
    if (session.status.state === "signing in" && !PASSED_KEYS.has(nameOf(key))) return;
    const [input, outcome] = press(this.#input, key, () => knownTo(session.state));
    this.#input = input;
    if (outcome === undefined) return;
    if ("submit" in outcome) return this.#submit(outcome.submit, session);
    this.#act(outcome.action, session);
  }

  #pressSecret(secret: SecretInput, key: Key): void {
    const step = pressSecret(secret.typed, key);
    if (step !== "cancelled" && "typed" in step) secret.typed = step.typed;
    else {
      this.#secret = undefined;
      secret.end(step === "cancelled" ? undefined : step.done);
    }
  }

  #submit(line: string, session: Session): void {
    const limit = session.state.textLimit;
    if (isLongerThan(line, limit)) {
      this.#remark = `${[...line].length} characters are too many: a message has at most ${limit}`;
      return;
    }
    const effects = submit(session.state, line);
    const kept = mayRemember(line) ? line : "";
    this.#input = sent(this.#input, kept);
    const problem = kept.trim() === "" ? undefined : this.#options.history?.add(kept);
    if (problem !== undefined) this.show({ kind: "problem", text: problem });
    session.perform(effects);
  }

  #act(action: ActionName, session: Session): void {
    const number = /^room-(\d)$/.exec(action)?.[1];
    if (number !== undefined) {
      return this.#goTo(session, [...session.state.rooms.values()][Number(number) - 1]?.name);
    }
    const acts: Partial<Record<ActionName, () => void>> = {
      "interrupt": () => void session.leave(),
      "end": () => void session.leave(),
      "redraw": () => this.#clear(),
      "suspend": () => void this.#pause(),
      "next-unread": () => this.#goTo(session, this.#screen.unreadBuffer.next),
      "focus-in": () => this.#screen.lookBack(),
      "focus-out": () => this.#screen.lookAway(),
    };
    acts[action]?.();
  }

  #goTo(session: Session, room: string | undefined): void {
    const entered = room === undefined ? undefined : session.state.rooms.get(fold(room));
    if (entered !== undefined) session.perform(session.state.activate(entered));
  }

  async #pause(): Promise<void> {
    if (this.#paused) return;
    const { terminal } = this.#options;
    terminal.write(this.#writer.remove(terminal.size.columns));
    // Until the program is really stopped, messages may come; they are drawn when it goes on.
    this.#paused = true;
    const problem = await terminal.pause();
    if (problem === undefined) return;
    this.#remark = problem;
    this.#resumed();
  }

  #resumed(): void {
    this.#paused = false;
    this.#writer.forget();
    this.changed();
  }

  #clear(): void {
    this.#writer.forget();
    this.#options.terminal.write("\x1b[2J\x1b[H");
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
    const parts = {
      ...this.#inputParts(session),
      drafts: [...session.outbox.drafts],
      status: statusText(session.status, this.#options.clock, performance.now()),
    };
    const block = layOut(parts, size, styled);
    const frame = this.#writer.frame(this.#screen.takeRows(), block, size.columns);
    if (frame !== "") terminal.write(frame);
  }

  #inputParts(session: Session) {
    if (this.#secret !== undefined) return secretParts(this.#secret);
    if (session.status.state === "signing in") return SIGNING_IN;
    const { activeRoom } = session.state;
    return {
      editor: this.#input.editor,
      prompt: searchPrompt(this.#input) ??
        promptText(activeRoom?.name, this.#screen.unreadBuffer.unread),
      hint: this.#remark ?? hintOf(this.#input),
    };
  }

  /** The last frame: what is still to be shown, and no prompt. */
  #finish(): void {
    const { terminal } = this.#options;
    const rows = this.#screen.takeRows().map((row) => row + "\r\n").join("");
    terminal.write(this.#writer.remove(terminal.size.columns) + rows);
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

function nameOf(key: Key): string {
  return key.kind === "named" ? key.name : "";
}

function secretParts({ question, typed }: SecretInput) {
  return {
    editor: setText(EMPTY_EDITOR, masked(typed)),
    prompt: `${question}: `,
    hint: "Enter ends it, Esc cancels; nobody sees it",
  };
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
