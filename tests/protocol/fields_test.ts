import { assert, assertEquals } from "@std/assert";
import { decodeRequest } from "../../protocol/codec.ts";
import type { ErrorCode } from "../../protocol/error_codes.ts";
import { LIMITS, type Request, type RequestType } from "../../protocol/message.ts";
import { PURE } from "../fixtures/pure.ts";

/** The values that a field accepts, and those it refuses: the value, the code, and part of the message. */
interface Rule {
  good: unknown[];
  bad: [value: unknown, code: ErrorCode, says: string][];
}

/** A rule for every field of every request; the compiler finds missing ones. */
type Rules = {
  [Each in Request as Each["type"]]: { [Field in keyof Required<Each["payload"]>]: Rule };
};

const HALF_PAIR = "a\ud83d";

function wrong(values: unknown[], code: ErrorCode, says: string): Rule["bad"] {
  return values.map((value) => [value, code, says]);
}

const NO_STRINGS: unknown[] = [0, 5, true, false, [], ["a"], {}, { toString: "a" }];

function nameRule(code: ErrorCode): Rule {
  return {
    good: ["a", "A b", "李", "x".repeat(32), "😀".repeat(32)],
    bad: [
      ...wrong(NO_STRINGS, code, "must be a string"),
      ["", code, "is empty"],
      ["x".repeat(33), code, "has more than 32 characters"],
      ["😀".repeat(33), code, "has more than 32 characters"],
      ["x".repeat(60_000), code, "has more than 32 characters"],
      ["a\u001b[2J", code, "has the forbidden character U+001B"],
      [HALF_PAIR, code, "has the forbidden character U+D83D"],
      [" a", code, "begins or ends with a space"],
    ],
  };
}

const NAME = nameRule("bad_name");
const ROOM = nameRule("bad_room");

const TEXT: Rule = {
  good: ["a", " ", "\n", "\u001b[2J\u0000", "a\r\nb", "x".repeat(4096), "😀".repeat(4096)],
  bad: [
    ...wrong(NO_STRINGS, "bad_text", "must be a string"),
    ["", "bad_text", "is empty"],
    [HALF_PAIR, "bad_text", "has half a surrogate pair"],
    ["\udc00\ud800", "bad_text", "has half a surrogate pair"],
    ["x".repeat(4097), "text_too_long", "has more than 4096 characters"],
    ["x" + "😀".repeat(4096), "text_too_long", "has more than 4096 characters"],
    ["x".repeat(60_000), "text_too_long", "has more than 4096 characters"],
  ],
};

const TOPIC: Rule = {
  good: ["", " ", "x".repeat(256), "😀".repeat(256), "می‌خواهم"],
  bad: [
    ...wrong(NO_STRINGS, "bad_field", "must be a string"),
    ["x".repeat(257), "text_too_long", "has more than 256 characters"],
    ["x" + "😀".repeat(256), "text_too_long", "has more than 256 characters"],
    ...wrong(
      ["a\nb", "a\r", "\t", "\u0085", "\u2028", "\u2029", "\u001b]0;x\u0007", HALF_PAIR],
      "bad_field",
      "must be one line without control characters",
    ),
  ],
};

function numberRule(least: number, most = Number.MAX_SAFE_INTEGER): Rule {
  return {
    good: [least, least + 1, most],
    bad: wrong(
      [least - 1, most + 1, -1, 1.5, 1e300, "1", "", true, [], [1], {}],
      "bad_field",
      `must be a whole number from ${least} to ${most}`,
    ),
  };
}

function stringRule(longest: number): Rule {
  return {
    good: ["a", " ", "\u0000", "x".repeat(longest), "😀".repeat(longest)],
    bad: wrong(
      ["", "x".repeat(longest + 1), "😀".repeat(longest + 1), HALF_PAIR, ...NO_STRINGS],
      "bad_field",
      `must be a string of 1 to ${longest} characters`,
    ),
  };
}

/** Positions in `count` rooms. */
function positions(count: number): Record<string, number> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`room ${index}`, index]));
}

const POSITIONS: Rule = {
  good: [{}, { a: 0, b: Number.MAX_SAFE_INTEGER }, positions(LIMITS.rooms)],
  bad: [
    ...wrong([[], [1], "a", 5, true], "bad_field", "must be an object of room and seq"),
    [positions(LIMITS.rooms + 1), "bad_field", "has more than 256 rooms"],
    [{ "": 1 }, "bad_room", "is empty"],
    [{ [HALF_PAIR]: 1 }, "bad_room", "has the forbidden character U+D83D"],
    [{ ["x".repeat(33)]: 1 }, "bad_room", "has more than 32 characters"],
    ...wrong(
      [{ a: -1 }, { a: 1.5 }, { a: "1" }, { a: null }, { a: 1, b: [] }],
      "bad_field",
      "must be a whole number from 0 to 9007199254740991",
    ),
  ],
};

const REF = numberRule(1);
const SEQ = numberRule(0);
const NONCE = stringRule(64);

const NEW_PASSWORD: Rule = {
  good: ["12345678", " ".repeat(8), "\u0000".repeat(8), "x".repeat(256), "😀".repeat(256)],
  bad: wrong(
    ["", "1234567", "😀".repeat(7), "x".repeat(257), "x".repeat(60_000), HALF_PAIR, ...NO_STRINGS],
    "bad_password",
    "must be a password of 8 to 256 characters",
  ),
};

