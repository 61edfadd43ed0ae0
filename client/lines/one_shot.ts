/** The commands of one line of shell: `send`, `tail`, `search`, `rooms`, `who`. */

import {
  escapeForTerminal,
  type Event,
  type MessagePayload,
  type Request,
} from "../../protocol/mod.ts";
import type { Item } from "../../core/chat/items.ts";
import type { Draft } from "../../core/session/journal.ts";
import { exitCode, openPlain, stampOf, typedLines } from "./lines_mode.ts";
import { LineOutput } from "./output.ts";
import { PlainView, type Stamp } from "./plain.ts";
import { Session } from "../../core/session/session.ts";
import { leaveOnSignals } from "../startup/signals.ts";
import { Failure, type Start } from "../startup/start.ts";
import type { View } from "../../core/session/view.ts";

/** How the answers are printed. */
export type Shape = "text" | "json";

/**
 * Sends one message; 0 once the server has acknowledged it. What an earlier call
 * could not get acknowledged is sent first; when that is the same text, it is
 * this message: calling again after a failure makes no double.
 */
export async function runSend(
  start: Start,
  { text, patience }: { text: string; patience: number },
): Promise<number> {
  const same = (draft: Draft) =>
    "room" in draft.target && draft.target.room === start.room && draft.text === text;
  const waiting = [...start.outbox.drafts].some(same);
  return await withSession(start, start.room, async (session) => {
    if (!waiting) session.say({ room: start.room }, text);
    await session.settled(0);
  }, patience);
}

/** Prints a room's last messages. */
export async function runTail(
  start: Start,
  { lines, timestamps }: { lines: number; timestamps: boolean },
  shape: Shape,
): Promise<number> {
  return await withSession(start, start.room, async (session) => {
    if (lines === 0) return;
    const payload = { room: start.room, limit: lines };
    const answer = await ask(session, { type: "history", payload }, "history");
    printMessages(session, answer.payload.messages, shape, stampOf(timestamps));
  });
}

/** Prints a room's last messages, and then what is said, until a signal or the link's end. */
export async function runFollow(
  start: Start,
  options: { lines: number; patience: number; timestamps: boolean },
  shape: Shape,
): Promise<number> {
  const { session, said } = shape === "json"
    ? openJson(start, options)
    : openPlain(start, { ...options, context: options.lines }, typedLines());
  const signalled = leaveOnSignals(session);
  void said.closed.then(() => session.leave());
  return exitCode(session, await session.run()) || signalled();
}

/** Prints what a search in a room finds, newest first. */
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
  });
}

/** Prints the rooms: name, members, topic, between tabs. */
export async function runRooms(start: Start, shape: Shape): Promise<number> {
  return await withSession(start, undefined, async (session) => {
    for (let after: string | undefined, more = true; more;) {
      const payload = after === undefined ? {} : { after };
      const answer = await ask(session, { type: "rooms", payload }, "rooms");
      const { rooms } = answer.payload;
      for (const each of rooms) {
        print(
          shape === "json" ? JSON.stringify(each) : fields(each.room, each.members, each.topic),
        );
      }
      after = rooms.at(-1)?.room;
      more = answer.payload.more && after !== undefined;
    }
  });
}

/** Prints who is in the room, one name a line. */
export async function runWho(start: Start, shape: Shape): Promise<number> {
  return await withSession(start, undefined, async (session) => {
    for (let after: string | undefined, more = true; more;) {
      const payload = { room: start.room, ...after === undefined ? {} : { after } };
      const answer = await ask(session, { type: "members", payload }, "members");
      const { members } = answer.payload;
      for (const name of members) print(shape === "json" ? JSON.stringify({ name }) : fields(name));
      after = members.at(-1);
      more = answer.payload.more && after !== undefined;
    }
  });
}

const stdout = new LineOutput(Deno.stdout);

function print(line: string): void {
  stdout.print(line);
}

function fields(...values: (string | number)[]): string {
  return values.map((value) => escapeForTerminal(String(value))).join("\t");
}

function printMessages(
  session: Session,
  messages: MessagePayload[],
  shape: Shape,
  stamp: Stamp = () => "",
): void {
  const own = new LineOutput(Deno.stderr);
  const view = shape === "json"
    ? new JsonView(stdout)
    : new PlainView({ said: stdout, own }, stamp);
  for (const message of messages) {
    for (const effect of session.state.shown(message, true)) {
      if (effect.kind === "show") view.show(effect.item);
    }
  }
}

/** Shows what is said as lines of the wire. */
class JsonView implements View {
  readonly #output: LineOutput;

  constructor(output: LineOutput) {
    this.#output = output;
  }

  show(item: Item): void {
    if (item.kind !== "message") return;
    this.#output.print(JSON.stringify({ type: "message", payload: item.message }));
  }

  busy(): Promise<void> | undefined {
    return this.#output.busy;
  }

  changed(): void {}
  activated(): void {}
  leaving(): void {}
  connected(): void {}
}

function openJson(start: Start, options: { lines: number; patience: number }) {
  const { patience, lines: context } = options;
  const view = new JsonView(stdout);
  return { session: new Session({ ...start, view, patience, context }), said: stdout };
}

/** Shows what went wrong, and nothing of what is said meanwhile. */
class SilentView extends PlainView {
  override show(item: Item): void {
    if (item.kind === "problem" || item.kind === "failed") super.show(item);
  }
}

async function withSession(
  start: Start,
  room: string | undefined,
  use: (session: Session) => Promise<void>,
  patience = 0,
): Promise<number> {
  const own = new LineOutput(Deno.stderr);
  const view = new SilentView({ said: own, own, typed: typedLines() }, () => "");
  const session = new Session({ ...start, room, view, patience, context: 0 });
  const signalled = leaveOnSignals(session);
  const running = session.run();
  const ended = running.then((reason) => {
    exitCode(session, reason ?? (signalled() === 0 ? "The session has ended" : undefined));
  });
  // While it is raced, its failure is the race's; afterwards `running` says the same.
  ended.catch(() => {});
  try {
    await Promise.race([view.ready.then(() => use(session)), ended]);
  } finally {
    await session.leave();
  }
  return exitCode(session, await running) || signalled();
}

/** The answer to a request, of the type that answers it. */
function ask<Type extends Event["type"]>(
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
