/**
 * The requests that change who may what in a room, from words: those of a typed command, or of a
 * command line. One table for both.
 */

import { FieldError, reason } from "../../protocol/fields.ts";
import {
  ACCESS,
  type Duration,
  LIMITS,
  parseName,
  type Request,
  ROLES,
  TOPIC_BY,
} from "../../protocol/mod.ts";

/** Seconds of a ban without a length: long enough to calm down, and no accident lasts. */
const USUAL_BAN = 86_400;

/** Seconds of each unit. */
const UNITS: ReadonlyMap<string, number> = new Map([
  ["s", 1],
  ["m", 60],
  ["h", 3600],
  ["d", 86_400],
  ["w", 604_800],
]);

/** How lengths of time are written, for error messages. */
const DURATION_FORM = "a time such as 10m, 2h or 3d, up to 3650d, or ever";

/** A name, and the text behind it. */
export interface Addressed {
  readonly name: string;
  readonly text: string;
}

/** The request, or why the words make none. */
export type Order = Request | { readonly problem: string };

/** How words become a request. */
export interface OrderRule {
  /** Whether the words begin with a name. */
  readonly isAboutName: boolean;
  readonly build: (room: string, words: Addressed) => Order;
  /** The command that takes it back, for the person who gave it. */
  readonly undo?: (name: string) => string;
}

/** The rules by the name of their command. */
export const ORDERS = {
  invite: { isAboutName: false, build: (room, { text }) => inviteOrder(room, text) },
  kick: {
    isAboutName: true,
    build: (room, { name, text }) =>
      withReason(text, (why) => ({ type: "kick", payload: { room, name, ...why } })),
  },
  ban: {
    isAboutName: true,
    build: banOrder,
    undo: (name) => `/unban ${name} lifts the ban`,
  },
  unban: aboutNameAlone("unban"),
  mute: {
    isAboutName: true,
    build: muteOrder,
    undo: (name) => `/unmute ${name} lifts it`,
  },
  unmute: aboutNameAlone("unmute"),
  role: { isAboutName: true, build: roleOrder },
  access: {
    isAboutName: false,
    build: (room, { text }) =>
      oneOf(ACCESS, text, (access) => ({ type: "configure", payload: { room, access } })),
  },
  slow: { isAboutName: false, build: (room, { text }) => slowOrder(room, text) },
  "topic-by": {
    isAboutName: false,
    build: (room, { text }) =>
      oneOf(TOPIC_BY, text, (topic_by) => ({ type: "configure", payload: { room, topic_by } })),
  },
} satisfies Record<string, OrderRule>;

/** The name of an order's command. */
export type OrderName = keyof typeof ORDERS;

/** The request that the words behind the command `order` make for `room`. */
export function orderOf(order: OrderName, room: string, words: Addressed): Order {
  const rule: OrderRule = ORDERS[order];
  if (!rule.isAboutName) return rule.build(room, words);
  const parsed = parseName(words.name);
  if ("problem" in parsed) return { problem: `the name ${parsed.problem}` };
  return rule.build(room, { ...words, name: parsed.name });
}

/** The invitation of the name in `text`; without one, a code, for so many uses and days. */
function inviteOrder(room: string, text: string): Order {
  const start = text.search(/(?:^|\s)--/);
  const [name, options] = start < 0 ? [text, ""] : [text.slice(0, start), text.slice(start)];
  const limits = optionsIn(options);
  if ("problem" in limits) return limits;
  return invitation(room, name.trim().replace(/^"(.*)"$/, "$1"), limits);
}

/** The request to invite `name`, or, where that is empty, for a code. */
export function invitation(
  room: string,
  name: string,
  { uses, days }: { uses?: number; days?: number },
): Order {
  if (name === "") {
    const limits = { ...uses === undefined ? {} : { uses }, ...days === undefined ? {} : { days } };
    return { type: "invite", payload: { room, ...limits } };
  }
  if (uses !== undefined || days !== undefined) {
    return { problem: "--uses and --days are for a code, which has no NAME" };
  }
  const parsed = parseName(name);
  return "problem" in parsed
    ? { problem: `the name ${parsed.problem}` }
    : { type: "invite", payload: { room, name: parsed.name } };
}

