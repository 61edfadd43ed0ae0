/**
 * Looks at every line that a server sends: whether it is an event, all of it, and
 * holds what the protocol lets it hold. Knows nothing of what the peer asked. Pure.
 */

import { decodeEvent, ERROR_CODES, type Event } from "../../protocol/mod.ts";
import { isCount, isName, isText, isTime, isTopic, isWords } from "./rules.ts";

/** The types that a client of the lecture is sent. */
const LECTURE_TYPES: ReadonlySet<string> = new Set(["connect_ack", "message", "notification"]);

/** What the fields of payloads may hold, wherever in them they are. */
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
  /** The type of the connect_ack that came, if one did. */
  profile: "lecture" | "version 2" | undefined;

  /** What is wrong with `line`, which came without its newline; or the event that it is. */
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

/** The path of the first field that holds what it may not. */
function wrongField(payload: object): string | undefined {
  for (const [key, value] of Object.entries(payload)) {
    if (Array.isArray(value)) {
      for (const each of value) {
        // An array of words is of names: those of the members.
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
