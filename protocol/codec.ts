/**
 * Lines ↔ requests and events. Decoding validates every field, so that the code
 * behind it need not; a refused line comes out with the `error` that answers it.
 */

import type { ErrorCode } from "./error_codes.ts";
import {
  anyBoolean,
  anyNumber,
  anyString,
  anyWord,
  arrayOf,
  duration,
  FieldError,
  type Fields,
  isRecord,
  name,
  newPassword,
  numbers,
  objectOf,
  oneOf,
  optional,
  parseFields,
  password,
  positions,
  reason,
  room,
  shortString,
  text,
  topic,
  wholeNumber,
} from "./fields.ts";
import {
  errorEvent,
  type Event,
  type Events,
  type EventType,
  LIMITS,
  type MessageKind,
  type MessagePayload,
  type NotificationKind,
  type Request,
  type Requests,
  type RequestType,
  type RoomPosition,
  type RoomSummary,
  type SessionSummary,
  type UnreadRoom,
  VERSION,
} from "./message.ts";
import {
  ACCESS,
  type Access,
  type Act,
  type Ban,
  type Role,
  ROLES,
  type RoomPayload,
  TOPIC_BY,
  type TopicBy,
} from "./rights.ts";
import { nestsDeeperThan } from "./json_depth.ts";

type FieldTables<Payloads> = { [Type in keyof Payloads]: Fields<Payloads[Type]> };

const id = shortString(LIMITS.id);
const ref = wholeNumber(1);
const seq = wholeNumber(0);
const code = shortString(LIMITS.id);

// The mark lets a bundle that decodes events alone, that of the page, leave the table out.
const REQUESTS = /* @__PURE__ */ ((): FieldTables<Requests> => ({
  connect: {
    name,
    room: optional(room),
    version: optional(wholeNumber(VERSION)),
    session: optional(shortString(64)),
    since: optional(positions),
    direct_since: optional(seq),
    timeline: optional(shortString(64)),
    password: optional(password),
    code: optional(code),
  },
  message: { room: optional(room), text, ref: optional(ref) },
  direct: { to: name, text, ref: optional(ref) },
  join: { room, since: optional(seq), code: optional(code) },
  leave: { room },
  rename: { name },
  topic: { room, topic: optional(topic) },
  members: { room, after: optional(name) },
  rooms: { after: optional(room) },
  history: {
    room,
    before: optional(wholeNumber(1)),
    after: optional(seq),
    limit: optional(wholeNumber(1, LIMITS.history)),
  },
  search: {
    query: shortString(LIMITS.query),
    room: optional(room),
    from: optional(name),
    limit: optional(wholeNumber(1, LIMITS.history)),
  },
  read: { room, seq },
  unread: {},
  register: { password: newPassword },
  password: { current: password, password: newPassword },
  unregister: { password },
  sessions: {},
  end_session: { session: shortString(64) },
  room: { room },
  configure: {
    room,
    access: optional(oneOf(ACCESS)),
    slow: optional(wholeNumber(0, LIMITS.slow)),
    topic_by: optional(oneOf(TOPIC_BY)),
  },
  role: { room, name, role: oneOf(ROLES) },
  invite: {
    room,
    name: optional(name),
    uses: optional(wholeNumber(1, LIMITS.invite_uses)),
    days: optional(wholeNumber(1, LIMITS.invite_days)),
  },
  kick: { room, name, reason: optional(reason), for: optional(duration) },
  mute: { room, name, for: duration, reason: optional(reason) },
  unmute: { room, name },
  bans: { room, after: optional(name) },
  unban: { room, name },
  ping: { nonce: optional(shortString(LIMITS.id)) },
  pong: { nonce: optional(shortString(LIMITS.id)) },
  quit: {},
}))();

const ROOM_POSITION: Fields<RoomPosition> = { room: anyString, seq: anyNumber };

const ROOM_SUMMARY: Fields<RoomSummary> = {
  room: anyString,
  members: anyNumber,
  topic: anyString,
  access: optional(anyWord<Access>()),
};

