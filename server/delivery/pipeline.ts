/**
 * From the hub's effects to the send queues, in one order for all. A tick's effects gather;
 * their drafts go into the log together; when the log has answered, the effects are carried
 * out in the order in which they came. While one batch is being appended, the next gathers.
 */

import { encode, type Event } from "../../protocol/mod.ts";
import { Batch } from "../connection/batch.ts";
import { Connection } from "../connection/connection.ts";
import type { ConnectionHandle } from "../hub/state/connection_handle.ts";
import type { Broadcast, Effect, Send } from "../hub/effects.ts";
import { Subscription } from "./subscription.ts";
import type { Draft, MessageLog, Outcome } from "../log/message_log.ts";
import { PageCache } from "./page_cache.ts";
import type { Members } from "../hub/state/room.ts";
import type { Session } from "../hub/state/session.ts";
import type { IoScheduler } from "../connection/io_scheduler.ts";
import { deliver, type DraftEffect, isDraftEffect } from "../hub/deliver.ts";
import { DeliveryCounts } from "./delivery_counts.ts";
import { RefOrder } from "./ref_order.ts";

/** Effects that may gather while the log is busy; beyond that, connections that send more are not read. */
const BACKLOG = 4096;

const encoder = new TextEncoder();

type Performers = {
  [Kind in Exclude<Effect, DraftEffect>["kind"]]: (effect: Extract<Effect, { kind: Kind }>) => void;
};

/**
 * Called with the reason when the log begins to refuse what is to be appended, or does so for
 * another reason; and without one when it takes it again.
 */
export type OnFailure = (reason: string | undefined) => void;

/** Carries out effects. */
export class Pipeline {
  readonly counts = new DeliveryCounts();
  readonly #log: MessageLog;
  readonly #scheduler: IoScheduler;
  readonly #pages: PageCache;
  readonly #onFailure: OnFailure;
  /** Why the last batch could not be appended. */
  #failure: string | undefined;
  readonly #refOrder = new RefOrder();
  #gathered: Effect[] = [];
  #isRunning = false;
  /** The subscriptions of the connections that have one. */
  readonly #subscriptions = new Map<ConnectionHandle, Subscription>();
  /** The batch of each room in this tick, by its members at the time. */
  readonly #batches = new Map<Members, Batch>();
  /** The connections that this tick has sent to. */
  #touched: Connection[] = [];

  constructor(log: MessageLog, scheduler: IoScheduler, onFailure: OnFailure) {
    this.#log = log;
    this.#scheduler = scheduler;
    this.#pages = new PageCache(log, scheduler);
    this.#onFailure = onFailure;
  }

  /**
   * Takes effects, to be carried out in the order of the calls; returns at once.
   *
   * - Effects of one tick gather. Their drafts are appended to the log in one batch, and none of
   *   the tick's effects is carried out before the log has answered: nothing is sent that is not kept.
   * - While a batch is being appended, the next gathers, without bound: a caller that reads
   *   requests stops at `isFull` and goes on after `flushed`.
   * - Nothing is thrown. A draft that the log could not keep refuses its own request; the
   *   effects around it are carried out.
   * - An effect for a connection that has closed by then does nothing.
   */
  push(effects: readonly Effect[]): void {
    // Not push(...effects): each would be an argument on the stack, and there may be any number.
    for (const effect of effects) this.#gathered.push(effect);
    if (this.#isRunning || this.#gathered.length === 0) return;
    this.#isRunning = true;
    this.#scheduler.afterReads(() => this.#run());
  }

  /** Resolves when everything pushed so far has been carried out. */
  flushed(): Promise<void> {
    return new Promise((resolve) => this.push([{ kind: "barrier", resolve }]));
  }

  /** Whether so much has gathered that no more requests should be read for now. */
  get isFull(): boolean {
    return this.#gathered.length > BACKLOG;
  }

  /** The number of connections that are behind. */
  get behindCount(): number {
    let count = 0;
    for (const connection of this.#subscriptions.keys()) if (this.isBehind(connection)) count++;
    return count;
  }

  /** Whether a connection is sent what it subscribes to from the log, not live. */
  isBehind(connection: ConnectionHandle): boolean {
    return connectionOf(connection).isBehind;
  }

  /** The `seq` of the last direct message that a connection was sent; `undefined` without a subscription. */
  inboxSeen(connection: ConnectionHandle): number | undefined {
    return this.#subscriptions.get(connection)?.inboxSeen;
  }

  /** Resolves when a connection has been sent everything that there is for it now. */
  async replayed(connection: ConnectionHandle): Promise<void> {
    await this.#subscriptions.get(connection)?.replayed();
  }

  /** Drops the subscription of a connection that has closed. */
  forget(connection: ConnectionHandle): void {
    this.#subscriptions.delete(connection);
  }

  async #run(): Promise<void> {
    while (this.#gathered.length > 0) {
      const effects = this.#gathered;
      this.#gathered = [];
      const drafting = effects.filter(isDraftEffect);
      this.#carryOut(effects, drafting.length === 0 ? [] : await this.#append(drafting));
    }
    this.#isRunning = false;
  }

  /** One outcome for each of `effects`, of which some may have to wait for an earlier one. */
  async #append(effects: readonly DraftEffect[]): Promise<readonly Outcome[]> {
    const held = this.#refOrder.heldAmong(effects, performance.now());
    if (held.size === 0) return await this.#appendToLog(effects.map(({ draft }) => draft));
    const drafts = effects.filter((effect) => !held.has(effect)).map(({ draft }) => draft);
    const outcomes = drafts.length === 0 ? [] : await this.#appendToLog(drafts);
    let next = 0;
    return effects.map((effect) => held.get(effect) ?? outcomes[next++] as Outcome);
  }

