/**
 * The part of each server's protocol that joins a room, confirms it, and sends a
 * message. The replies are counted, not parsed.
 */

import { TEXT, TEXT_LENGTH } from "./text.ts";

/** The requests of one server's clients. */
export interface Dialect {
  /** The first request. */
  hello(name: string, room: string): string;
  /** A part of its answer; left out if there is none. */
  joined?: string;
  /** The message with `text`. */
  say(name: string, room: string, text: string): string;
  /** The last request, if the protocol has one. */
  bye?: string;
  /** Whether the server has rooms; without, everyone hears everyone. */
  hasRooms: boolean;
}

/** The first `ref`: counting up from it keeps the length. */
export const REF = { first: 10_000_000, digits: 8 } as const;

/** The project's own wire, version 2. */
export const CHAT: Dialect = {
  hello: (name, room) => line("connect", { name, room, version: 2 }),
  joined: '"connect_ack"',
  say: (_name, room, text) => line("message", { room, text }),
  bye: line("quit", {}),
  hasRooms: true,
};

/** The same as chat-client speaks it: with a `ref`, so that nothing is said twice. */
export const CHAT_WITH_REF: Dialect = {
  ...CHAT,
  say: (_name, room, text) => line("message", { room, text, ref: REF.first }),
};

/** The same over a WebSocket. A mask of zeros leaves the texts and their stamps readable. */
export const CHAT_OVER_WEB: Dialect = {
  ...CHAT,
  hello: (name, room) => UPGRADE + frame(CHAT.hello(name, room)),
  say: (name, room, text) => frame(CHAT.say(name, room, text)),
  bye: frame(line("quit", {})),
};

const UPGRADE = "GET /chat HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n" +
  "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" +
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/** The lecture's protocol. */
export const LECTURE: Dialect = {
  hello: (name, room) => line("connect", { name, room }),
  joined: '"connect_ack"',
  say: (sender, room, text) => line("message", { sender, room, text }),
  hasRooms: true,
};

/** For broadcasters: everyone gets the bytes as they were sent. */
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
  // The answers to PUBLISH are not needed, and cost Redis time.
  hello: (_name, room) =>
    command("HELLO", "3") + command("SUBSCRIBE", room) + command("CLIENT", "REPLY", "OFF"),
  joined: "subscribe\r\n",
  say: (_name, room, text) => command("PUBLISH", room, text),
  hasRooms: true,
};

/** The positions of the text, and of the `ref` if there is one, in a dialect's message. */
export function positions(said: string): { text: number; ref: number | undefined } {
  const ref = said.indexOf(String(REF.first));
  return { text: said.indexOf(TEXT), ref: ref === -1 ? undefined : ref };
}

/** A masked text frame of up to 65,535 bytes, as characters that stand for bytes. */
function frame(text: string): string {
  const { length } = text;
  const size = length <= 125 ? [0x80 | length] : [0x80 | 126, length >> 8, length & 0xff];
  return String.fromCharCode(0x81, ...size, 0, 0, 0, 0) + text;
}

function line(type: string, payload: Record<string, unknown>): string {
  return JSON.stringify({ type, payload }) + "\n";
}

function command(...words: string[]): string {
  const lengths = words.map((word) => `$${word.length}\r\n${word}\r\n`);
  return `*${words.length}\r\n${lengths.join("")}`;
}
