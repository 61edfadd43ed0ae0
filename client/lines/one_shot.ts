/** The commands that answer once and end: `send`, `tail`, `search`, `rooms`, `who`. */

import {
  escapeForTerminal,
  type Event,
  LIMITS,
  type MessagePayload,
  type Request,
} from "../../protocol/mod.ts";
import { STILL_INDEXING } from "../../core/chat/queries.ts";
import type { Item } from "../../core/chat/items.ts";
import type { Draft } from "../../core/session/journal.ts";
import { JsonView } from "./json_view.ts";
import {
  exitCode,
  leaveWithReader,
  openPlain,
  printNotices,
  stampOf,
  typedLines,
} from "./lines_mode.ts";
import { stderr, stdout } from "./output.ts";
import { PlainView, type Stamp } from "./plain.ts";
import { Session } from "../../core/session/session.ts";
import { leaveOnSignals } from "../startup/signals.ts";
import { Failure } from "../startup/failure.ts";
import { type Start } from "../startup/start.ts";

/** The form in which answers are printed. */
export type Shape = "text" | "json";

/**
 * Sends one message; 0 once the server has acknowledged it. Drafts that an earlier call
 * left in the outbox are sent first. One with the same text counts as this message, so
 * that a retry after a failure sends no duplicate.
 */
export async function runSend(
  start: Start,
  text: string,
): Promise<number> {
  const same = (draft: Draft) =>
    "room" in draft.target && draft.target.room === start.room && draft.text === text;
  const waiting = [...start.outbox.drafts].some(same);
  return await withSession(start, start.room, async (session) => {
    if (!waiting) session.say({ room: start.room }, text);
    await session.settled(0);
  });
}

/** How `tail` prints a room. */
interface TailOptions {
  readonly lines: number;
  /** The `seq` before which the messages are; 0 for the last. */
  readonly before: number;
  readonly timestamps: boolean;
}

/** Prints a room's last messages. */
export async function runTail(
  start: Start,
  { lines, before, timestamps }: TailOptions,
  shape: Shape,
): Promise<number> {
  return await withSession(start, start.room, async (session) => {
    const messages = await pastOf(session, start.room, lines, before);
    printMessages(session, messages, shape, stampOf(timestamps));
  });
}

/** The last `count` messages of a room before a `seq`, page by page. */
async function pastOf(session: Session, room: string, count: number, before: number) {
  const pages: MessagePayload[][] = [];
  for (let left = count, end = before, more = true; left > 0 && more;) {
    const payload = {
      room,
      limit: Math.min(left, LIMITS.history),
      ...end === 0 ? {} : { before: end },
    };
    const { payload: page } = await ask(session, { type: "history", payload }, "history");
    pages.unshift(page.messages);
    left -= page.messages.length;
    more = page.more && page.messages.length > 0;
    end = page.messages[0]?.seq ?? 0;
  }
  return pages.flat();
}

/** Prints a room's last messages, then each new one, until a signal or the link's end. */
export async function runFollow(
  start: Start,
  options: TailOptions,
  shape: Shape,
): Promise<number> {
  const session = shape === "json"
    ? openJson(start, options.lines)
    : openPlain(start, { ...options, context: options.lines }, typedLines()).session;
  const signalled = leaveOnSignals(() => session.leave());
  using _watch = leaveWithReader(session);
  return exitCode(session, await session.run(), signalled());
}

/** Prints the messages that a search in a room finds, newest first. */
export async function runSearch(
  start: Start,
  search: { query: string; from: string | undefined; lines: number },
  shape: Shape,
): Promise<number> {
  const { query, from, lines: limit } = search;
  const { room } = start;
  return await withSession(start, room, async (session) => {
    const payload = { query, room, limit, ...from === undefined ? {} : { from } };
    const answer = await ask(session, { type: "search", payload }, "search");
    printMessages(session, answer.payload.messages, shape);
    if (answer.payload.incomplete) {
      stderr.print(`chat-client: ${STILL_INDEXING}`);
    }
  });
}

/** Prints the rooms: name, members, topic, between tabs. */
export async function runRooms(start: Start, shape: Shape): Promise<number> {
  return await withSession(start, undefined, async (session) => {
    for (let after: string | undefined, more = true; more;) {
      const payload = after === undefined ? {} : { after };
      const answer = (await ask(session, { type: "rooms", payload }, "rooms")).payload;
      for (const each of answer.rooms) {
        printRow(shape, each, [each.room, each.members, each.topic]);
      }
      after = answer.rooms.at(-1)?.room;
      more = answer.more && after !== undefined;
    }
  });
}

/** Prints who is in the room, one name a line. */
export async function runWho(start: Start, shape: Shape): Promise<number> {
  return await withSession(start, undefined, async (session) => {
    for (let after: string | undefined, more = true; more;) {
      const payload = { room: start.room, ...after === undefined ? {} : { after } };
      const answer = (await ask(session, { type: "members", payload }, "members")).payload;
      for (const name of answer.members) printRow(shape, { name }, [name]);
      after = answer.members.at(-1);
      more = answer.more && after !== undefined;
    }
  });
}

export function printRow(
  shape: Shape,
  object: unknown,
  values: readonly (string | number)[],
): void {
  stdout.print(shape === "json" ? JSON.stringify(object) : fields(...values));
}

function fields(...values: (string | number)[]): string {
  return values.map((value) => escapeForTerminal(String(value))).join("\t");
}

export function printMessages(
  session: Session,
  messages: MessagePayload[],
  shape: Shape,
  stamp: Stamp = () => "",
): void {
  const view = shape === "json"
    ? new JsonView()
    : new PlainView({ said: stdout, own: stderr }, stamp);
  for (const message of messages) {
    for (const effect of session.state.shown(message, true)) {
      if (effect.kind === "show") view.show(effect.item);
    }
  }
}

function openJson(start: Start, context: number): Session {
  printNotices(start);
  return new Session({ ...start, view: new JsonView(), context });
}

/** Prints problems alone: messages of the room do not belong to a command's answer. */
class ProblemView extends PlainView {
  override show(item: Item): void {
    if (item.kind === "problem" || item.kind === "failed") super.show(item);
  }
}

export async function withSession(
  start: Start,
  room: string | undefined,
  use: (session: Session) => Promise<void>,
): Promise<number> {
  const view = new ProblemView({ said: stderr, own: stderr, typed: typedLines() }, () => "");
  const session = new Session({ ...start, room, view, context: 0 });
  const signalled = leaveOnSignals(() => session.leave());
  printNotices(start);
  const running = session.run();
  const ended = running.then((reason) => {
    const code = signalled();
    exitCode(session, reason ?? (code === 0 ? "The session has ended" : undefined), code);
  });
  // The race reports its failure; after the race, `running` does.
  ended.catch(() => {});
  try {
    await Promise.race([view.ready.then(() => use(session)), ended]);
  } finally {
    await session.leave();
  }
  return exitCode(session, await running, signalled());
}

/** Sends a request; resolves with its answer of `type`, rejects with the server's refusal. */
export function ask<Type extends Event["type"]>(
  session: Session,
  request: Request,
  type: Type,
): Promise<Event<Type>> {
  return new Promise((resolve, reject) => {
    session.perform([session.state.ask(request, {
      answer: (event) => {
        if (event.type === type) resolve(event as Event<Type>);
        return [];
      },
      refused: ({ message }) => {
        reject(new Failure(1, message));
        return [];
      },
    })]);
  });
}
