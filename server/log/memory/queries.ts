/**
 * Queries to the rooms of a log in memory. Nothing here changes them.
 */

import { setImmediate } from "node:timers";
import { fold, type MessagePayload, type UnreadRoom } from "../../../protocol/mod.ts";
import { mentions } from "../../../protocol/mentions.ts";
import { fillPage } from "../fill_page.ts";
import {
  type Entry,
  type Found,
  MENTIONS_LOOKED_FOR,
  type Page,
  type Range,
  type Search,
} from "../message_log.ts";
import { matches, parseQuery, TOO_EXPENSIVE } from "../search_query.ts";
import type { EntryBuffer, Kept } from "./entry_buffer.ts";

/** A room's messages, and how far names have read there, by their folds. */
export interface MemoryRoom {
  name: string;
  messages: EntryBuffer<Entry>;
  readMarks: Map<string, number>;
}

/** Messages that one search may look at. */
const MAX_SEARCHED = 200_000;

/** Messages that are looked at before everybody else has a turn. */
const TURN = 100;

/** A stretch of a room. */
export function readRoom(
  { messages }: MemoryRoom,
  { after, before = Infinity, limit, session }: Range,
): Page<MessagePayload> {
  const toItem = ({ entry, session: author, ref }: Kept<Entry>) =>
    ref !== undefined && author !== undefined && author === session ? { ...entry, ref } : entry;
  if (after !== undefined) {
    return fillPage(messages.between(after, before, limit + 1), limit, toItem);
  }
  const end = Math.min(before, messages.last + 1);
  const nearest = messages.between(end - limit - 2, end).reverse();
  const page = fillPage(nearest, limit, toItem);
  return { ...page, items: page.items.reverse() };
}

/** Messages that match, newest first. Others have their turns in between. */
export async function searchRooms(
  find: (name: string) => MemoryRoom | undefined,
  { query, rooms, from, limit }: Search,
): Promise<Found> {
  const parsed = parseQuery(query);
  if ("problem" in parsed) return parsed;
  const sender = from === undefined ? undefined : fold(from);
  const found: Entry[] = [];
  let looked = 0;
  for (const name of rooms) {
    const messages = find(name)?.messages;
    if (messages === undefined) continue;
    const most = found.length + limit;
    for (let seq = messages.last; found.length <= most; seq--) {
      // Some may be forgotten while others have their turn.
      const entry = messages.at(seq)?.entry;
      if (entry === undefined) break;
      if (++looked > MAX_SEARCHED) return { problem: TOO_EXPENSIVE };
      if (looked % TURN === 0) await nextTurn();
      if (sender !== undefined && fold(entry.sender) !== sender) continue;
      if (matches(parsed.terms, entry.text)) found.push(entry);
    }
  }
  found.sort((one, other) => other.at - one.at || other.seq - one.seq);
  return fillPage(found, limit, (entry) => entry);
}

/** The unread messages of `name` in a room. */
export function unreadIn(
  { name: room, messages, readMarks }: MemoryRoom,
  name: string,
): UnreadRoom {
  const reader = fold(name);
  const seq = readMarks.get(reader) ?? 0;
  const unread = messages.last - seq;
  const newest = messages.between(Math.max(seq, messages.last - MENTIONS_LOOKED_FOR), Infinity);
  const others = newest.filter(({ entry }) =>
    entry.kind === undefined && fold(entry.sender) !== reader
  );
  const naming = others.filter(({ entry }) => mentions(entry.text, name));
  return { room, seq, unread: unread - (newest.length - others.length), mentions: naming.length };
}

/** Resolves when everything else that is ready to run has run. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
