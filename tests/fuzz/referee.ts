/**
 * Checks every line that a server sends: whether it is a complete event with the values
 * that the protocol allows. Does not know what the peer asked. Pure.
 */

import { decodeEvent, ERROR_CODES, type Event } from "../../protocol/mod.ts";
import { isCount, isName, isText, isTime, isTopic, isWords } from "./rules.ts";

/** The types of events in the lecture profile. */
const LECTURE_TYPES: ReadonlySet<string> = new Set(["connect_ack", "message", "notification"]);

/** The allowed values of payload fields, at any depth. */
const RULES: Record<string, (value: unknown) => boolean> = {
  sender: isName,
  name: isName,
  new_name: isName,
  to: isName,
  room: isName,
  text: isText,
  topic: isTopic,
  message: isWords,
  seq: isCount,
  at: isTime,
  ref: isCount,
  behind: isCount,
  total: isCount,
  unread: isCount,
  mentions: isCount,
  direct: isCount,
  code: (value) => typeof value === "string" && Object.hasOwn(ERROR_CODES, value),
  // A token, or the short id of one.
  session: (value) => typeof value === "string" && /^([0-9a-f]{32}|[0-9a-f]{12})$/.test(value),
  since: isTime,
};

/** Judges the lines of one connection. */
export class Referee {
  /** The profile of the connect_ack, if one came. */
  profile: "lecture" | "version 2" | undefined;

  /** The event in `line`, which has no newline, or what is wrong with it. */
  judge(line: string): Event | string {
    const event = decodeEvent(line);
    if (event === undefined) return `no event: ${shown(line)}`;
    const raw = JSON.parse(line) as { payload: object };
    const extra = Object.keys(raw.payload).find((key) => !(key in event.payload));
    if (extra !== undefined) {
      return `a field ${extra} that no table has: ${shown(line)}`;
    }
    if (event.type === "connect_ack") {
      this.profile = event.payload.session === undefined ? "lecture" : "version 2";
    } else if (this.profile === "lecture" && !LECTURE_TYPES.has(event.type)) {
      return `a type that a lecture client does not know: ${shown(line)}`;
    }
    const wrong = wrongField(event.payload);
    return wrong === undefined ? event : `payload.${wrong} breaks its rule: ${shown(line)}`;
  }
}

/** The path of the first field with a forbidden value. */
function wrongField(payload: object): string | undefined {
  for (const [key, value] of Object.entries(payload)) {
    if (Array.isArray(value)) {
      for (const each of value) {
        // An array of strings holds names: those of the members.
        const wrong = typeof each === "object" ? wrongField(each) : isName(each) ? undefined : "[]";
        if (wrong !== undefined) return `${key}.${wrong}`;
      }
    } else if (RULES[key]?.(value) === false) return key;
  }
  return undefined;
}

function shown(line: string): string {
  return line.length > 300 ? `${line.slice(0, 300)}… (${line.length})` : line;
}
