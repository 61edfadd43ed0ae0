/**
 * The requests that query the log. An answer takes its time; meanwhile the next request of
 * that connection waits, and no other connection's.
 */

import type { Event, Payload } from "../../protocol/mod.ts";
import { answer, type Effect, type Origin, refuse } from "../hub/effects.ts";
import type { MessageLog } from "../log/message_log.ts";
import { type Refusal, refusalFrom } from "../hub/state/refusal.ts";
import type { LogQuery } from "../hub/request_table.ts";
import { roomOf, roomRefusal } from "../hub/lifecycle.ts";
import { RetrySlots } from "../limits/retry_slots.ts";
import type { Session } from "../hub/state/session.ts";

/** Messages in an answer to a request without `limit`. */
const DEFAULT_LIMIT = 50;

/** Slow queries that may run or wait at a time, each of another connection. */
const MAX_WAITING = 32;

/** Milliseconds in which so many have been answered, as a rule. */
const ROUND = 2000;

/** Answers the sessions' queries. */
export class LogQueries {
  readonly #log: MessageLog;
  readonly #slots = new RetrySlots();
  #waiting = 0;

  constructor(log: MessageLog) {
    this.#log = log;
  }

  /** The effects of a query; a failure of the log is answered too. */
  async answer(session: Session, origin: Origin, query: LogQuery): Promise<Effect[]> {
    const { room } = query.payload as { room?: string };
    if (room !== undefined && roomOf(session, room) === undefined) {
      return refuse(origin, roomRefusal(session, room));
    }
    if (query.type === "history") return await answerFrom(this.#log, session, origin, query);
    if (this.#waiting >= MAX_WAITING) return refuse(origin, this.#tooMany());
    this.#waiting++;
    try {
      return await answerFrom(this.#log, session, origin, query);
    } finally {
      this.#waiting--;
    }
  }

  #tooMany(): Refusal {
    const retryAfter = this.#slots.next(ROUND, ROUND / MAX_WAITING, performance.now());
    return { code: "rate_limited", reason: "Too many searches are running", retryAfter };
  }
}

async function answerFrom(
  log: MessageLog,
  session: Session,
  origin: Origin,
  query: LogQuery,
): Promise<Effect[]> {
  try {
    return answer(origin, await ask(log, session, query));
  } catch (error) {
    return refuse(origin, refusalFrom(error));
  }
}

type Answer = Event | Refusal;

function ask(log: MessageLog, session: Session, query: LogQuery): Promise<Answer> {
  if (query.type === "history") return history(log, session, query.payload);
  if (query.type === "search") return search(log, session, query.payload);
  return unread(log, session);
}

async function history(
  log: MessageLog,
  session: Session,
  { room, before, after, limit = DEFAULT_LIMIT }: Payload<"history">,
): Promise<Answer> {
  if (before !== undefined && after !== undefined) {
    const reason = 'Cannot accept "history": payload.before and payload.after exclude each other';
    return { code: "bad_field", reason };
  }
  const range = {
    room,
    limit,
    session: session.tokenHash,
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
  };
  const { items: messages, more } = await log.read(range);
  const name = roomOf(session, room)?.name ?? room;
  return { type: "history", payload: { room: name, messages, more } };
}

async function search(
  log: MessageLog,
  session: Session,
  { query, room, from, limit = DEFAULT_LIMIT }: Payload<"search">,
): Promise<Answer> {
  const rooms = room === undefined ? namesOfRooms(session) : [room];
  const found = await log.search({ query, rooms, from, limit });
  if ("problem" in found) {
    const reason = `Cannot accept "search": payload.query ${found.problem}`;
    return { code: "bad_query", reason };
  }
  const { items: messages, more, isIncomplete } = found;
  const payload = isIncomplete ? { messages, more, incomplete: true } : { messages, more };
  return { type: "search", payload };
}

async function unread(log: MessageLog, session: Session): Promise<Answer> {
  const rooms = await log.unread(session.name, namesOfRooms(session));
  return { type: "unread", payload: { rooms } };
}

function namesOfRooms(session: Session): string[] {
  return [...session.rooms.values()].map((room) => room.name);
}
