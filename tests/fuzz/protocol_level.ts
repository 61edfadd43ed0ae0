/** Well-formed requests that no honest client would send: wrong in order, number or account. */

import { LIMITS, type Request, VERSION } from "../../protocol/mod.ts";
import type { Random } from "../faults/random.ts";
import { type Cast, OTHERS_TOKEN, OWN_TOKEN, PASSWORDS } from "./cast.ts";
import { conversation, makeRequest } from "./requests.ts";
import type { Act } from "./script.ts";

/** A request, known to the protocol or not, or another action of a peer. */
export type Move = { type: string; id?: unknown; payload?: unknown } | { act: Act };

/** The kinds of misbehavior. */
const TRICKS: readonly ((cast: Cast, random: Random) => Move[])[] = [
  // Everything except connect.
  (cast, random) => conversation(cast, random, 30).slice(1),
  // Everything, and connect again and again.
  (cast, random) => conversation(cast, random, 40).flatMap((request) => [connect(cast), request]),
  // Refs that fall, repeat, and end at the maximum.
  (cast, random) => [connect(cast), ...times(60, () => message(cast, { ref: oddRef(random) }))],
  // Its own token on a second connection, and the token of another.
  (cast, random) => [
    connect(cast),
    { act: "wait" },
    ...talk(cast, random),
    connect(cast, { session: random.pick([OWN_TOKEN, OTHERS_TOKEN]) }),
  ],
  (cast, random) => [connect(cast, { session: OTHERS_TOKEN, since: {} }), ...talk(cast, random)],
  // Beyond the end of every room, and of the rooms.
  (cast, random) => [connect(cast, { since: manySince(random) }), ...talk(cast, random)],
  (cast, random) => [
    connect(cast),
    ...times(40, () => ({ type: "join", payload: { room: aRoom(random), since: oddSeq(random) } })),
    ...times(40, () => ({ type: "read", payload: { room: aRoom(random), seq: oddSeq(random) } })),
    ...times(40, () => ({
      type: "history",
      payload: { room: aRoom(random), before: oddSeq(random), after: oddSeq(random), limit: 500 },
    })),
  ],
  // More rooms than the limit, and a room for every letter.
  (cast, random) => [
    connect(cast),
    ...times(LIMITS.rooms + 10, (index) => ({
      type: "join",
      payload: { room: `Flood ${random.between(1, 3000)} ${index % 7}` },
    })),
    { type: "unread" },
    { type: "rooms" },
  ],
  // Joins and leaves, and leaves rooms that it is not in.
  (cast, random) => [
    connect(cast),
    ...times(80, () => makeRequest(random.pick(["join", "leave", "topic"]), cast, random, 1)),
  ],
  // Renames in a circle, also to the names of others.
  (cast, random) => [
    connect(cast),
    ...times(60, () => ({
      type: "rename",
      payload: { name: random.pick([cast.name, `${cast.name}!`, ...cast.others]) },
    })),
  ],
  // Directs to itself, to others, to nobody; and types that only servers send.
  (cast, random) => [
    connect(cast),
    ...times(60, (index) => makeRequest("direct", cast, random, index + 1)),
    ...["connect_ack", "notification", "error", "constructor", "__proto__", "Message", ""].map(
      (type) => ({ type, payload: { message: "x", code: "shutdown" } }),
    ),
  ],
  // Asks for much and reads nothing.
  (cast) => [
    connect(cast, { since: { [cast.rooms[0] as string]: 0 } }),
    { act: "stop reading" },
    ...times(60, (index) => message(cast, { ref: index + 1, text: "long ".repeat(800) })),
    ...times(60, () => ({ type: "history", payload: { room: cast.rooms[0], limit: 500 } })),
    { act: "reset" },
  ],
  // Quits in the middle, cleanly or not, and goes on.
  (cast, random) => [connect(cast), ...talk(cast, random), { act: "half-close" }],
  (cast, random) => [connect(cast), ...talk(cast, random), { act: "reset" }],
  (cast, random) => [connect(cast), ...talk(cast, random), { type: "quit" }, ...talk(cast, random)],
  // Resumes its own session over and over.
  (cast) => [connect(cast), { act: "wait" }, { act: "reset" }],
];

const ABOUT_ACCOUNTS = [
  "register",
  "password",
  "unregister",
  "sessions",
  "end_session",
  "rename",
] as const;

/** The same with registered names. Rare, since a password takes a core for a third of a second. */
const TRICKS_WITH_PASSWORDS: typeof TRICKS = [
  // Registers its names, ends sessions, guesses passwords.
  (cast, random) => [
    connect(cast),
    { type: "register", payload: { password: random.pick(PASSWORDS) } },
    ...times(5, () => makeRequest(random.pick(ABOUT_ACCOUNTS), cast, random, 1)),
    ...talk(cast, random),
  ],
  (cast, random) => [
    connect({ ...cast, name: random.pick(cast.others) }, { password: random.pick(PASSWORDS) }),
    ...talk(cast, random),
  ],
];

/** The conversation of a peer with one of these kinds of misbehavior. */
export function misbehave(cast: Cast, random: Random): Move[] {
  const tricks = random.chance(0.02) ? TRICKS_WITH_PASSWORDS : TRICKS;
  return random.pick(tricks)(cast, random);
}

function connect({ name, rooms }: Cast, more: Record<string, unknown> = {}): Move {
  return { type: "connect", payload: { name, room: rooms[0], version: VERSION, ...more } };
}

function message({ rooms }: Cast, more: Record<string, unknown>): Move {
  return { type: "message", payload: { room: rooms[0], text: "again", ...more } };
}

function talk(cast: Cast, random: Random): Request[] {
  return conversation(cast, random, random.between(5, 40)).slice(1);
}

function oddRef(random: Random): number {
  return random.pick([1, 1, 2, 3, random.between(1, 1000), 2 ** 32, Number.MAX_SAFE_INTEGER, 0]);
}

function oddSeq(random: Random): number {
  const { MAX_SAFE_INTEGER: most } = Number;
  return random.pick([0, 1, -1, random.between(0, 2000), 2 ** 31, 2 ** 32, 2 ** 52, most]);
}

function aRoom(random: Random): string {
  return `Room ${random.between(1, 400)}`;
}

function manySince(random: Random): Record<string, number> {
  const count = random.pick([1, 10, LIMITS.rooms, LIMITS.rooms + 1]);
  return Object.fromEntries(times(count, (index) => [`Room ${index}`, oddSeq(random)]));
}

function times<Item>(count: number, make: (index: number) => Item): Item[] {
  return Array.from({ length: count }, (_, index) => make(index));
}
