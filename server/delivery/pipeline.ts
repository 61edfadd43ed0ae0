/**
 * From the hub's effects to the send queues, in one order for all. A tick's
 * effects gather; their drafts go into the log together; when they are in it,
 * the tick's effects are carried out as they came. While one batch is on its way
 * to the log, the next gathers.
 */

import { encode, type Event } from "../../protocol/mod.ts";
import { Batch } from "../connection/batch.ts";
import { Connection } from "../connection/connection.ts";
import type { ConnectionHandle } from "../hub/connection_handle.ts";
import type { Broadcast, Effect, Send } from "../hub/effects.ts";
import { Subscription } from "./subscription.ts";
import type { MessageLog, Outcome } from "../log/message_log.ts";
import { PageCache } from "./page_cache.ts";
import type { Members } from "../hub/room.ts";
import type { Session } from "../hub/session.ts";
import type { IoScheduler } from "../connection/io_scheduler.ts";
import { deliver, type DraftEffect, isDraftEffect } from "../hub/deliver.ts";

/** Effects that may gather while the log is busy; whoever sends more requests then is not read. */
const BACKLOG = 4096;

const encoder = new TextEncoder();

type Performers = {
  [Kind in Exclude<Effect, DraftEffect>["kind"]]: (effect: Extract<Effect, { kind: Kind }>) => void;
};

/** Carries out effects. */
export class Pipeline {
  readonly #log: MessageLog;
  readonly #scheduler: IoScheduler;
  readonly #pages: PageCache;
  /** Called once for each batch of which something could not be kept, with the reason. */
  readonly #onFailure: (reason: string) => void;
  #gathered: Effect[] = [];
  #isRunning = false;
  /** The batch of each room in this tick, by its members at the time. */
  readonly #batches = new Map<Members, Batch>();
  /** The connections that this tick has sent to. */
  #touched: Connection[] = [];

  constructor(log: MessageLog, scheduler: IoScheduler, onFailure: (reason: string) => void) {
    this.#log = log;
    this.#scheduler = scheduler;
    this.#pages = new PageCache(log, scheduler);
    this.#onFailure = onFailure;
  }

  /** Takes effects; they are carried out after all that came before. */
  push(effects: readonly Effect[]): void {
    this.#gathered.push(...effects);
    if (this.#isRunning || this.#gathered.length === 0) return;
    this.#isRunning = true;
    this.#scheduler.afterReads(() => this.#run());
  }

  /** Resolves when everything pushed so far has been carried out. */
  flushed(): Promise<void> {
    return new Promise((resolve) => this.push([{ kind: "barrier", resolve }]));
  }

  /** Whether so much has gathered that no more should be asked of it for now. */
  get isFull(): boolean {
    return this.#gathered.length > BACKLOG;
  }

  /** The subscription of a connection that follows something. */
  subscriptionOf(handle: ConnectionHandle): Subscription | undefined {
    return handle instanceof Connection ? handle.subscription : undefined;
  }

  async #run(): Promise<void> {
    while (this.#gathered.length > 0) {
      const effects = this.#gathered;
      this.#gathered = [];
      const drafts = effects.filter(isDraftEffect).map((effect) => effect.draft);
      const outcomes = drafts.length === 0 ? [] : await this.#log.append(drafts);
      const failed = outcomes.find((outcome) => outcome.kind === "failed");
      if (failed !== undefined) this.#onFailure(failed.reason);
      this.#carryOut(effects, outcomes);
    }
    this.#isRunning = false;
  }

  #carryOut(effects: readonly Effect[], outcomes: readonly Outcome[]): void {
    let next = 0;
    for (const effect of effects) {
      const delivered = isDraftEffect(effect)
        ? deliver(effect, outcomes[next++] as Outcome)
        : [effect];
      for (const each of delivered) this.#perform(each);
    }
    this.#flush();
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
    unsubscribe: ({ connection, room }) =>
      this.#afterAnswers(connection, (subscription) => subscription?.unsubscribe(room)),
    close: ({ connection, isAfterAnswers = false }) => {
      // What the connection was sent in this tick must be whole before it leaves.
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
    if (batch === undefined || batch.isClosed) {
      batch = new Batch();
      this.#batches.set(members, batch);
      for (const connection of members) {
        if (!this.#isBehind(connection)) this.#enqueue(connection, batch);
      }
    }
    const ownLine = own === undefined
      ? undefined
      : { connection: own.connection, line: encode(own.event) };
    batch.add(encode(event), ownLine);
    if (own !== undefined && this.#isBehind(own.connection)) this.#answerBehind(own);
  }

  /** An answer to one who is behind: the log brings a message, anything else can't wait for it. */
  #answerBehind({ connection, event }: { connection: ConnectionHandle; event: Event }): void {
    if (event.type === "message") this.subscriptionOf(connection)?.answer(event);
    else this.#send({ kind: "send", connection, event });
  }

  #send({ connection, event, isLiveOnly = false }: Send): void {
    if (isLiveOnly && this.#isBehind(connection)) return;
    const line = encoder.encode(encode(typeof event === "function" ? event() : event));
    this.#afterAnswers(connection, () => this.#enqueue(connection, line));
  }

  /** No answer overtakes one before it: see the subscription. */
  #afterAnswers(connection: ConnectionHandle, act: (subscription?: Subscription) => void): void {
    const subscription = this.subscriptionOf(connection);
    if (subscription === undefined) act();
    else subscription.afterAnswers(() => act(subscription));
  }

  #enqueue(handle: ConnectionHandle, chunk: Uint8Array | Batch): void {
    const connection = connectionOf(handle);
    if (connection.send(chunk)) this.#touched.push(connection);
  }

  #subscription(handle: ConnectionHandle, session: Session): Subscription {
    const connection = connectionOf(handle);
    return connection.subscription ??= new Subscription(
      connection,
      session,
      this.#log,
      this.#pages,
    );
  }

  #isBehind(connection: ConnectionHandle): boolean {
    return this.subscriptionOf(connection)?.isBehind ?? false;
  }

  #flush(): void {
    this.#batches.clear();
    const touched = this.#touched;
    this.#touched = [];
    for (const connection of touched) {
      // A peer that reads too slowly goes on from the log.
      if (!connection.flush()) connection.subscription?.fallBehind();
    }
  }
}

/** The connection behind a handle; there is no other kind of handle in a running server. */
function connectionOf(handle: ConnectionHandle): Connection {
  if (handle instanceof Connection) return handle;
  throw new TypeError("An effect is addressed to something that is no connection");
}
