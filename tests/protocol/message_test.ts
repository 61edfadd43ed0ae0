import { assert, assertEquals, assertLessOrEqual, assertMatch } from "@std/assert";
import { decodeEvent, decodeRequest, encode } from "../../protocol/codec.ts";
import { ERROR_CODES, type ErrorCode } from "../../protocol/error_codes.ts";
import { LineFramer } from "../../protocol/lines.ts";
import {
  errorEvent,
  type Event,
  LIMITS,
  rateLimited,
  type Request,
  VERSION,
} from "../../protocol/message.ts";
import { PURE } from "../fixtures/pure.ts";

Deno.test("ERROR_CODES are lower_snake_case words, each with its meaning", PURE, () => {
  for (const [code, meaning] of Object.entries(ERROR_CODES)) {
    assertMatch(code, /^[a-z]+[0-9]?(_[a-z0-9]+)*$/);
    assertMatch(meaning, /^[A-Z`][^\n]*\.$/, code);
  }
  const meanings = Object.values(ERROR_CODES);
  assertEquals(new Set(meanings).size, meanings.length);
});

Deno.test("errorEvent() carries a code, a message, and an id if there is one", PURE, () => {
  for (const code of Object.keys(ERROR_CODES) as ErrorCode[]) {
    const event = errorEvent(code, "m", "7");
    assertEquals(event, { type: "error", id: "7", payload: { code, message: "m" } });
    assertEquals(decodeEvent(encode(event)), event);
  }
  assertEquals(Object.keys(errorEvent("bad_name", "m")), ["type", "payload"]);
});

Deno.test("rateLimited() says when to ask again, in words and in whole milliseconds", PURE, () => {
  const cases: [milliseconds: number, words: string][] = [
    [1, "1 s"],
    [999.2, "1 s"],
    [1001, "2 s"],
    [90_000, "90 s"],
    [120_001, "3 minutes"],
  ];
  for (const [milliseconds, words] of cases) {
    const event = rateLimited("Too many requests", milliseconds, "7");
    assertEquals(event, {
      type: "error",
      id: "7",
      payload: {
        code: "rate_limited",
        message: `Too many requests; try again in ${words}`,
        retry_after: Math.ceil(milliseconds),
      },
    });
    assertEquals(decodeEvent(encode(event)), event);
  }
  assertEquals(Object.keys(rateLimited("r", 1)), ["type", "payload"]);
});

// The characters that take the most bytes in a line: a control character as its
// escape, where one may be, and otherwise one of four bytes.
const ID = "\u0000".repeat(LIMITS.id);
const TEXT = "\u0000".repeat(LIMITS.text);
const NAME = "\u{2070E}".repeat(LIMITS.name);
const TOPIC = "😀".repeat(LIMITS.topic);
const MOST = Number.MAX_SAFE_INTEGER;
const ROOMS = Array.from(
  { length: LIMITS.rooms },
  (_, index) => NAME.slice(2) + String.fromCodePoint(0x20000 + index),
);

const LARGEST_REQUESTS: Request[] = [
  {
    type: "connect",
    id: ID,
    payload: {
      name: NAME,
      room: NAME,
      version: MOST,
      session: "\u0000".repeat(64),
      since: Object.fromEntries(ROOMS.map((room) => [room, MOST])),
    },
  },
  { type: "message", id: ID, payload: { room: NAME, text: TEXT, ref: MOST } },
  { type: "direct", id: ID, payload: { to: NAME, text: TEXT, ref: MOST } },
  { type: "topic", id: ID, payload: { room: NAME, topic: TOPIC } },
  {
    type: "search",
    id: ID,
    payload: {
      query: "\u0000".repeat(LIMITS.query),
      room: NAME,
      from: NAME,
      limit: LIMITS.history,
    },
  },
];

const LARGEST_EVENTS: Event[] = [
  {
    type: "connect_ack",
    id: ID,
    payload: {
      message: "Connected to the room.",
      name: NAME,
      registered: true,
      room: NAME,
      version: VERSION,
      session: "x".repeat(64),
      resumed: true,
      server: "chat-server 0.1.0",
      limits: { ...LIMITS },
      rooms: ROOMS.map((room) => ({ room, seq: MOST })),
    },
  },
  {
    type: "unread",
    id: ID,
    payload: {
      rooms: ROOMS.map((room) => ({ room, seq: MOST, unread: MOST, mentions: MOST })),
    },
  },
  {
    type: "message",
    id: ID,
    payload: { sender: NAME, room: NAME, text: TEXT, seq: MOST, at: MOST, ref: MOST },
  },
  {
    type: "direct",
    id: ID,
    payload: { sender: NAME, to: NAME, text: TEXT, seq: MOST, at: MOST, ref: MOST },
  },
  {
    type: "notification",
    id: ID,
    payload: {
      message: `${NAME} has set the topic of ${NAME}: ${TOPIC}`,
      event: "topic",
      room: NAME,
      name: NAME,
      topic: TOPIC,
    },
  },
];

Deno.test("encode() keeps the largest requests and events within a line", PURE, () => {
  for (const message of [...LARGEST_REQUESTS, ...LARGEST_EVENTS]) {
    const bytes = new TextEncoder().encode(encode(message));
    assertLessOrEqual(bytes.length - 1, LIMITS.line);
    const framer = new LineFramer();
    const line = framer.push(bytes);
    assertEquals(framer.problem, undefined);
    assertEquals<unknown>(
      LARGEST_REQUESTS.some((request) => request === message)
        ? decodeRequest(line)
        : decodeEvent(line),
      message,
    );
  }
});

Deno.test("LIMITS leave room for a text that is sent with every character escaped", PURE, () => {
  // As Python's json.dumps() does: a code point past U+FFFF takes twelve bytes.
  const escaped = (text: string) =>
    text.replace(/[^]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
  const line = `{"type":"message","payload":{"room":"${escaped(NAME)}","text":"${
    escaped("😀".repeat(LIMITS.text))
  }"}}`;
  assertLessOrEqual(line.length, LIMITS.line);
  const decoded = decodeRequest(line);
  assert(decoded.type === "message");
  assertEquals(decoded.payload.text, "😀".repeat(LIMITS.text));
});