  #carryOut(effects: readonly Effect[], outcomes: readonly Outcome[]): void {
    let next = 0;
    for (const effect of effects) {
      if (!("draft" in effect)) {
        this.#perform(effect);
        continue;
      }
      const outcome = outcomes[next++] as Outcome;
      if (outcome.kind === "failed") this.#refOrder.note(effect, performance.now());
      for (const each of deliver(effect, outcome)) this.#perform(each);
    }
    this.#flush();
  }

  /** Reports a failure once, however many clients try again meanwhile. */
  async #appendToLog(drafts: readonly Draft[]): Promise<readonly Outcome[]> {
    const begun = performance.now();
    const outcomes = await this.#log.append(drafts);
    this.counts.appended(outcomes, begun, performance.now());
    const failed = outcomes.find((outcome) => outcome.kind === "failed");
    if (failed?.reason !== this.#failure) this.#onFailure(this.#failure = failed?.reason);
    return outcomes;
  }

  #perform(effect: Effect): void {
    const perform = this.#performers[effect.kind as keyof Performers] as (effect: Effect) => void;
    perform(effect);
  }

  readonly #performers: Performers = {
    broadcast: (effect) => this.#broadcast(effect),
    send: (effect) => this.#send(effect),
    subscribe: ({ connection, session, room, since = room.seq }) => {
      const subscription = this.#subscription(connection, session);
      subscription.afterAnswers(() => subscription.subscribe(room, since));
    },
    "subscribe inbox": ({ connection, session, since }) =>
      this.#subscription(connection, session).subscribeToInbox(since),
    unsubscribe: ({ connection, room, isAtOnce = false }) => {
      if (isAtOnce) this.#subscriptions.get(connection)?.unsubscribe(room);
      else this.#afterAnswers(connection, (subscription) => subscription?.unsubscribe(room));
    },
    close: ({ connection, isAfterAnswers = false }) => {
      // The output of this tick must be complete before the connection closes.
      this.#flush();
      const close = () => connectionOf(connection).close();
      if (isAfterAnswers) this.#afterAnswers(connection, close);
      else close();
    },
    barrier: ({ resolve }) => {
      this.#flush();
      resolve();
    },
  };

  #broadcast({ members, event, own }: Broadcast): void {
    let batch = this.#batches.get(members);
    if (batch === undefined || batch.isClosed) batch = this.#startBatch(members);
    this.counts.deliveries += batch.receivers;
    if (own === undefined) return batch.add(encode(event));
    batch.add(encode(event), { connection: own.connection, line: encode(own.event) });
    if (this.isBehind(own.connection)) this.#answerBehind(own);
  }

  /** A batch for the members who are not behind. */
  #startBatch(members: Members): Batch {
    const batch = new Batch();
    this.#batches.set(members, batch);
    for (const connection of members) {
      if (this.isBehind(connection)) continue;
      this.#enqueue(connection, batch);
      batch.receivers++;
    }
    return batch;
  }

  /** Answers a connection that is behind: a message comes from the log, anything else can't wait for that. */
  #answerBehind({ connection, event }: { connection: ConnectionHandle; event: Event }): void {
    if (event.type === "message") this.#subscriptions.get(connection)?.answer(event);
    else this.#send({ kind: "send", connection, event });
  }

  #send({ connection, event, isLiveOnly = false }: Send): void {
    if (isLiveOnly && this.isBehind(connection)) return;
    const sent = typeof event === "function" ? event() : event;
    this.counts.sent(sent);
    const line = encoder.encode(encode(sent));
    this.#afterAnswers(connection, () => this.#enqueue(connection, line));
  }

  /** No answer overtakes an earlier one: see {@linkcode Subscription.afterAnswers}. */
  #afterAnswers(connection: ConnectionHandle, act: (subscription?: Subscription) => void): void {
    const subscription = this.#subscriptions.get(connection);
    if (subscription === undefined) act();
    else subscription.afterAnswers(() => act(subscription));
  }

  #enqueue(handle: ConnectionHandle, chunk: Uint8Array | Batch): void {
    const connection = connectionOf(handle);
    if (connection.send(chunk)) this.#touched.push(connection);
  }

  #subscription(handle: ConnectionHandle, session: Session): Subscription {
    const known = this.#subscriptions.get(handle);
    if (known !== undefined) return known;
    const made = new Subscription(connectionOf(handle), session, this.#log, this.#pages);
    this.#subscriptions.set(handle, made);
    return made;
  }

  #flush(): void {
    this.#batches.clear();
    const touched = this.#touched;
    this.#touched = [];
    for (const connection of touched) {
      // A peer that reads too slowly goes on from the log.
      if (!connection.flush()) this.#subscriptions.get(connection)?.fallBehind();
    }
  }
}

/** The connection behind a handle; there is no other kind of handle in a running server. */
function connectionOf(handle: ConnectionHandle): Connection {
  if (handle instanceof Connection) return handle;
  throw new TypeError("An effect is addressed to something that is no connection");
}
