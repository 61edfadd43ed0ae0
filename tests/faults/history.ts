/** Reads the history that the server shows: whole rooms, page by page, and inboxes from the start. */

import { inboxOf, type Line } from "./notes.ts";
import { Broken, within } from "./waiting.ts";
import { Wire } from "./wire.ts";

/** Seconds for one reading. */
const TIMEOUT = 60;

/** Messages per page. */
const PAGE = 500;

/** A new name for each auditor: the server holds a name for a while after its connection. */
let auditors = 0;

/** Adds the messages beyond `known` to it. */
export async function readRooms(
  port: number,
  rooms: readonly string[],
  known: Map<string, Line[]>,
): Promise<void> {
  const wire = await Wire.dial(port);
  const name = `Auditor ${++auditors}`;
  // The ends of the rooms, so that nothing is replayed.
  const since = Object.fromEntries(rooms.map((room) => [room, Number.MAX_SAFE_INTEGER]));
  wire.send("connect", { name, version: 2, since });
  const asked = [...rooms];
  const ask = () => {
    const [room = ""] = asked;
    if (asked.length === 0) return wire.send("quit");
    const lines = known.get(room) ?? [];
    known.set(room, lines);
    wire.send("history", { room, after: lines.at(-1)?.seq ?? 0, limit: PAGE });
  };
  const reading = wire.read(({ type, payload }) => {
    if (type === "connect_ack") ask();
    else if (type === "error") throw new Broken(`history was refused: ${payload.code}`);
    else if (type === "history") {
      known.get(payload.room)?.push(...payload.messages);
      if (!payload.more) asked.shift();
      ask();
    }
  });
  try {
    await within(TIMEOUT, reading, () => `the history of ${asked[0]}`);
    if (asked.length > 0) throw new Broken(`The connection ended before history of ${asked[0]}`);
  } finally {
    wire.close();
  }
}

/** The whole inbox of a session. Takes the session over, so its connection must not be needed any more. */
export async function readInbox(port: number, name: string, session: string): Promise<Line[]> {
  const wire = await Wire.dial(port);
  const room = inboxOf(name);
  const lines: Line[] = [];
  let isWhole = false;
  wire.send("connect", { name, version: 2, session, direct_since: 0 });
  // The replay comes before the answer to the next request.
  wire.send("ping", {}, "end of inbox");
  const reading = wire.read(({ type, id, payload }) => {
    const { sender, text, seq, at } = payload;
    if (type === "direct") lines.push({ room, sender, text, seq, at });
    if (id !== "end of inbox") return;
    isWhole = true;
    wire.close();
  });
  try {
    await within(TIMEOUT, reading, () => `the inbox of ${name}`);
  } finally {
    wire.close();
  }
  if (!isWhole) throw new Broken(`The connection ended before the inbox of ${name} was read`);
  return lines;
}