const ACT: Fields<Act> = {
  event: anyWord<Act["event"]>(),
  name: optional(anyString),
  role: optional(anyWord<Role>()),
  access: optional(anyWord<Access>()),
  slow: optional(anyNumber),
  topic_by: optional(anyWord<TopicBy>()),
  until: optional(anyNumber),
  reason: optional(anyString),
  uses: optional(anyNumber),
};

const BAN: Fields<Ban> = {
  name: anyString,
  kind: anyWord<Ban["kind"]>(),
  by: anyString,
  at: anyNumber,
  until: optional(anyNumber),
  reason: optional(anyString),
};

const UNREAD_ROOM: Fields<UnreadRoom> = {
  ...ROOM_POSITION,
  unread: anyNumber,
  mentions: anyNumber,
};

const SESSION: Fields<SessionSummary> = {
  session: anyString,
  current: anyBoolean,
  connected: anyBoolean,
  since: anyNumber,
  address: optional(anyString),
};

const MESSAGE: Fields<MessagePayload> = {
  sender: anyString,
  room: anyString,
  text: anyString,
  seq: anyNumber,
  at: anyNumber,
  ref: optional(anyNumber),
  kind: optional(anyWord<MessageKind>()),
  act: optional(objectOf(ACT)),
};

const EVENTS: FieldTables<Events> = {
  connect_ack: {
    message: anyString,
    name: optional(anyString),
    room: optional(anyString),
    version: optional(anyNumber),
    session: optional(anyString),
    resumed: optional(anyBoolean),
    registered: optional(anyBoolean),
    server: optional(anyString),
    limits: optional(numbers),
    rooms: optional(arrayOf(objectOf(ROOM_POSITION))),
    direct: optional(anyNumber),
    ref: optional(anyNumber),
    timeline: optional(anyString),
    since: optional(numbers),
    direct_since: optional(anyNumber),
  },
  message: MESSAGE,
  direct: {
    sender: anyString,
    to: anyString,
    text: anyString,
    seq: anyNumber,
    at: anyNumber,
    ref: optional(anyNumber),
    room: optional(anyString),
  },
  notification: {
    message: anyString,
    event: optional(anyWord<NotificationKind>()),
    room: optional(anyString),
    name: optional(anyString),
    new_name: optional(anyString),
    topic: optional(anyString),
    seq: optional(anyNumber),
    behind: optional(anyNumber),
    code: optional(anyWord<ErrorCode>()),
    retry_after: optional(anyNumber),
    by: optional(anyString),
    reason: optional(anyString),
    until: optional(anyNumber),
  },
  topic: { room: anyString, topic: anyString },
  members: {
    room: anyString,
    members: arrayOf(anyString),
    total: anyNumber,
    more: anyBoolean,
  },
  rooms: { rooms: arrayOf(objectOf(ROOM_SUMMARY)), more: anyBoolean },
  history: {
    room: anyString,
    messages: arrayOf(objectOf(MESSAGE)),
    more: anyBoolean,
  },
  search: {
    messages: arrayOf(objectOf(MESSAGE)),
    more: anyBoolean,
    incomplete: optional(anyBoolean),
  },
  unread: { rooms: arrayOf(objectOf(UNREAD_ROOM)) },
  sessions: { sessions: arrayOf(objectOf(SESSION)) },
  room: {
    room: anyString,
    topic: anyString,
    access: anyWord<Access>(),
    slow: anyNumber,
    topic_by: anyWord<TopicBy>(),
    owners: arrayOf(anyString),
    moderators: arrayOf(anyString),
    you: anyWord<RoomPayload["you"]>(),
  },
  invite: { room: anyString, code: anyString, uses: anyNumber, until: anyNumber },
  bans: { room: anyString, bans: arrayOf(objectOf(BAN)), more: anyBoolean },
  ping: { nonce: optional(anyString) },
  pong: { nonce: optional(anyString) },
  error: {
    code: anyWord<ErrorCode>(),
    message: anyString,
    retry_after: optional(anyNumber),
    ref: optional(anyNumber),
  },
};

/** A line that is not a valid request, with the `error` that answers it. */
export interface Refused {
  type: "refused";
  error: Event<"error">;
  /** Whether it was a `connect` in the lecture profile, to be answered in its terms. */
  lecture: boolean;
  /** Whether the line was a JSON object. */
  isObject: boolean;
}

