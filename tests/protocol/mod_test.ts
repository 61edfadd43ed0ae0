import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import * as protocol from "../../protocol/mod.ts";
import type { Event, Request } from "../../protocol/mod.ts";
import { PURE } from "../fixtures/pure.ts";

const SOURCE = new URL("../../protocol/mod.ts", import.meta.url);
/** The specification is a comment, which its tests must read. */
const READS_SOURCE = { permissions: { read: [SOURCE] } };

/** The module doc of `protocol/mod.ts`, without its stars. */
async function specification(): Promise<string> {
  const source = await Deno.readTextFile(SOURCE);
  const end = source.indexOf("*/");
  return source.slice(0, end).replace(/^ ?\/?\*{1,2} ?/gm, "");
}

/** The fields of every request, "?" for one that may be left out: the compiler sees to it. */
type FieldsOf<Message extends { type: string; payload: unknown }> = {
  [Each in Message as Each["type"]]: {
    [Field in keyof Required<Each["payload"]>]: object extends Pick<Each["payload"], Field> ? "?"
      : "";
  };
};

const FIELDS: FieldsOf<Request> = {
  connect: {
    name: "",
    room: "?",
    version: "?",
    session: "?",
    since: "?",
    direct_since: "?",
    timeline: "?",
    password: "?",
    code: "?",
  },
  message: { room: "?", text: "", ref: "?" },
  direct: { to: "", text: "", ref: "?" },
  join: { room: "", since: "?", code: "?" },
  leave: { room: "" },
  rename: { name: "" },
  topic: { room: "", topic: "?" },
  members: { room: "", after: "?" },
  rooms: { after: "?" },
  history: { room: "", before: "?", after: "?", limit: "?" },
  search: { query: "", room: "?", from: "?", limit: "?" },
  read: { room: "", seq: "" },
  unread: {},
  register: { password: "" },
  password: { current: "", password: "" },
  unregister: { password: "" },
  sessions: {},
  end_session: { session: "" },
  room: { room: "" },
  configure: { room: "", access: "?", slow: "?", topic_by: "?" },
  role: { room: "", name: "", role: "" },
  invite: { room: "", name: "?", uses: "?", days: "?" },
  kick: { room: "", name: "", reason: "?", for: "?" },
  mute: { room: "", name: "", for: "", reason: "?" },
  unmute: { room: "", name: "" },
  bans: { room: "", after: "?" },
  unban: { room: "", name: "" },
  ping: { nonce: "?" },
  pong: { nonce: "?" },
  quit: {},
};

Deno.test(
  "The specification lists the requests that there are, with their fields",
  READS_SOURCE,
  async () => {
    const rows = [...(await specification()).matchAll(/^\| `(\w+)` \| ([^|]*) \|/gm)];
    const listed = rows.map(([, type, payload = ""]) => [
      type,
      [...payload.matchAll(/`(\w+\??)`/g)].map((match) => match[1]),
    ]);
    const expected = Object.entries(FIELDS).map(([type, fields]) => [
      type,
      Object.entries(fields as Record<string, string>)
        // Optional on the wire, but the table describes version 2.
        .map(([field, mark]) => field === "version" ? field : field + mark),
    ]);
    assertEquals(listed, expected);
  },
);

/** The fields of the events whose payloads the specification spells out on a line of their own. */
const EVENT_FIELDS: Pick<FieldsOf<Event>, "connect_ack" | "message" | "direct" | "error"> = {
  connect_ack: {
    message: "",
    name: "?",
    registered: "?",
    room: "?",
    version: "?",
    session: "?",
    resumed: "?",
    server: "?",
    limits: "?",
    rooms: "?",
    direct: "?",
    ref: "?",
    timeline: "?",
    since: "?",
    direct_since: "?",
  },
  message: { sender: "", room: "", text: "", seq: "", at: "", ref: "?", kind: "?", act: "?" },
  direct: { sender: "", to: "", text: "", seq: "", at: "", ref: "?", room: "?" },
  error: { code: "", message: "", retry_after: "?", ref: "?" },
};

