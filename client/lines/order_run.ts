/** The commands about who may what in a room: each answers once and ends. */

import { type Ban, type Event, LIMITS, type MessagePayload } from "../../protocol/mod.ts";
import type { Item } from "../../core/chat/items.ts";
import {
  invitation,
  type Order,
  type OrderName,
  orderOf,
  ORDERS,
} from "../../core/rights/orders.ts";
import type { Session } from "../../core/session/session.ts";
import { Failure } from "../startup/failure.ts";
import type { Start } from "../startup/start.ts";
import { stampOf } from "./lines_mode.ts";
import { ask, printMessages, printRow, type Shape, withSession } from "./one_shot.ts";
import { stdout } from "./output.ts";
import { PlainView } from "./plain.ts";

/** Does what the command `name` says about the words of `operands`, and prints the act. */
export async function runOrder(
  start: Start,
  name: OrderName,
  operands: readonly string[],
  shape: Shape,
): Promise<number> {
  const [first = "", ...rest] = operands;
  const words = ORDERS[name].isAboutName
    ? { name: first, text: rest.join(" ") }
    : { name: "", text: operands.join(" ") };
  return await give(start, name, orderOf(name, start.room, words), shape);
}

/** Invites a name, or makes a code for so many uses and days. */
export async function runInvite(
  start: Start,
  { name, ...limits }: { name: string | undefined; uses: number; days: number },
  shape: Shape,
): Promise<number> {
  const order = name === undefined
    ? invitation(start.room, "", limits)
    : invitation(start.room, name, {});
  return await give(start, "invite", order, shape);
}

async function give(start: Start, name: string, order: Order, shape: Shape): Promise<number> {
  if ("problem" in order) throw new Failure(2, `Cannot do ${name}: ${order.problem}`);
  return await withSession(start, start.room, async (session) => {
    const isCode = order.type === "invite" && order.payload.name === undefined;
    const answer = await ask(session, order, isCode ? "invite" : "message");
    if (answer.type === "message") return printMessages(session, [answer.payload], shape);
    if (shape === "json") stdout.print(JSON.stringify(answer.payload));
    else stdout.print(start.inviteLink(answer.payload.room, answer.payload.code));
  });
}

/** Prints how the room is run. */
export async function runAbout(start: Start, shape: Shape): Promise<number> {
  return await withSession(start, start.room, async (session) => {
    const { payload: room } = await ask(
      session,
      { type: "room", payload: { room: start.room } },
      "room",
    );
    if (shape === "json") stdout.print(JSON.stringify(room));
    else showOwn({ kind: "about", room });
  });
}

/** Prints who is banned or muted: name, kind, by whom, at, until, why, between tabs. */
export async function runBans(start: Start, shape: Shape): Promise<number> {
  return await withSession(start, start.room, async (session) => {
    for (let after: string | undefined, more = true; more;) {
      const payload = { room: start.room, ...after === undefined ? {} : { after } };
      const answer = (await ask(session, { type: "bans", payload }, "bans")).payload;
      for (const each of answer.bans) printRow(shape, each, columnsOf(each));
      after = answer.bans.at(-1)?.name;
      more = answer.more && after !== undefined;
    }
  });
}

function columnsOf({ name, kind, by, at, until, reason = "" }: Ban): string[] {
  return [name, kind, by, isoTime(at), until === undefined ? "ever" : isoTime(until), reason];
}

/** A time in UTC for programs; a peer may send any number, and a Date holds only 8.64e15 ms. */
function isoTime(at: number): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? "?" : date.toISOString();
}

/** Prints the room's last acts, oldest first. */
export async function runLog(
  start: Start,
  { lines, timestamps }: { lines: number; timestamps: boolean },
  shape: Shape,
): Promise<number> {
  return await withSession(start, start.room, async (session) => {
    const acts = await actsOf(session, start.room, lines);
    printMessages(session, acts, shape, stampOf(timestamps));
  });
}

/** The last `count` acts of a room, which may be as far back as its first message. */
async function actsOf(session: Session, room: string, count: number): Promise<MessagePayload[]> {
  const pages: MessagePayload[][] = [];
  let found = 0;
  for (let before: number | undefined, more = true; more && found < count;) {
    const payload = { room, limit: LIMITS.history, ...before === undefined ? {} : { before } };
    const page: Event<"history">["payload"] =
      (await ask(session, { type: "history", payload }, "history")).payload;
    const acts = page.messages.filter(({ kind }) => kind === "act");
    pages.unshift(acts);
    found += acts.length;
    before = page.messages[0]?.seq;
    more = page.more && before !== undefined;
  }
  return pages.flat().slice(-count);
}

function showOwn(item: Item): void {
  new PlainView({ said: stdout, own: stdout }, () => "").show(item);
}