const DURATION: Rule = {
  good: [1, 60, 315_360_000, "ever"],
  bad: wrong(
    [0, -1, 1.5, 315_360_001, 1e300, "", "Ever", "60", true, [], {}],
    "bad_field",
    'must be whole seconds from 1 to 315360000, or "ever"',
  ),
};

function wordRule(...words: string[]): Rule {
  return {
    good: words,
    bad: wrong(
      ["", "Open", "operator", "constructor", ...NO_STRINGS],
      "bad_field",
      `must be one of ${words.join(", ")}`,
    ),
  };
}

const RULES: Rules = {
  connect: {
    name: NAME,
    room: ROOM,
    version: numberRule(2),
    session: stringRule(64),
    since: POSITIONS,
    direct_since: SEQ,
    timeline: stringRule(64),
    password: stringRule(256),
    code: NONCE,
  },
  message: { room: ROOM, text: TEXT, ref: REF },
  direct: { to: NAME, text: TEXT, ref: REF },
  join: { room: ROOM, since: SEQ, code: NONCE },
  leave: { room: ROOM },
  rename: { name: NAME },
  topic: { room: ROOM, topic: TOPIC },
  members: { room: ROOM, after: NAME },
  rooms: { after: ROOM },
  history: { room: ROOM, before: REF, after: SEQ, limit: numberRule(1, 500) },
  search: { query: stringRule(256), room: ROOM, from: NAME, limit: numberRule(1, 500) },
  read: { room: ROOM, seq: SEQ },
  unread: {},
  register: { password: NEW_PASSWORD },
  password: { current: stringRule(256), password: NEW_PASSWORD },
  unregister: { password: stringRule(256) },
  sessions: {},
  end_session: { session: stringRule(64) },
  room: { room: ROOM },
  configure: {
    room: ROOM,
    access: wordRule("open", "invite", "moderated"),
    slow: numberRule(0, 3600),
    topic_by: wordRule("all", "moderators"),
  },
  role: { room: ROOM, name: NAME, role: wordRule("member", "voice", "moderator", "owner") },
  invite: { room: ROOM, name: NAME, uses: numberRule(1, 1000), days: numberRule(1, 365) },
  kick: { room: ROOM, name: NAME, reason: TOPIC, for: DURATION },
  mute: { room: ROOM, name: NAME, for: DURATION, reason: TOPIC },
  unmute: { room: ROOM, name: NAME },
  bans: { room: ROOM, after: NAME },
  unban: { room: ROOM, name: NAME },
  ping: { nonce: NONCE },
  pong: { nonce: NONCE },
  quit: {},
};

/** Every field of every request, with its rule and a good payload around it. */
function* fields(): Generator<[RequestType, string, Rule, Record<string, unknown>]> {
  for (const [type, rules] of Object.entries(RULES) as [RequestType, Record<string, Rule>][]) {
    const good = Object.entries(rules).map(([field, rule]) => [field, rule.good[0]]);
    for (const [field, rule] of Object.entries(rules)) {
      yield [type, field, rule, Object.fromEntries(good)];
    }
  }
}

Deno.test("decodeRequest() takes every field up to its bounds, as it was written", PURE, () => {
  for (const [type, field, rule, around] of fields()) {
    for (const value of rule.good) {
      const payload = { ...around, [field]: value };
      const decoded = decodeRequest(JSON.stringify({ type, payload }));
      assertEquals<unknown>(decoded, { type, payload });
    }
  }
});

Deno.test("decodeRequest() refuses every field past its bounds, and names both", PURE, () => {
  for (const [type, field, rule, around] of fields()) {
    for (const [value, code, says] of rule.bad) {
      const payload = { ...around, [field]: value };
      const decoded = decodeRequest(JSON.stringify({ type, payload }));
      const what = `${type}.${field} = ${JSON.stringify(value).slice(0, 50)}`;
      assert(decoded.type === "refused", what);
      assertEquals(decoded.error.payload, {
        code,
        message: `Cannot accept "${type}": payload.${field} ${says}`,
      }, what);
    }
  }
});

Deno.test("decodeRequest() gives names and rooms in NFC, those of `since` too", PURE, () => {
  const decoded = decodeRequest(JSON.stringify({
    type: "connect",
    payload: { name: "Zoe\u0308", room: "Cafe\u0301", since: { "Cafe\u0301": 3 } },
  }));
  assert(decoded.type === "connect");
  assertEquals(decoded.payload, { name: "Zoë", room: "Café", since: { "Café": 3 } });
});

Deno.test("decodeRequest() gives passwords in NFC, and measures them so", PURE, () => {
  const composed = "\u00e9".repeat(7);
  const typed = "e\u0301".repeat(7);
  const decode = (type: string, payload: unknown) =>
    decodeRequest(JSON.stringify({ type, payload }));
  const shown = decode("unregister", { password: typed });
  assert(shown.type === "unregister");
  assertEquals(shown.payload.password, composed);
  assertEquals(decode("register", { password: typed }).type, "refused");
  assertEquals(decode("register", { password: typed + "!" }).type, "register");
});

Deno.test("decodeRequest() leaves a text exactly as it was written", PURE, () => {
  const text = "e\u0301 \u202e\u200b\t\r\n\u0000  ";
  const decoded = decodeRequest(JSON.stringify({ type: "message", payload: { text } }));
  assert(decoded.type === "message");
  assertEquals(decoded.payload.text, text);
});