/** A room that it may not be in; positions that were corrected. */
const AT_TIMES = ["room", "since", "direct_since"];

Deno.test("The specification spells out the events as they are", READS_SOURCE, async () => {
  const spelled = [...(await specification()).matchAll(/^`(\w+)`: `\{([^`]*)\}`/gm)];
  const fields = spelled.filter(([, type = ""]) => type in EVENT_FIELDS)
    .map(([, type, payload = ""]) => [type, payload.split(/, */)]);
  const expected = Object.entries(EVENT_FIELDS).map(([type, fields]) => [
    type,
    Object.entries(fields as Record<string, string>).map(([field, mark]) =>
      // Version 2 is always sent all of them, but for these.
      type === "connect_ack" && !AT_TIMES.includes(field) ? field : field + mark
    ),
  ]);
  assertEquals(fields, expected);
});

Deno.test("The specification's examples are what the code reads", READS_SOURCE, async () => {
  const examples = [...(await specification()).matchAll(/^([→←]) (\{.*\})$/gm)];
  for (const [, direction, line = ""] of examples) {
    const decoded = direction === "→" ? protocol.decodeRequest(line) : protocol.decodeEvent(line);
    const { sender: _, ...payload } = JSON.parse(line).payload;
    assert(decoded !== undefined && decoded.type !== "refused", line);
    assertEquals(decoded.type, JSON.parse(line).type);
    assertEquals<unknown>(decoded.payload, direction === "→" ? payload : JSON.parse(line).payload);
  }
  const types = examples.map(([, direction, line = ""]) => direction + JSON.parse(line).type);
  assertEquals(types, [
    ...["→connect", "←connect_ack", "→message", "←message", "←notification"],
    ...["→connect", "←connect_ack", "←notification"],
    ...["→connect", "←connect_ack", "→message", "←error", "→message", "←message"],
    ...["→configure", "←message", "→invite", "←invite", "→kick", "←message", "←notification"],
  ]);
});

Deno.test("The specification states the limits of the code", READS_SOURCE, async () => {
  const { LIMITS, VERSION } = protocol;
  const text = (await specification()).replace(/\s+/g, " ");
  for (
    const sentence of [
      `side sends more than ${LIMITS.line.toLocaleString("en")} bytes before a`,
      `stand in each other more than ${LIMITS.depth} deep`,
      `a string of 1 to ${LIMITS.id} characters`,
      `A name or a room: 1 to ${LIMITS.name} code points`,
      `A text: 1 to ${LIMITS.text} code points`,
      `A topic: one line of at most ${LIMITS.topic}.`,
      `a password: ${LIMITS.shortest_password} to ${LIMITS.password} code points`,
      `several times, up to ${LIMITS.sessions}:`,
      `\`"version": ${VERSION}\` in \`connect\``,
    ]
  ) assertStringIncludes(text, sentence);
  assertEquals<number>(LIMITS.room, LIMITS.name);
});

Deno.test("The specification names no error code that there is none of", READS_SOURCE, async () => {
  const named = [...(await specification()).matchAll(/`error` `(\w+)`|`(\w+_\w+)`/g)]
    .map((match) => match[1] ?? match[2] ?? "");
  const others = [
    "connect_ack",
    "new_name",
    "direct_since",
    "caught_up",
    "retry_after",
    "end_session",
    "password_changed",
    "topic_by",
  ];
  assert(named.includes("session_replaced"));
  for (const word of named) {
    assert(word in protocol.ERROR_CODES || others.includes(word), word);
  }
});

Deno.test("mod.ts exports all that a client or a server needs", PURE, () => {
  assertEquals(Object.keys(protocol).sort(), [
    "ACCESS",
    "ERROR_CODES",
    "LIMITS",
    "LineFramer",
    "ROLES",
    "TOPIC_BY",
    "VERSION",
    "carriesPassword",
    "decodeEvent",
    "decodeRequest",
    "encode",
    "errorEvent",
    "escapeForTerminal",
    "escapeLinesForTerminal",
    "fold",
    "isLongerThan",
    "parseName",
    "rateLimited",
  ]);
});
