import { assertEquals } from "@std/assert";
import { decodeEvent, encode } from "../../protocol/codec.ts";
import type { Event, EventType } from "../../protocol/message.ts";
import { PURE } from "../fixtures/pure.ts";

/** For every type a payload with each of its fields; the compiler finds missing ones. */
type Whole<Message extends { type: string; payload: unknown }> = {
  [Each in Message as Each["type"]]: Required<Each["payload"]>;
};
/** The required fields of every type. */
type Needed<Message extends { type: string; payload: unknown }> = {
  [Each in Message as Each["type"]]: {
    [Key in keyof Each["payload"] as object extends Pick<Each["payload"], Key> ? never : Key]:
      Each["payload"][Key];
  };
};

const SAID = { sender: "Bob", room: "Tea", text: "a\nb", seq: 1, at: 1767225600000 };

const EVENTS: Whole<Event> = {
  connect_ack: {
    message: "Connected to the room.",
    name: "Zoë",
    registered: true,
    room: "Tea",
    version: 2,
    session: "s",
    resumed: false,
    server: "chat 0.1.0",
    limits: { text: 4096 },
    rooms: [{ room: "Tea", seq: 0 }, { room: "General", seq: 5 }],
    direct: 2,
    ref: 7,
    timeline: "9f0c",
    since: { Tea: 3 },
    direct_since: 1,
  },
  message: {
    ...SAID,
    ref: 4,
    kind: "act",
    act: {
      ...{ event: "banned", name: "Bob", role: "voice", access: "open", slow: 0 },
      ...{ topic_by: "all", until: 1767225600000, reason: "spam", uses: 1 },
    },
  },
  direct: { sender: "Bob", to: "Zoë", text: "t", seq: 0, at: 1767225600000, ref: 4, room: "Tea" },
  notification: {
    message: "Bob has joined the room.",
    event: "joined",
    room: "Tea",
    name: "Bob",
    new_name: "Rob",
    topic: "",
    seq: 0,
    behind: 12,
    code: "bad_name",
    retry_after: 5,
    by: "Alice",
    reason: "spam",
    until: 1767225600000,
  },
  topic: { room: "Tea", topic: "" },
  members: { room: "Tea", members: ["Bob", "Zoë"], total: 2, more: false },
  rooms: { rooms: [{ room: "Tea", members: 2, topic: "" }], more: true },
  history: { room: "Tea", messages: [SAID, { ...SAID, ref: 2 }], more: true },
  search: { messages: [], more: false, incomplete: true },
  unread: { rooms: [{ room: "Tea", seq: 1, unread: 2, mentions: 0 }] },
  sessions: {
    sessions: [
      { session: "a1", current: true, connected: true, since: 1767225600000 },
      { session: "b2", current: false, connected: true, since: 0, address: "[::1]:1" },
    ],
  },
  room: {
    ...{ room: "Tea", topic: "", access: "invite", slow: 5, topic_by: "moderators" },
    ...{ owners: ["Alice"], moderators: [], you: "none" },
  },
  invite: { room: "Tea", code: "k7mq2v9x", uses: 1, until: 1767225600000 },
  bans: {
    room: "Tea",
    bans: [
      { name: "Rob", kind: "mute", by: "Alice", at: 0 },
      { name: "Bob", kind: "ban", by: "Alice", at: 0, until: 5, reason: "spam" },
    ],
    more: false,
  },
  ping: { nonce: "n" },
  pong: { nonce: "n" },
  error: { code: "rate_limited", message: "m", retry_after: 1000, ref: 9 },
};

const NEEDED: Needed<Event> = {
  connect_ack: { message: "m" },
  message: SAID,
  direct: { sender: "Bob", to: "Zoë", text: "t", seq: 1, at: 0 },
  notification: { message: "m" },
  topic: EVENTS.topic,
  members: EVENTS.members,
  rooms: EVENTS.rooms,
  history: EVENTS.history,
  search: { messages: [], more: false },
  unread: EVENTS.unread,
  sessions: { sessions: [{ session: "a1", current: false, connected: false, since: 0 }] },
  room: EVENTS.room,
  invite: EVENTS.invite,
  bans: EVENTS.bans,
  ping: {},
  pong: {},
  error: { code: "bad_name", message: "m" },
};

const TYPES = Object.keys(EVENTS) as EventType[];

