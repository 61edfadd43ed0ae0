/** `chat-client` in a terminal: composes its parts, and restores the terminal at the end. */

import { PLATFORM } from "../../cli/directories.ts";
import { App } from "./app.ts";
import { localClock } from "../display/clock.ts";
import { colorDepth, styler } from "../display/colors.ts";
import { HistoryFile } from "../editor/history_file.ts";
import { leftOver } from "../lines/lines_mode.ts";
import { stdout } from "../lines/output.ts";
import { Session } from "../../core/session/session.ts";
import { leaveOnSignals } from "../startup/signals.ts";
import { Failure } from "../startup/failure.ts";
import { CONTEXT, type Start } from "../startup/start.ts";
import { Terminal } from "./terminal.ts";

/** Shown when the input history is empty. */
const WELCOME = "Type, and Enter sends; /help lists the commands and keys, exit leaves";

/** Chats until the person leaves; returns the exit code. */
export async function runTerminal(start: Start, bell: boolean): Promise<number> {
  const history = start.directory === undefined
    ? undefined
    : await HistoryFile.open(start.directory, start.server);
  const terminal = new Terminal();
  const styled = styler(colorDepth(PLATFORM.env));
  const greeting = history?.lines.length === 0 && history.problem === undefined
    ? WELCOME
    : undefined;
  const app = new App({ terminal, clock: localClock, styled, bell, greeting, history });
  const session = new Session({
    ...start,
    view: app,
    context: CONTEXT,
    person: true,
  });
  const signalled = leaveOnSignals(() => session.leave());
  for (const text of start.notices) app.show({ kind: "notice", text });
  if (history?.problem !== undefined) app.show({ kind: "problem", text: history.problem });
  let reason: string | undefined;
  try {
    reason = await app.run(session);
  } finally {
    await terminal.close();
  }
  if (reason !== undefined) throw new Failure(1, reason + leftOver(session));
  const { size } = session.outbox;
  if (size > 0 && session.outbox.durable) {
    stdout.print(`${size} not sent yet: chat-client sends them when you are back`);
  }
  return signalled();
}
