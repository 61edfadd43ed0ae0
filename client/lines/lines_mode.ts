/** `chat-client` away from a terminal, or with `--plain`: lines in, lines out. */

import { localClock } from "../display/clock.ts";
import { inputLines } from "./input.ts";
import { LineOutput } from "./output.ts";
import { PlainView, sendLines, type Stamp, stamper, submitLines } from "./plain.ts";
import { Session, type SessionOptions } from "../../core/session/session.ts";
import { leaveOnSignals } from "../startup/signals.ts";
import { Failure } from "../startup/failure.ts";
import { CONTEXT, type Start } from "../startup/start.ts";
import { TypedLines } from "./tty_lines.ts";

/** Shown to a person, whose screen is empty until somebody speaks. */
const HELP = "/help lists the commands, exit leaves";

/** Options of a chat in lines. */
export interface LinesOptions {
  timestamps: boolean;
}

/** Chats in lines until the input ends; resolves with the exit code. */
export async function runLines(start: Start, options: LinesOptions): Promise<number> {
  const typed = typedLines();
  const person = typed !== undefined;
  const context = person ? CONTEXT : 0;
  const { session, view, said } = openPlain(start, { ...options, context, person }, typed);
  const signalled = leaveOnSignals(session);
  void said.closed.then(() => session.leave());
  const running = session.run();
  const began = await Promise.race([view.ready, running]);
  if (began === undefined) {
    await typed?.discardEarly();
    if (person) view.show({ kind: "notice", text: `Connected as ${session.state.name}; ${HELP}` });
    const reading = typed === undefined
      ? sendLines(session, inputLines())
      : submitLines(session, typed.lines());
    await Promise.race([reading, running]);
  }
  const reason = await running;
  return exitCode(session, reason) || signalled();
}

/** Standard input as a terminal, if it is one. */
export function typedLines(): TypedLines | undefined {
  return Deno.stdin.isTerminal() ? new TypedLines(Deno.stdin) : undefined;
}

/** Makes a session shown as lines on standard output and error; `typed` is the person's terminal. */
export function openPlain(
  start: Start,
  options: LinesOptions & Pick<SessionOptions, "context" | "person">,
  typed: TypedLines | undefined,
) {
  const said = new LineOutput(Deno.stdout);
  const own = new LineOutput(Deno.stderr);
  const view = new PlainView({ said, own, typed }, stampOf(options.timestamps));
  const session: Session = new Session({ ...start, ...options, view });
  view.attach(() => session.state.name);
  for (const text of start.notices) view.show({ kind: "notice", text });
  return { session, view, said };
}

/** Makes the prefix of each line. */
export function stampOf(timestamps: boolean): Stamp {
  return timestamps ? stamper(localClock, Date.now) : () => "";
}

/** 0 when every own message was acknowledged; throws a {@linkcode Failure} with the session's reason. */
export function exitCode(session: Session, reason: string | undefined): number {
  if (reason !== undefined) throw new Failure(1, reason + leftOver(session));
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
