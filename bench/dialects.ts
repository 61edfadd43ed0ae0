/**
 * As much of each server's protocol as it takes to join a room, say something in
 * it, and know that one has joined. What comes back is counted, not parsed.
 */

import { TEXT, TEXT_LENGTH } from "./text.ts";

/** How a client of one server speaks. */
export interface Dialect {
  /** What it says first. */
  hello(name: string, room: string): string;
  /** What the answer contains; left out where there is none. */
  joined?: string;
  /** How it says `text`. */
  say(name: string, room: string, text: string): string;
  /** What it says last, where there is such a thing. */
  bye?: string;
  /** Whether the server has rooms; where not, everyone hears everyone. */
  hasRooms: boolean;
}

/** Digits of a `ref`, which counts up from here so that its length stays. */
export const REF = { first: 10_000_000, digits: 8 } as const;

/** The project's own wire, version 2. */
export const CHAT: Dialect = {
  hello: (name, room) => line("connect", { name, room, version: 2 }),
  joined: '"connect_ack"',
  say: (_name, room, text) => line("message", { room, text }),
  bye: line("quit", {}),
  hasRooms: true,
};

/** The same as its own client speaks it: with a `ref`, so that nothing is said twice. */
export const CHAT_WITH_REF: Dialect = {
  ...CHAT,
  say: (_name, room, text) => line("message", { room, text, ref: REF.first }),
};

/** The lecture's protocol, as its students would have it. */
export const LECTURE: Dialect = {
  hello: (name, room) => line("connect", { name, room }),
  joined: '"connect_ack"',
  say: (sender, room, text) => line("message", { sender, room, text }),
  hasRooms: true,
};

/** For servers that parse nothing: what is sent is what everyone gets. */
export const RAW: Dialect = {
  hello: () => "",
  say: LECTURE.say,
  hasRooms: false,
};

/** NATS: a subject for each room. */
export const NATS: Dialect = {
  hello: (_name, room) =>
    `CONNECT {"verbose":false,"pedantic":false,"lang":"bench"}\r\nSUB ${room} 1\r\nPING\r\n`,
  joined: "PONG\r\n",
  say: (_name, room, text) => `PUB ${room} ${TEXT_LENGTH}\r\n${text}\r\n`,
  hasRooms: true,
};

/** Redis: a channel for each room. RESP 3, since RESP 2 lets no subscriber publish. */
export const REDIS: Dialect = {
  // The answers to PUBLISH are of no use here, and cost Redis time.
  hello: (_name, room) =>
    command("HELLO", "3") + command("SUBSCRIBE", room) + command("CLIENT", "REPLY", "OFF"),
  joined: "subscribe\r\n",
  say: (_name, room, text) => command("PUBLISH", room, text),
  hasRooms: true,
};

/** Where in what a dialect says the text stands, and the `ref` if there is one. */
export function positions(said: string): { text: number; ref: number | undefined } {
  const ref = said.indexOf(String(REF.first));
  return { text: said.indexOf(TEXT), ref: ref === -1 ? undefined : ref };
}

function line(type: string, payload: Record<string, unknown>): string {
  return JSON.stringify({ type, payload }) + "\n";
}

function command(...words: string[]): string {
  const lengths = words.map((word) => `$${word.length}\r\n${word}\r\n`);
  return `*${words.length}\r\n${lengths.join("")}`;
}
