import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { carriesPassword, decodeRequest, encode, type Refused } from "../../protocol/codec.ts";
import type { Request, RequestType } from "../../protocol/message.ts";
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

const REQUESTS: Whole<Request> = {
  connect: {
    name: "Zoë",
    room: "General",
    version: 3,
    session: "0123456789abcdef",
    since: { General: 7, Tea: 0 },
    direct_since: 3,
    timeline: "9f0c",
    password: "p w",
    code: "k7mq2v9x",
  },
  message: { room: "General", text: 'a\n"b"\\\u0000\u2028😀', ref: 9007199254740991 },
  direct: { to: "Bob", text: " ", ref: 1 },
  join: { room: "Tea", since: 0, code: "k7mq2v9x" },
  leave: { room: "Tea" },
  rename: { name: "李" },
  topic: { room: "Tea", topic: "" },
  members: { room: "Tea", after: "Bob" },
  rooms: { after: "Tea" },
  history: { room: "Tea", before: 1, after: 0, limit: 500 },
  search: { query: "two words", room: "Tea", from: "Bob", limit: 1 },
  read: { room: "Tea", seq: 0 },
  unread: {},
  register: { password: "correct horse" },
  password: { current: "p w", password: "correct horse" },
  unregister: { password: "p w" },
  sessions: {},
  end_session: { session: "0123456789ab" },
  room: { room: "Tea" },
  configure: { room: "Tea", access: "invite", slow: 0, topic_by: "moderators" },
  role: { room: "Tea", name: "Bob", role: "voice" },
  invite: { room: "Tea", name: "Bob", uses: 1, days: 1 },
  kick: { room: "Tea", name: "Bob", reason: "spam", for: "ever" },
  mute: { room: "Tea", name: "Bob", for: 60, reason: "" },
  unmute: { room: "Tea", name: "Bob" },
  bans: { room: "Tea", after: "Bob" },
  unban: { room: "Tea", name: "Bob" },
  ping: { nonce: "n" },
  pong: { nonce: "n" },
  quit: {},
};

const NEEDED: Needed<Request> = {
  connect: { name: "Zoë" },
  message: { text: "t" },
  direct: { to: "Bob", text: "t" },
  join: { room: "Tea" },
  leave: { room: "Tea" },
  rename: { name: "Bob" },
  topic: { room: "Tea" },
  members: { room: "Tea" },
  rooms: {},
  history: { room: "Tea" },
  search: { query: "q" },
  read: { room: "Tea", seq: 1 },
  unread: {},
  register: { password: "correct horse" },
  password: { current: "p w", password: "correct horse" },
  unregister: { password: "p w" },
  sessions: {},
  end_session: { session: "0123456789ab" },
  room: { room: "Tea" },
  configure: { room: "Tea" },
  role: { room: "Tea", name: "Bob", role: "voice" },
  invite: { room: "Tea" },
  kick: { room: "Tea", name: "Bob" },
  mute: { room: "Tea", name: "Bob", for: 60 },
  unmute: { room: "Tea", name: "Bob" },
  bans: { room: "Tea" },
  unban: { room: "Tea", name: "Bob" },
  ping: {},
  pong: {},
  quit: {},
};

const TYPES = Object.keys(REQUESTS) as RequestType[];

function line(type: unknown, payload?: unknown, id?: unknown): string {
  return JSON.stringify({ type, payload, id });
}

/** The refusal of a request that must not be accepted. */
function refusal(text: string): Refused {
  const decoded = decodeRequest(text);
  assert(decoded.type === "refused", `accepted: ${text.slice(0, 200)}`);
  return decoded;
}

/** The entries of `payload` but for `key`, which is set to `value` or left out. */
function withField(payload: object, key: string, value?: unknown): Record<string, unknown> {
  const rest = Object.entries(payload).filter(([each]) => each !== key);
  return Object.fromEntries(value === undefined ? rest : [...rest, [key, value]]);
}

Deno.test(
  "carriesPassword() knows the requests that need a password, and no made-up ones",
  PURE,
  () => {
    const secret = TYPES.filter((type) => Object.keys(NEEDED[type]).includes("password"));
    assertEquals(TYPES.filter(carriesPassword), secret);
    assertEquals(["constructor", "__proto__", ""].filter(carriesPassword), []);
  },
);

Deno.test("decodeRequest() reads what encode() wrote, for every type", PURE, () => {
  for (const type of TYPES) {
    for (const payload of [REQUESTS[type], NEEDED[type]]) {
      for (const request of [{ type, payload }, { type, id: "7", payload }] as Request[]) {
        assertEquals(decodeRequest(encode(request)), request);
      }
    }
  }
});

Deno.test("decodeRequest() names the field that is missing, and gives back the id", PURE, () => {
  for (const type of TYPES) {
    for (const field of Object.keys(NEEDED[type])) {
      for (const value of [undefined, null]) {
        const refused = refusal(line(type, withField(REQUESTS[type], field, value), "7"));
        const message = `Cannot accept "${type}": payload.${field} is missing`;
        assertEquals(refused.error, {
          type: "error",
          id: "7",
          payload: { code: "missing_field", message },
        });
      }
    }
  }
});

Deno.test("decodeRequest() takes null for a field that is left out", PURE, () => {
  for (const type of TYPES) {
    for (const field of Object.keys(REQUESTS[type])) {
      if (field in NEEDED[type]) continue;
      const decoded = decodeRequest(line(type, withField(REQUESTS[type], field, null), null));
      assertEquals<unknown>(decoded, { type, payload: withField(REQUESTS[type], field) });
    }
  }
});

Deno.test("decodeRequest() ignores fields that it does not know", PURE, () => {
  for (const type of TYPES) {
    const payload = { ...REQUESTS[type], colour: "red", toString: 1, constructor: null };
    const text = JSON.stringify({ jsonrpc: "2.0", type, payload, sender: {} });
    assertEquals<unknown>(decodeRequest(text), { type, payload: REQUESTS[type] });
  }
});

Deno.test(
  "decodeRequest() wants an object for a payload, or none where none is needed",
  PURE,
  () => {
    for (const type of TYPES) {
      for (const payload of [undefined, null]) {
        const [needed] = Object.keys(NEEDED[type]);
        const decoded = decodeRequest(line(type, payload));
        if (needed === undefined) assertEquals<unknown>(decoded, { type, payload: {} });
        else assertStringIncludes(refusal(line(type, payload)).error.payload.message, needed);
      }
      for (const payload of [[], [{}], "", "text", 0, 5, true, false]) {
        const { error } = refusal(line(type, payload, "7"));
        assertEquals([error.payload.code, error.id], ["not_object", "7"]);
        assertEquals(error.payload.message, `Cannot accept "${type}": payload is not an object`);
      }
    }
  },
);

Deno.test("encode() writes one line, whatever a message holds", PURE, () => {
  for (let start = 0; start < 0x10000; start += 4096) {
    const units = Array.from({ length: 4096 }, (_, index) => start + index);
    const text = String.fromCharCode(...units);
    const written = encode({ type: "message", payload: { text, room: "\n\r" } });
    assertEquals(written.indexOf("\n"), written.length - 1);
    assert(written.isWellFormed());
    assertEquals(JSON.parse(written).payload, { text, room: "\n\r" });
  }
});
