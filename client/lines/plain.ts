/**
 * Lines in, lines out: for pipes, logs and screen readers. The contract: one
 * finished line for each event, never repainted; no escape sequence and no
 * control character but the newline. On standard output, what the chat says:
 *
 * ```
 * [Room] Name: text
 * [Room] * Name does something
 * [Name > Name] text to one person
 * [Room] -- something happened
 * ```
 *
 * A newline in a text is shown as `⏎`; a name that could be misread stands in
 * quotation marks. On standard error, lines that begin with `-- ` (the client's
 * own words) or `!! ` (something went wrong).
 */

import { escapeForTerminal } from "../../protocol/mod.ts";
import type { Clock } from "../display/clock.ts";
import { submit } from "../../core/chat/commands.ts";
import type { Item } from "../../core/chat/items.ts";
import { format, plainText } from "../display/format.ts";
import type { LineOutput } from "./output.ts";
import type { Session } from "../../core/session/session.ts";
import type { TypedLines } from "./tty_lines.ts";
import type { AskSecret, View } from "../../core/session/view.ts";

/** Drafts that may wait for the server before no more input is read. */
const MAX_WAITING = 256;

/** Makes what stands before a line; without a time it is the client's own line of now. */
export type Stamp = (at: number | undefined) => string;

/** Where the two kinds of lines go. */
export interface Printer {
  /** What the chat says. */
  readonly said: LineOutput;
  /** The client's own words. */
  readonly own: LineOutput;
  /** Where a person types, if there is one. */
  readonly typed?: TypedLines | undefined;
}

const OWN_WORDS: ReadonlySet<Item["kind"]> = new Set(["notice", "mark", "problem", "failed"]);

/** Shows a session as lines. */
export class PlainView implements View {
  readonly #printer: Printer;
  readonly #stamp: Stamp;
  #self: () => string = () => "";
  #connect: () => void = () => {};
  /** Resolves when the session has begun. */
  readonly ready: Promise<void> = new Promise((resolve) => this.#connect = resolve);
  readonly secret: AskSecret | undefined;

  /** `stamp` makes what stands before each line. */
  constructor(printer: Printer, stamp: Stamp) {
    this.#printer = printer;
    this.#stamp = stamp;
    const { typed, own } = printer;
    this.secret = typed && ((question) => {
      own.print(
        `-- ${escapeForTerminal(question)}: type it, it is not shown; an empty line cancels`,
      );
      return typed.secret();
    });
  }

  /** Asks `self` for the person's name from now on, to know who is mentioned. */
  attach(self: () => string): void {
    this.#self = self;
  }

  show(item: Item): void {
    const output = OWN_WORDS.has(item.kind) ? this.#printer.own : this.#printer.said;
    for (const line of format(item, this.#self())) {
      output.print(this.#stamp(line.at) + plainText(line));
    }
  }

  busy(): Promise<void> | undefined {
    return this.#printer.said.busy;
  }

  connected(): void {
    this.#connect();
  }

  // A line that is printed stays as it is: there is nothing to repaint.
  changed(): void {}
  activated(): void {}
  leaving(): void {}
}

/** Date and time before a line, for `--timestamps`. */
export function stamper(clock: Clock, now: () => number): Stamp {
  return (at) => `${clock(at ?? now()).stamp} `;
}

/** Sends every line as it is, for pipes; `exit`, in any case, ends it. */
export async function sendLines(session: Session, lines: AsyncIterable<string>): Promise<void> {
  for await (const line of lines) {
    if (line.toLowerCase() === "exit") break;
    const room = session.state.activeRoom;
    if (line === "" || room === undefined) continue;
    session.say({ room: room.name }, line);
    await session.settled(MAX_WAITING);
  }
  await session.settled(0);
  await session.leave();
}

/** Does what every line says, commands included, for a person at a terminal. */
export async function obeyLines(session: Session, lines: AsyncIterable<string>): Promise<void> {
  for await (const line of lines) {
    // It was meant for a password that was asked for, or will be.
    if (session.status.state === "signing in") continue;
    const effects = submit(session.state, line);
    if (effects.some(({ kind }) => kind === "quit")) break;
    // Whoever presses Enter has been told what came before.
    session.perform([...session.state.markRead(), ...effects]);
  }
  await session.leave();
}
