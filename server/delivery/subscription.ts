/**
 * The part of the log that a connection is sent. As long as it keeps up, it is live: it shares each
 * room's batches with the other members. A connection that cannot keep up, or returns after
 * a while, is behind: live batches skip it, and it is sent the log page by page, as fast as
 * it reads, until it has caught up. Nothing waits for it, it misses nothing, and it costs
 * one page of memory.
 */

import {
  encode,
  type Event,
  type MessagePayload,
  type NotificationPayload,
} from "../../protocol/mod.ts";
import type { Connection } from "../connection/connection.ts";
import { toLectureEvent } from "../hub/lecture_profile.ts";
import type { MessageLog } from "../log/message_log.ts";
import { PAGE, type PageCache, type RoomPage } from "./page_cache.ts";
import { errorOf, type Refusal, refusalFrom } from "../hub/state/refusal.ts";
import type { Room } from "../hub/state/room.ts";
import type { Session } from "../hub/state/session.ts";

const encoder = new TextEncoder();

interface Replay {
  goals: Map<Room, number>;
  done: PromiseWithResolvers<void>;
}

function keyOf({ room, seq }: MessagePayload): string {
  return `${seq} ${room}`;
}

/** The rooms and the inbox that one connection is sent, and its positions while it is behind. */
export class Subscription {
  readonly #connection: Connection;
  readonly #session: Session;
  readonly #log: MessageLog;
  readonly #pages: PageCache;
  /** The `seq` up to which each room was sent. Current only while behind: live, it is the room's own `seq`. */
  readonly #cursors = new Map<Room, number>();
  #inboxCursor = 0;
  /** Whether the log may hold more of the inbox than the session knows of. */
  #isInboxUnread = false;
  /** Whether pages to come may hold the session's own earlier messages, whose `ref`s are for it alone. */
  #isReplaying = false;
  /**
   * The session's own messages that are still to be sent, by room and `seq`, and what is to be
   * done after them, in order; few, because the next request waits for them.
   */
  readonly #answers = new Map<string, Event<"message"> | (() => void)>();
  #held = 0;
  /** The replay that the next request waits for: done when every room has reached its goal. */
  #replay: Replay | undefined;

  constructor(connection: Connection, session: Session, log: MessageLog, pages: PageCache) {
    this.#connection = connection;
    this.#session = session;
    this.#log = log;
    this.#pages = pages;
  }

