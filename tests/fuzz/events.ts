/** A well-formed event of every type, to mutate and send to a client. The compiler demands one for a new type. */

import { type Event, type Events, type EventType, LIMITS, VERSION } from "../../protocol/mod.ts";
import type { Random } from "../faults/random.ts";

/** The answer to a client's `connect`. */
export function acknowledgement(name: string, room: string): Event {
  return {
    type: "connect_ack",
    payload: {
      message: "Connected to the room.",
      ...{ name, room, version: VERSION, session: "0".repeat(32), resumed: false },
      ...{ server: "hostile", limits: LIMITS, rooms: [{ room, seq: 0 }], direct: 0 },
    },
  };
}

/** Payloads as a server makes them. `turn` counts the events. */
const PAYLOADS: {
  [Type in EventType]: (random: Random, turn: number) => Events[Type];
} = {
  connect_ack: () => acknowledgement("Ada", "General").payload as Events["connect_ack"],
  message: (random, turn) => message(random, turn),
  direct: (random, turn) => ({
    ...{ sender: name(random), to: name(random), text: "psst", seq: turn, at: 1e12 + turn },
  }),
  notification: (random, turn) =>
    random.pick([
      { message: "Bob has joined the room.", event: "joined", room: "General", name: "Bob" },
      { message: "Bob has left the room.", event: "left", room: "General", name: "Bob" },
      { message: "Bob is now Rob.", event: "renamed", name: "Bob", new_name: "Rob" },
      { message: "Topic", event: "topic", room: "General", name: "Bob", topic: "Lunch" },
      { message: "You are behind.", event: "behind", behind: turn },
      { message: "You have caught up.", event: "caught_up" },
      { message: "Dropped.", event: "dropped", room: "General", seq: turn },
      { message: "Kicked.", event: "kicked", room: "General", name: "Ada", by: "Bob" },
      { message: "Banned.", event: "banned", room: "General", name: "Ada", by: "Bob", until: 2e12 },
      { message: "The server is shutting down.", event: "shutdown" },
    ]),
  topic: () => ({ room: "General", topic: "Lunch" }),
  members: () => ({ room: "General", members: ["Ada", "Bob"], total: 2, more: false }),
  rooms: () => ({ rooms: [{ room: "General", members: 2, topic: "" }], more: false }),
  history: (random, turn) => ({ room: "General", messages: [message(random, turn)], more: false }),
  search: (random, turn) => ({ messages: [message(random, turn)], more: false }),
  unread: (_, turn) => ({ rooms: [{ room: "General", seq: turn, unread: 1, mentions: 1 }] }),
  sessions: () => ({
    sessions: [{ session: "0123456789ab", current: true, connected: true, since: 1e12 }],
  }),
  room: () => ({
    ...{ room: "General", topic: "", access: "invite", slow: 0, topic_by: "all" },
    ...{ owners: ["Ada"], moderators: [], you: "owner" },
  }),
  invite: () => ({ room: "General", code: "k7mq2v9x", uses: 1, until: 1e12 }),
  bans: () => ({
    room: "General",
    bans: [{ name: "Bob", kind: "ban", by: "Ada", at: 1e12, until: 2e12, reason: "spam" }],
    more: false,
  }),
  ping: () => ({}),
  pong: () => ({ nonce: "nonce" }),
  error: (random) => ({
    code: random.pick(["bad_text", "not_in_room", "log_failed", "stale_ref", "ref_used"]),
    message: "No.",
  }),
};

const TYPES = Object.keys(PAYLOADS) as EventType[];

/** An event of some type. */
export function makeEvent(random: Random, turn: number): Event {
  const type = random.chance(0.4) ? "message" : random.pick(TYPES);
  return { type, payload: PAYLOADS[type](random, turn) } as Event;
}

function message(random: Random, seq: number): Events["message"] {
  return { sender: name(random), room: "General", text: `number ${seq}`, seq, at: 1e12 + seq };
}

function name(random: Random): string {
  return random.pick(["Ada", "Bob", "Cyd"]);
}
