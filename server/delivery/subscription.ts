/**
 * What a connection is sent of the log. As long as it keeps up, that is the live
 * subscription: batches that all members of a room share. A connection that can't keep up,
 * or comes back after a while, is behind: the live subscription passes it by, and it is
 * fed from the log, as fast as it reads, until it has caught up. Nobody waits for
 * it, it misses nothing, and the memory it costs is one page.
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
import { errorOf, type Refusal, refusalFrom } from "../hub/refusal.ts";
import type { Room } from "../hub/room.ts";
import type { Session } from "../hub/session.ts";

const encoder = new TextEncoder();

interface Replay {
  goals: Map<Room, number>;
  done: PromiseWithResolvers<void>;
}

function keyOf({ room, seq }: MessagePayload): string {
  return `${seq} ${room}`;
}

/** What one connection follows, and how far it has come while it is behind. */
export class Subscription {
  readonly #connection: Connection;
  readonly #session: Session;
  readonly #log: MessageLog;
  readonly #pages: PageCache;
  /** The `seq` up to which each room was sent. True only while behind: live, a room's own `seq` is it. */
  readonly #cursors = new Map<Room, number>();
  #inboxCursor = 0;
  /** Whether the inbox may hold more than the session knows of. */
  #isInboxUnread = false;
  #isBehind = false;
  /** Whether what is to come may hold own messages from before: their `ref`s are for this session alone. */
  #isReplaying = false;
  /**
   * Own messages that are still to be sent, by room and `seq`, and what is to be done after
   * those before it; few, since the next request waits for them.
   */
  readonly #answers = new Map<string, Event<"message"> | (() => void)>();
  #held = 0;
  /** What is to be sent before the connection's next request: done when every room is as far as its goal. */
  #replay: Replay | undefined;

  constructor(connection: Connection, session: Session, log: MessageLog, pages: PageCache) {
    this.#connection = connection;
    this.#session = session;
    this.#log = log;
    this.#pages = pages;
  }

  /** Whether the live subscription is to pass the connection by. */
  get isBehind(): boolean {
    return this.#isBehind;
  }

