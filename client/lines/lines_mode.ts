/** `chat-client` away from a terminal, or with `--plain`: lines in, lines out. */

import { localClock } from "../display/clock.ts";
import { inputLines, readInput } from "./input.ts";
import { stderr, stdout } from "./output.ts";
import { PlainView, sendLines, type Stamp, stamper, submitLines } from "./plain.ts";
import { Session, type SessionOptions } from "../../core/session/session.ts";
import { Failure } from "../startup/failure.ts";
import { leaveOnSignals } from "../startup/signals.ts";
import { CONTEXT, type Start } from "../startup/start.ts";
import { TypedLines } from "./tty_lines.ts";

/** Shown to a person, whose screen is empty until somebody speaks. */
const HELP = "/help lists the commands, exit leaves";

/** Why input is left when the output's reader has gone. */
export const CUT_SHORT = "Nobody reads the output any more, so the rest of the input was not sent";

/** Options of a chat in lines. */
export interface LinesOptions {
  timestamps: boolean;
}

/** Chats in lines until the input ends; resolves with the exit code. */
export async function runLines(start: Start, options: LinesOptions): Promise<number> {
  const typed = typedLines();
  const person = typed !== undefined;
  const context = person ? CONTEXT : 0;
  const { session, view } = openPlain(start, { ...options, context, person }, typed);
  const signalled = leaveOnSignals(() => session.leave());
  using _watch = leaveWithReader(session);
  const running = session.run();
  const began = await Promise.race([view.ready, running]);
  const read = { all: false };
  if (began === undefined) {
    await typed?.discardEarly();
    if (person) view.show({ kind: "notice", text: `Connected as ${session.state.name}; ${HELP}` });
    const reading = typed === undefined
      ? sendLines(session, inputLines(), () => read.all = true)
      : submitLines(session, typed.lines());
    await Promise.race([reading, running]);
  }
  const reason = await running;
  if (!person && !read.all && !stdout.isOpen) throw new Failure(1, CUT_SHORT);
  return exitCode(session, reason, signalled());
}

/** Leaves when nobody reads the output any more. */
export function leaveWithReader(session: Session): Disposable {
  void stdout.closed.then(() => session.leave());
  return stdout.watchReader();
}

/** Standard input as a terminal, if it is one. */
export function typedLines(): TypedLines | undefined {
  if (!Deno.stdin.isTerminal()) return undefined;
  return new TypedLines({ read: readInput, setRaw: (mode) => Deno.stdin.setRaw(mode) });
}

/** Makes a session shown as lines on standard output and error; `typed` is the person's terminal. */
export function openPlain(
  start: Start,
  options: LinesOptions & Pick<SessionOptions, "context" | "person">,
  typed: TypedLines | undefined,
) {
  const view = new PlainView({ said: stdout, own: stderr, typed }, stampOf(options.timestamps));
  const session: Session = new Session({ ...start, ...options, view });
  view.attach(() => session.state.name);
  for (const text of start.notices) view.show({ kind: "notice", text });
  return { session, view };
}

/** Prints the notices of the start, where no view shows them. */
export function printNotices({ notices }: Start): void {
  for (const text of notices) stderr.print(`-- ${text}`);
}

/** Makes the prefix of each line. */
export function stampOf(timestamps: boolean): Stamp {
  return timestamps ? stamper(localClock, Date.now) : () => "";
}

/**
 * The exit code of a session that ended: `signalled` where a signal asked for it, 0 when every
 * own message was acknowledged. Throws a {@linkcode Failure} with the reason of any other end.
 */
export function exitCode(session: Session, reason: string | undefined, signalled: number): number {
  if (reason !== undefined) throw new Failure(1, reason + leftOver(session));
  if (signalled !== 0) return signalled;
  if (session.outbox.size > 0) throw new Failure(1, `The server was left${leftOver(session)}`);
  return session.refused === 0 ? 0 : 1;
}

/** The end of an error line: how many messages are not acknowledged when a session ends. */
export function leftOver({ outbox }: Session): string {
  if (outbox.size === 0) return "";
  const messages = outbox.size === 1 ? "1 message is" : `${outbox.size} messages are`;
  return outbox.durable
    ? `; ${messages} not acknowledged, and will be sent at the next start`
    : `; ${messages} not acknowledged`;
}