/** Decodes one line from a client. Never throws, whatever the line is. */
export function decodeRequest(line: string): Request | Refused {
  const envelope = decodeEnvelope(line);
  if (envelope instanceof FieldError) {
    const refusal = refused(envelope.code, `Cannot read the line: it ${envelope.rule}`);
    return { ...refusal, isObject: false };
  }
  const requestId = envelope.id === undefined ? undefined : id.parse(envelope.id);
  if (requestId instanceof FieldError) {
    return refused(
      requestId.code,
      `Cannot accept the request: id ${requestId.rule}`,
    );
  }
  const fields = lookUp(REQUESTS, envelope.type);
  if (fields === undefined) {
    return refused(
      "unknown_type",
      `There is no request of type ${quoted(envelope.type)}`,
      requestId,
    );
  }
  return decodePayload(fields, envelope, requestId);
}

/** Decodes one line from a server; `undefined` when it is not an event of this version. */
export function decodeEvent(line: string): Event | undefined {
  const envelope = decodeEnvelope(line);
  if (envelope instanceof FieldError) return undefined;
  const fields = lookUp(EVENTS, envelope.type);
  if (fields === undefined) return undefined;
  if (!isRecord(envelope.payload)) return undefined;
  const parsed = parseFields<unknown>(fields, envelope.payload);
  if ("error" in parsed) return undefined;
  const event = { type: envelope.type as EventType, payload: parsed.payload };
  return (typeof envelope.id === "string" ? { ...event, id: envelope.id } : event) as Event;
}

/** Whether requests of that type carry a password, and so must not cross a link that others can read. */
export function carriesPassword(type: string): boolean {
  const fields = lookUp<object>(REQUESTS, type) ?? {};
  return Object.values(fields).some((field) => field === password || field === newPassword);
}

/** The line for a request or an event, `\n` included. */
export function encode(message: Request | Event): string {
  return JSON.stringify(message) + "\n";
}

interface RawEnvelope {
  type: unknown;
  id: unknown;
  payload: unknown;
}

function decodeEnvelope(line: string): RawEnvelope | FieldError {
  if (nestsDeeperThan(LIMITS.depth, line)) {
    return new FieldError("not_json", `nests more than ${LIMITS.depth} deep`);
  }
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return new FieldError("not_json", "is not JSON");
  }
  if (!isRecord(value)) {
    return new FieldError("not_object", "is not a JSON object");
  }
  return {
    type: value["type"],
    id: value["id"] ?? undefined,
    payload: value["payload"] ?? {},
  };
}

function decodePayload(
  fields: Fields<unknown>,
  envelope: RawEnvelope,
  requestId: string | undefined,
): Request | Refused {
  const { type, payload } = envelope;
  const refuse = (code: ErrorCode, problem: string, lecture: boolean) =>
    refused(code, `Cannot accept ${quoted(type)}: ${problem}`, requestId, lecture);
  if (!isRecord(payload)) {
    return refuse("not_object", "payload is not an object", type === "connect");
  }
  const parsed = parseFields(fields, payload);
  if ("error" in parsed) {
    const { error, field } = parsed;
    const lecture = type === "connect" && (payload["version"] ?? undefined) === undefined;
    return refuse(error.code, `payload.${field} ${error.rule}`, lecture);
  }
  const request = { type: type as RequestType, payload: parsed.payload };
  return (requestId === undefined ? request : { ...request, id: requestId }) as Request;
}

function refused(
  code: ErrorCode,
  message: string,
  requestId?: string,
  lecture = false,
): Refused {
  return {
    type: "refused",
    error: errorEvent(code, message, requestId),
    lecture,
    isObject: true,
  };
}

/** The own entry of `table`: a key from the network may be "constructor". */
function lookUp<Entry>(
  table: Record<string, Entry>,
  key: unknown,
): Entry | undefined {
  return typeof key === "string" && Object.hasOwn(table, key) ? table[key] : undefined;
}

/** A value from the peer as an error quotes it: at most 40 code units of it. */
function quoted(value: unknown): string {
  const text = typeof value === "string" ? value.toWellFormed() : String(typeof value);
  return JSON.stringify(
    text.length > 40 ? text.slice(0, 40).toWellFormed() + "…" : text,
  );
}