function optionsIn(text: string): { uses?: number; days?: number } | { problem: string } {
  const found: { uses?: number; days?: number } = {};
  const most = { uses: LIMITS.invite_uses, days: LIMITS.invite_days };
  for (const [option, value] of Array.from(text.matchAll(/(--\S+)\s*([^\s-]\S*)?/g), pairOf)) {
    const field = option === "--uses" ? "uses" : option === "--days" ? "days" : undefined;
    if (field === undefined) return { problem: `there is no ${option}, but --uses N, --days N` };
    const number = wholeNumber(value, 1, most[field]);
    if (number === undefined) {
      return { problem: `--${field} must be a whole number from 1 to ${most[field]}` };
    }
    found[field] = number;
  }
  return found;
}

function pairOf([, option = "", value = ""]: RegExpMatchArray): [string, string] {
  const [name = "", joined = value] = option.split("=");
  return [name, joined];
}

function banOrder(room: string, { name, text }: Addressed): Order {
  const { length, rest } = splitDuration(text);
  if (length === undefined && /^\d/.test(text)) return { problem: `FOR is ${DURATION_FORM}` };
  const payload = { room, name, for: length ?? USUAL_BAN };
  return withReason(rest, (why) => ({ type: "kick", payload: { ...payload, ...why } }));
}

function muteOrder(room: string, { name, text }: Addressed): Order {
  const { length, rest } = splitDuration(text);
  if (length === undefined) return { problem: `FOR is ${DURATION_FORM}` };
  const payload = { room, name, for: length };
  return withReason(rest, (why) => ({ type: "mute", payload: { ...payload, ...why } }));
}

function splitDuration(text: string) {
  const [word = ""] = /^\S*/.exec(text) ?? [];
  const length = parseDuration(word);
  return { length, rest: length === undefined ? text : text.slice(word.length).trimStart() };
}

/** The seconds of `text`, 1 to {@linkcode LIMITS}`.ban`, or `"ever"`; `undefined` if it is neither. */
function parseDuration(text: string): Duration | undefined {
  const word = text.toLowerCase();
  if (word === "ever") return word;
  const [, number = "", unit = ""] = /^(\d{1,9})([smhdw])$/.exec(word) ?? [];
  const seconds = Number(number) * (UNITS.get(unit) ?? 0);
  return seconds >= 1 && seconds <= LIMITS.ban ? seconds : undefined;
}

function withReason(text: string, make: (why: { reason?: string }) => Request): Order {
  if (text === "") return make({});
  const parsed = reason.parse(text);
  return parsed instanceof FieldError
    ? { problem: `the reason ${parsed.rule}` }
    : make({ reason: parsed });
}

function aboutNameAlone(type: "unban" | "unmute") {
  return {
    isAboutName: true,
    build: (room: string, { name, text }: Addressed): Order =>
      text === ""
        ? { type, payload: { room, name } }
        : { problem: `a NAME with spaces needs quotation marks: /${type} "${name} ${text}"` },
  };
}

function roleOrder(room: string, { name, text }: Addressed): Order {
  return oneOf(ROLES, text, (role) => ({ type: "role", payload: { room, name, role } }));
}

function slowOrder(room: string, text: string): Order {
  const slow = text === "off" ? 0 : wholeNumber(text, 0, LIMITS.slow);
  return slow === undefined
    ? { problem: `SECONDS must be a whole number from 0 to ${LIMITS.slow}` }
    : { type: "configure", payload: { room, slow } };
}

function oneOf<Word extends string>(
  words: readonly Word[],
  text: string,
  make: (word: Word) => Request,
): Order {
  const found = words.find((word) => word === text.toLowerCase());
  return found === undefined ? { problem: `write one of ${words.join(", ")}` } : make(found);
}

function wholeNumber(text: string, least: number, most: number): number | undefined {
  const number = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
  return number >= least && number <= most ? number : undefined;
}
