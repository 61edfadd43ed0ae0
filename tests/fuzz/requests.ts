/** A well-formed request of every type, to mutate. The compiler demands one for a new type. */

import { type Payload, type Request, type RequestType, VERSION } from "../../protocol/mod.ts";
import { type Cast, OWN_TOKEN, PASSWORDS } from "./cast.ts";
import type { Random } from "../faults/random.ts";

/** Payloads as a client makes them. `turn` counts the requests of the conversation, for `ref`. */
const PAYLOADS: {
  [Type in RequestType]: (cast: Cast, random: Random, turn: number) => Payload<Type>;
} = {
  connect: ({ name, rooms: [room = ""] }, random) =>
    random.pick([
      { name, room },
      { name, room, version: VERSION },
      { name, version: VERSION, since: { [room]: random.between(0, 50) } },
      { name, version: VERSION, session: OWN_TOKEN, since: { [room]: 0 }, direct_since: 0 },
    ]),
  message: ({ name, rooms }, random, turn) =>
    random.pick([
      { sender: name, room: rooms[0] as string, text: words(random) },
      { room: random.pick(rooms), text: words(random), ref: turn },
      { text: words(random), ref: turn },
    ]),
  direct: ({ name, others }, random, turn) => ({
    to: random.pick([name, ...others]),
    text: words(random),
    ref: turn,
  }),
  join: ({ rooms }, random) =>
    random.pick([
      { room: random.pick(rooms) },
      { room: random.pick(rooms), since: 0 },
      { room: random.pick(rooms), code: word(random) },
    ]),
  leave: ({ rooms }, random) => ({ room: random.pick(rooms) }),
  rename: ({ name }, random) => ({ name: random.pick([name, `${name} ${random.between(2, 9)}`]) }),
  topic: ({ rooms }, random) =>
    random.pick([{ room: random.pick(rooms) }, { room: random.pick(rooms), topic: words(random) }]),
  members: ({ rooms, name }, random) =>
    random.pick([{ room: random.pick(rooms) }, { room: random.pick(rooms), after: name }]),
  rooms: (_, random) => random.pick([{}, { after: `Room ${random.between(1, 400)}` }]),
  history: ({ rooms }, random) =>
    random.pick([
      { room: random.pick(rooms) },
      { room: random.pick(rooms), before: random.between(1, 100), limit: 5 },
      { room: random.pick(rooms), after: 0, limit: 20 },
    ]),
  search: ({ rooms, others }, random) =>
    random.pick([
      { query: word(random), limit: 5 },
      { query: `"${word(random)} ${word(random)}" ${word(random)}*`, room: random.pick(rooms) },
      { query: word(random), from: random.pick(others) },
    ]),
  read: ({ rooms }, random) => ({ room: random.pick(rooms), seq: random.between(0, 100) }),
  unread: () => ({}),
  register: () => ({ password: PASSWORDS[0] }),
  password: () => ({ current: PASSWORDS[0], password: PASSWORDS[1] }),
  unregister: (_, random) => ({ password: random.pick(PASSWORDS) }),
  sessions: () => ({}),
  end_session: (_, random) => ({ session: `id ${random.between(1, 9)}` }),
  room: ({ rooms }, random) => ({ room: random.pick(rooms) }),
  configure: ({ rooms }, random) => ({
    room: random.pick(rooms),
    access: random.pick(["open", "invite", "moderated"]),
    slow: random.between(0, 5),
    topic_by: random.pick(["all", "moderators"]),
  }),
  role: ({ rooms, others }, random) => ({
    room: random.pick(rooms),
    name: random.pick(others),
    role: random.pick(["member", "voice", "moderator", "owner"]),
  }),
  invite: ({ rooms, others }, random) =>
    random.pick([
      { room: random.pick(rooms), name: random.pick(others) },
      { room: random.pick(rooms), uses: random.between(1, 9), days: 1 },
    ]),
  kick: ({ rooms, others }, random) =>
    random.pick([
      { room: random.pick(rooms), name: random.pick(others) },
      { room: random.pick(rooms), name: random.pick(others), for: 60, reason: words(random) },
      { room: random.pick(rooms), name: random.pick(others), for: "ever" },
    ]),
  mute: ({ rooms, others }, random) => ({
    room: random.pick(rooms),
    name: random.pick(others),
    for: random.between(1, 60),
  }),
  unmute: ({ rooms, others }, random) => ({ room: random.pick(rooms), name: random.pick(others) }),
  bans: ({ rooms }, random) => ({ room: random.pick(rooms) }),
  unban: ({ rooms, others }, random) => ({ room: random.pick(rooms), name: random.pick(others) }),
  ping: (_, random) => random.pick([{}, { nonce: word(random) }]),
  pong: (_, random) => random.pick([{}, { nonce: word(random) }]),
  quit: () => ({}),
};

/** The frequency of types in a conversation, where it is not 1. */
const WEIGHTS: Partial<Record<RequestType, number>> = {
  message: 8,
  join: 2,
  // Each of these ends the conversation, or costs much.
  quit: 0.02,
  connect: 0.1,
  search: 0.3,
  // Each hash takes a core for a third of a second: rare, and elsewhere (protocol_level.ts).
  register: 0,
  password: 0.1,
  unregister: 0.1,
};

/** The types, each repeated by its frequency. */
const TYPES = (Object.keys(PAYLOADS) as RequestType[]).flatMap((type) =>
  Array<RequestType>(Math.ceil((WEIGHTS[type] ?? 1) * 10)).fill(type)
);

/** A request of `type`. */
export function makeRequest(type: RequestType, cast: Cast, random: Random, turn: number): Request {
  const payload = PAYLOADS[type](cast, random, turn);
  const request = { type, payload } as Request;
  return random.chance(0.2) ? { ...request, id: `id ${turn}` } : request;
}

/** An honest conversation: `connect`, and then `length` requests of all types. */
export function conversation(cast: Cast, random: Random, length: number): Request[] {
  const requests = Array.from(
    { length },
    (_, turn) => makeRequest(random.pick(TYPES), cast, random, turn + 1),
  );
  return [makeRequest("connect", cast, random, 0), ...requests];
}

const WORDS = "hello world release is out ünïcode 日本語 👍 Healthy Ada @Peer lunch".split(" ");

function word(random: Random): string {
  return random.pick(WORDS);
}

function words(random: Random): string {
  return Array.from({ length: random.between(1, 6) }, () => word(random)).join(" ");
}