function line(type: unknown, payload?: unknown, id?: unknown): string {
  return JSON.stringify({ type, payload, id });
}

/** The entries of `payload` but for `key`, which is set to `value` or left out. */
function withField(payload: object, key: string, value?: unknown): Record<string, unknown> {
  const rest = Object.entries(payload).filter(([each]) => each !== key);
  return Object.fromEntries(value === undefined ? rest : [...rest, [key, value]]);
}

Deno.test("decodeEvent() reads what encode() wrote, for every type", PURE, () => {
  for (const type of TYPES) {
    for (const payload of [EVENTS[type], NEEDED[type]]) {
      for (const event of [{ type, payload }, { type, id: "7", payload }] as Event[]) {
        assertEquals(decodeEvent(encode(event)), event);
      }
    }
  }
});

Deno.test("decodeEvent() leaves out an id that is no string", PURE, () => {
  for (const id of [null, 5, true, {}, ["7"]]) {
    const event = decodeEvent(line("pong", {}, id));
    assertEquals(event, { type: "pong", payload: {} });
    assertEquals(Object.keys(event ?? {}), ["type", "payload"]);
  }
});

Deno.test("decodeEvent() takes null for a field that is left out, if it may be", PURE, () => {
  for (const type of TYPES) {
    for (const field of Object.keys(EVENTS[type])) {
      const payload = withField(EVENTS[type], field);
      const expected = field in NEEDED[type] ? undefined : { type, payload };
      for (const value of [undefined, null]) {
        const event = decodeEvent(line(type, withField(EVENTS[type], field, value)));
        assertEquals<unknown>(event, expected, `${type}.${field} = ${value}`);
      }
    }
  }
});

Deno.test("decodeEvent() gives nothing for a field of another type", PURE, () => {
  const values = ["1", 1, true, { a: "s" }, [1], [null], [[]], [{ room: 1 }], ["s", {}]];
  for (const type of TYPES) {
    for (const [field, good] of Object.entries(EVENTS[type])) {
      for (const value of values) {
        if (typeof value !== "object" && typeof value === typeof good) continue;
        const text = line(type, withField(EVENTS[type], field, value));
        assertEquals(decodeEvent(text), undefined, text);
      }
    }
  }
  assertEquals(decodeEvent(line("message", SAID).replace('"seq":1', '"seq":1e999')), undefined);
});

Deno.test("decodeEvent() looks into the objects of its arrays", PURE, () => {
  for (const type of TYPES) {
    for (const [field, good] of Object.entries(EVENTS[type])) {
      const first: unknown = Array.isArray(good) ? good[0] : undefined;
      if (typeof first !== "object" || first === null) continue;
      for (const key of Object.keys(first)) {
        const element = withField(first, key);
        assertEquals(decodeEvent(line(type, withField(EVENTS[type], field, [element]))), undefined);
        const wrong = { ...first, [key]: [] };
        assertEquals(
          decodeEvent(line(type, withField(EVENTS[type], field, [first, wrong]))),
          undefined,
        );
      }
    }
  }
});

Deno.test("decodeEvent() lets through words that a newer server may send", PURE, () => {
  const notification = { message: "m", event: "exploded", code: "out_of_tea" };
  assertEquals<unknown>(decodeEvent(line("notification", notification)), {
    type: "notification",
    payload: notification,
  });
});

Deno.test("decodeEvent() gives nothing for what is no event, and never throws", PURE, () => {
  const nested = "[".repeat(30_000) + "]".repeat(30_000);
  const hostile = [
    "",
    " ",
    "x",
    "null",
    "5",
    "[]",
    "{}",
    '"ping"',
    "{",
    nested,
    "[".repeat(60_000),
  ];
  for (const type of ["connect", "constructor", "__proto__", "toString", "Ping", "", 5, null, {}]) {
    hostile.push(line(type, {}));
  }
  for (const payload of [[], "s", 5, true]) hostile.push(line("ping", payload));
  hostile.push(`{"__proto__":{"type":"ping"}}`, `{"type":"topic","payload":${nested}}`);
  hostile.push(`{"type":"topic","payload":{"__proto__":{"room":"a","topic":"b"}}}`);
  for (const text of hostile) assertEquals(decodeEvent(text), undefined, text.slice(0, 100));
});