  /**
   * Resolves when everything has been sent that there is now. Not when the connection
   * is live again: in a busy room that may take for ever.
   */
  replayed(): Promise<void> {
    // A connection that is closing is sent nothing more, and nobody would end the wait.
    if (!this.#isBehind || this.#connection.isClosing) return Promise.resolve();
    this.#replay ??= { goals: new Map(), done: Promise.withResolvers<void>() };
    for (const room of this.#cursors.keys()) this.#replay.goals.set(room, room.seq);
    return this.#replay.done.promise;
  }

  /** Takes the sender's own form of a message; the subscription sends it in place of the log's when it gets there. */
  answer(event: Event<"message">): void {
    this.#answers.set(keyOf(event.payload), event);
  }

  /** Does what concerns the connection once it has been sent its own messages, of which some may be to come. */
  afterAnswers(act: () => void): void {
    if (this.#answers.size === 0) return act();
    this.#answers.set(`held ${++this.#held}`, act);
  }

  /** The `seq` of the last direct message that was sent. */
  get inboxSeen(): number {
    return this.#isBehind ? this.#inboxCursor : this.#session.inboxSeq;
  }

  /** Follows `room`, beginning after the message `since`. */
  subscribe(room: Room, since: number): void {
    if (since < room.seq) {
      this.#isReplaying = true;
      this.fallBehind();
    }
    this.#cursors.set(room, Math.min(since, room.seq));
    this.#replay?.goals.set(room, room.seq);
  }

  /** Follows the session's inbox, beginning after `since` or with the next direct message. */
  subscribeToInbox(since: number | undefined): void {
    if (since !== undefined) this.fallBehind();
    // Never above what there is: a client may know another session's inbox.
    this.#inboxCursor = Math.min(since ?? Infinity, this.#session.inboxSeq);
    this.#isInboxUnread = since !== undefined;
  }

  /** Follows `room` no more. */
  unsubscribe(room: Room): void {
    this.#cursors.delete(room);
  }

  /** Leaves the live subscription: up to here everything was sent, what follows comes from the log. */
  fallBehind(): void {
    if (this.#isBehind) return;
    this.#isBehind = true;
    // A batch that it is part of must not grow: what comes now, comes from the log.
    this.#connection.closeBatch();
    for (const room of this.#cursors.keys()) this.#cursors.set(room, room.seq);
    this.#inboxCursor = this.#session.inboxSeq;
    this.#catchUp();
  }

  async #catchUp(): Promise<void> {
    let told = false;
    try {
      // What is sent in this tick comes first.
      await this.#connection.writable();
      while (!this.#connection.isClosing) {
        const behind = this.#distance;
        if (behind > 0 && !told) told = this.#tellBehind(behind);
        // From here to the next `await` no tick can come between: no gap and no double.
        const isLive = !await this.#sendPage();
        this.#noteReplayed();
        if (isLive) break;
        await this.#connection.writable();
      }
      if (told) this.#tell({ message: "You have caught up.", event: "caught_up" });
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

  /** Sends the next page of whatever is behind; false, and live again, when nothing is. */
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
    this.#isBehind = this.#isReplaying = false;
    return false;
  }

  async #sendRoom(room: Room, cursor: number): Promise<void> {
    const page = await this.#pageOf(room, cursor);
    // It may have been left while the log was read, and joined again from somewhere else.
    if (this.#cursors.get(room) !== cursor) return;
    const { items, more, end } = page;
    const first = items[0]?.seq ?? end + 1;
    if (first > cursor + 1) this.#tellDropped(room, first);
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

  /** Does what has waited for own messages that have been sent by now. */
  #release(): void {
    if (this.#answers.size === 0) return;
    for (const [key, waiting] of this.#answers) {
      if (typeof waiting === "function") waiting();
      else if (this.#isToCome(waiting.payload)) break;
      this.#answers.delete(key);
    }
    this.#connection.flush();
  }

  /** Whether a message is still to be sent: the log may have dropped it before anyone got so far. */
  #isToCome({ room: name, seq }: MessagePayload): boolean {
    for (const [room, cursor] of this.#cursors) if (room.name === name) return cursor < seq;
    return false;
  }

  async #sendInbox(): Promise<void> {
    const { tokenHash = "", inboxSeq: end } = this.#session;
    const { items, more } = await this.#log.inbox(tokenHash, this.#inboxCursor, PAGE);
    const lines = items.map((payload) => encode({ type: "direct", payload }));
    this.#send(encoder.encode(lines.join("")));
    // Not as far as the inbox has come by now: what came since it was read is on the next page.
    this.#inboxCursor = Math.max(this.#inboxCursor, items.at(-1)?.seq ?? end);
    this.#session.inboxSeq = Math.max(this.#session.inboxSeq, this.#inboxCursor);
    this.#isInboxUnread = more;
  }

  get #distance(): number {
    let distance = Math.max(0, this.#session.inboxSeq - this.#inboxCursor);
    for (const [room, cursor] of this.#cursors) distance += Math.max(0, room.seq - cursor);
    return distance;
  }

  #tellBehind(behind: number): boolean {
    const message = `You are ${behind} messages behind; they follow.`;
    this.#tell({ message, event: "behind", behind });
    return true;
  }

  #tellDropped(room: Room, first: number): void {
    const message = `What was said in ${room.name} before message ${first} is no longer kept.`;
    this.#tell({ message, event: "dropped", room: room.name, seq: first });
  }

  /** Tells a version 2 client; the lecture's know nothing of all this. */
  #tell(payload: NotificationPayload): void {
    if (this.#session.profile === "lecture") return;
    this.#send(encoder.encode(encode({ type: "notification", payload })));
  }

  #send(lines: Uint8Array): void {
    if (lines.length === 0) return;
    this.#connection.send(lines);
    this.#connection.flush();
  }

  /** The log failed: the client comes back, shows what it has, and goes on from there. */
  #giveUp(refusal: Refusal): void {
    const error = errorOf(refusal);
    const event = this.#session.profile === "lecture" ? toLectureEvent(error) : error;
    if (event !== undefined) this.#send(encoder.encode(encode(event)));
    this.#connection.close();
  }
}