  /**
   * Resolves when everything that there is now has been sent; not when the connection is
   * live again, which a busy room may put off for ever.
   */
  replayed(): Promise<void> {
    // A connection that is closing is sent nothing more, so nothing would end the wait.
    if (!this.#connection.isBehind || this.#connection.isClosing) return Promise.resolve();
    this.#replay ??= { goals: new Map(), done: Promise.withResolvers<void>() };
    for (const room of this.#cursors.keys()) this.#replay.goals.set(room, room.seq);
    return this.#replay.done.promise;
  }

  /** Takes the sender's own form of a message, to be sent in place of the log's when its page comes. */
  answer(event: Event<"message">): void {
    this.#answers.set(keyOf(event.payload), event);
  }

  /** Acts once the session's own messages before this have been sent: no answer overtakes an earlier one. */
  afterAnswers(act: () => void): void {
    if (this.#answers.size === 0) return act();
    this.#answers.set(`held ${++this.#held}`, act);
  }

  /** The `seq` of the last direct message that was sent. */
  get inboxSeen(): number {
    return this.#connection.isBehind ? this.#inboxCursor : this.#session.inboxSeq;
  }

  /** Adds `room`, beginning after the message `since`. */
  subscribe(room: Room, since: number): void {
    if (since < room.seq) {
      this.#isReplaying = true;
      this.fallBehind();
    }
    this.#cursors.set(room, Math.min(since, room.seq));
    this.#replay?.goals.set(room, room.seq);
  }

  /** Adds the session's inbox, beginning after `since` or with the next direct message. */
  subscribeToInbox(since: number | undefined): void {
    if (since !== undefined) this.fallBehind();
    // Never above what there is: a client may know another session's inbox.
    this.#inboxCursor = Math.min(since ?? Infinity, this.#session.inboxSeq);
    this.#isInboxUnread = since !== undefined;
  }

  /** Removes `room`. */
  unsubscribe(room: Room): void {
    this.#cursors.delete(room);
  }

  /** Stops being live: everything up to here was sent, and the rest comes from the log. */
  fallBehind(): void {
    if (this.#connection.isBehind) return;
    this.#connection.isBehind = true;
    // The batch in its queue must not grow: later messages come from the log.
    this.#connection.closeBatch();
    for (const room of this.#cursors.keys()) this.#cursors.set(room, room.seq);
    this.#inboxCursor = this.#session.inboxSeq;
    this.#catchUp();
  }

  async #catchUp(): Promise<void> {
    let isNotified = false;
    try {
      // The output of this tick comes first.
      await this.#connection.writable();
      while (!this.#connection.isClosing) {
        const behind = this.#distance;
        if (behind > 0 && !isNotified) isNotified = this.#notifyBehind(behind);
        // From here to the next `await` no tick can intervene: no gap, nothing twice.
        const isLive = !await this.#sendPage();
        this.#noteReplayed();
        if (isLive) break;
        await this.#connection.writable();
      }
      if (isNotified) this.#notify({ message: "You have caught up.", event: "caught_up" });
    } catch (error) {
      this.#giveUp(refusalFrom(error));
    }
    if (this.#connection.isClosing) this.#endReplay();
  }

  #noteReplayed(): void {
    if (this.#isInboxUnread || this.#answers.size > 0) return;
    for (const [room, goal] of this.#replay?.goals ?? []) {
      if ((this.#cursors.get(room) ?? goal) < goal) return;
    }
    this.#endReplay();
  }

  #endReplay(): void {
    this.#replay?.done.resolve();
    this.#replay = undefined;
  }

  /** Sends the next page of a room or the inbox that is behind; false, and live again, when none is. */
  async #sendPage(): Promise<boolean> {
    this.#release();
    if (this.#isInboxUnread || this.#inboxCursor < this.#session.inboxSeq) {
      await this.#sendInbox();
      return true;
    }
    for (const [room, cursor] of this.#cursors) {
      if (cursor >= room.seq) continue;
      await this.#sendRoom(room, cursor);
      return true;
    }
    this.#connection.isBehind = this.#isReplaying = false;
    return false;
  }

  async #sendRoom(room: Room, cursor: number): Promise<void> {
    const page = await this.#pageOf(room, cursor);
    // The room may have been left while the log was read, and joined again at another position.
    if (this.#cursors.get(room) !== cursor) return;
    const { items, more, end } = page;
    const first = items[0]?.seq ?? end + 1;
    if (first > cursor + 1) this.#notifyDropped(room, first);
    this.#send(this.#answers.size === 0 ? page.lines : this.#withAnswers(items));
    // To the end of the map: the next page is another room's, so that no busy room starves the rest.
    this.#cursors.delete(room);
    this.#cursors.set(room, items.at(-1)?.seq ?? (more ? cursor : end));
  }

  #pageOf(room: Room, cursor: number): Promise<RoomPage> {
    if (!this.#isReplaying) return this.#pages.shared(room, cursor);
    return this.#pages.of(this.#session.tokenHash, room, cursor);
  }

  #withAnswers(items: readonly MessagePayload[]): Uint8Array {
    return encoder.encode(items.map((payload) => encode(this.#takeAnswer(payload))).join(""));
  }

  #takeAnswer(payload: MessagePayload): Event<"message"> {
    const key = keyOf(payload);
    const answer = this.#answers.get(key) as Event<"message"> | undefined;
    this.#answers.delete(key);
    return answer ?? { type: "message", payload };
  }

  /** Does what has waited for the session's own messages, as far as these are sent. */
  #release(): void {
    if (this.#answers.size === 0) return;
    for (const [key, waiting] of this.#answers) {
      if (typeof waiting === "function") waiting();
      else if (this.#isToCome(waiting.payload)) break;
      this.#answers.delete(key);
    }
    this.#connection.flush();
  }

  /** Whether a message is still to be sent: the log may have dropped it meanwhile. */
  #isToCome({ room: name, seq }: MessagePayload): boolean {
    for (const [room, cursor] of this.#cursors) if (room.name === name) return cursor < seq;
    return false;
  }

  async #sendInbox(): Promise<void> {
    const { tokenHash = "", inboxSeq: end } = this.#session;
    const { items, more } = await this.#log.inbox(tokenHash, this.#inboxCursor, PAGE);
    const lines = items.map((payload) => encode({ type: "direct", payload }));
    this.#send(encoder.encode(lines.join("")));
    // Not the inbox's end as of now: direct messages that came since the read are on the next page.
    this.#inboxCursor = Math.max(this.#inboxCursor, items.at(-1)?.seq ?? end);
    this.#session.inboxSeq = Math.max(this.#session.inboxSeq, this.#inboxCursor);
    this.#isInboxUnread = more;
  }

  get #distance(): number {
    let distance = Math.max(0, this.#session.inboxSeq - this.#inboxCursor);
    for (const [room, cursor] of this.#cursors) distance += Math.max(0, room.seq - cursor);
    return distance;
  }

  #notifyBehind(behind: number): boolean {
    const message = `You are ${behind} messages behind; they follow.`;
    this.#notify({ message, event: "behind", behind });
    return true;
  }

  #notifyDropped(room: Room, first: number): void {
    const message = `What was said in ${room.name} before message ${first} is no longer kept.`;
    this.#notify({ message, event: "dropped", room: room.name, seq: first });
  }

  /** Notifies a version 2 client; a lecture client knows nothing of all this. */
  #notify(payload: NotificationPayload): void {
    if (this.#session.profile === "lecture") return;
    this.#send(encoder.encode(encode({ type: "notification", payload })));
  }

  #send(lines: Uint8Array): void {
    if (lines.length === 0) return;
    this.#connection.send(lines);
    this.#connection.flush();
  }

  /** Closes after a failure of the log: the client reconnects and resumes at what it has. */
  #giveUp(refusal: Refusal): void {
    const error = errorOf(refusal);
    const event = this.#session.profile === "lecture" ? toLectureEvent(error) : error;
    if (event !== undefined) this.#send(encoder.encode(encode(event)));
    this.#connection.close();
  }
}
