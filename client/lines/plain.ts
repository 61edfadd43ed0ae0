/**
 * Lines in, lines out: for pipes, logs and screen readers. The contract: one
 * finished line for each event, never repainted; no escape sequence and no
 * control character but the newline. Standard output has the chat's events:
 *
 * ```
 * [Room] Name: text
 * [Room] * Name does something
 * [Name > Name] text to one person
 * [Room] -- something happened
 * ```
 *
 * A newline in a text is shown as `⏎`; a name that could be misread is quoted.
 * Standard error has the client's notices (`-- `) and errors (`!! `).
 */

import { escapeForTerminal } from "../../protocol/mod.ts";
import type { Clock } from "../display/clock.ts";
import { submit } from "../../core/chat/commands.ts";
import type { Item } from "../../core/chat/items.ts";
import { format, plainText } from "../display/format.ts";
import type { Output } from "./output.ts";
import type { Session } from "../../core/session/session.ts";
import type { TypedLines } from "./tty_lines.ts";
import type { AskSecret, View } from "../../core/session/view.ts";

/** Unacknowledged drafts above which no more input is read. */
const MAX_WAITING = 256;

/** Makes a line's prefix for epoch milliseconds; without a time, the client's own line of now. */
export type Stamp = (at: number | undefined) => string;

/** The streams that a view prints to. */
export interface Printer {
  /** The chat's events. */
  readonly said: Output;
  /** The client's notices and errors. */
  readonly own: Output;
  /** The person's terminal, if there is one. */
  readonly typed?: TypedLines | undefined;
}

const OWN_WORDS: ReadonlySet<Item["kind"]> = new Set(["notice", "mark", "problem", "failed"]);

/** Whether an item is the client's own notice or error, which belongs on standard error. */
export function isOwnWord({ kind }: Item): boolean {
  return OWN_WORDS.has(kind);
}

/** Shows a session as lines. */
export class PlainView implements View {
  readonly #printer: Printer;
  readonly #stamp: Stamp;
  #self: () => string = () => "";
  #connect: () => void = () => {};
  /** Resolves when the session has begun. */
  readonly ready: Promise<void> = new Promise((resolve) => this.#connect = resolve);
  readonly secret: AskSecret | undefined;

  /** `stamp` makes the prefix of each line. */
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

  /** Reads the session's own name from `self`, to mark mentions of it. */
  attach(self: () => string): void {
    this.#self = self;
  }

  show(item: Item): void {
    const output = isOwnWord(item) ? this.#printer.own : this.#printer.said;
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
}

/** The prefix of `--timestamps`: date, time and offset from UTC. */
export function stamper(clock: Clock, now: () => number): Stamp {
  return (at) => {
    const { stamp, offset } = clock(at ?? now());
    return `${stamp}${offset} `;
  };
}

/**
 * Sends every line as it is: in a pipe no word is a command. Calls `ended` when the input has
 * ended, then waits until all of it is acknowledged.
 */
export async function sendLines(
  session: Session,
  lines: AsyncIterable<string>,
  ended: () => void,
): Promise<void> {
  for await (const line of lines) {
    const room = session.state.activeRoom;
    if (line === "" || room === undefined) continue;
    session.say({ room: room.name }, line);
    await session.settled(MAX_WAITING);
  }
  ended();
  await session.settled(0);
  await session.leave();
}

/** Submits every line, commands included, for a person at a terminal. */
export async function submitLines(session: Session, lines: AsyncIterable<string>): Promise<void> {
  for await (const line of lines) {
    // A line typed now is meant for the password prompt.
    if (session.status.state === "signing in") continue;
    const effects = submit(session.state, line);
    if (effects.some(({ kind }) => kind === "quit")) break;
    // Enter counts as having read the lines above.
    session.perform([...session.state.markRead(), ...effects]);
  }
  await session.leave();
}
