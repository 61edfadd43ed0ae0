/**
 * Pages of rooms' logs for connections that are behind. A busy room leaves many behind at the
 * same place at once: a page that is the same for all of them is read and encoded once.
 */

import { encode, type MessagePayload } from "../../protocol/mod.ts";
import type { MessageLog } from "../log/message_log.ts";
import type { IoScheduler } from "../connection/io_scheduler.ts";
import type { Room } from "../hub/state/room.ts";

/** Messages read at a time; a page's bytes bound it too. */
export const PAGE = 200;

/** Pages kept for other connections; some 60 KB each. */
const SHARED = 16;

const encoder = new TextEncoder();

/** Consecutive messages of a room. */
export class RoomPage {
  readonly items: readonly MessagePayload[];
  /** Whether the log had more when it was read. */
  readonly more: boolean;
  /** The `seq` of the last message that the members had been sent by then. */
  readonly end: number;
  #lines: Uint8Array | undefined;

  constructor(items: readonly MessagePayload[], more: boolean, end: number) {
    this.items = items;
    this.more = more;
    this.end = end;
  }

  /** The messages as lines. */
  get lines(): Uint8Array {
    return this.#lines ??= encoder.encode(
      this.items.map((payload) => encode({ type: "message", payload })).join(""),
    );
  }
}

/** Reads pages. Everything here rejects as the log does. */
export class PageCache {
  readonly #log: MessageLog;
  readonly #scheduler: IoScheduler;
  /** The pages that were read last, by room and position. */
  readonly #shared = new Map<string, Promise<RoomPage>>();

  constructor(log: MessageLog, scheduler: IoScheduler) {
    this.#log = log;
    this.#scheduler = scheduler;
  }

  /** The page of `room` after the message `cursor`, without any session's `ref`s. */
  shared(room: Room, cursor: number): Promise<RoomPage> {
    // A full page is the same whatever has been said since.
    const key = `${cursor} ${Math.min(room.seq, cursor + PAGE + 1)} ${room.fold}`;
    const known = this.#shared.get(key);
    if (known !== undefined) return known;
    const page = this.of(undefined, room, cursor);
    this.#shared.set(key, page);
    page.catch(() => this.#shared.delete(key));
    const [oldest = ""] = this.#shared.keys();
    if (this.#shared.size > SHARED) this.#shared.delete(oldest);
    return page;
  }

  /** The page of `room` after the message `cursor`, with the `ref`s of that session's own messages. */
  async of(session: string | undefined, room: Room, cursor: number): Promise<RoomPage> {
    // A connection that has nearly caught up goes on at once: a turn later there would be more again.
    if (room.seq - cursor > PAGE) await this.#scheduler.schedulePage();
    const end = room.seq;
    const { items, more } = await this.#log.read({
      room: room.name,
      after: cursor,
      // Messages that are in the log but were not sent yet will come live.
      before: end + 1,
      limit: PAGE,
      session,
    });
    return new RoomPage(items, more, end);
  }
}
