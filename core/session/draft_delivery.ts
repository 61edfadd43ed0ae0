/** The delivery of own messages: each stays in the outbox until the server has it or refuses it. */

import {
  type Event,
  type Events,
  isLongerThan,
  type MessagePayload,
  type Request,
} from "../../protocol/mod.ts";
import type { Item, Target } from "../chat/items.ts";
import { draftId } from "../chat/state.ts";
import { type Draft, isSaidBy } from "./journal.ts";
import type { Outbox } from "./outbox.ts";
import { Sender } from "./sender.ts";

/** Minimum milliseconds of retries for messages that the server cannot keep: longer than most locks are held. */
const UNKEPT_TIMEOUT = 10_000;

/** Shown once when the server begins to limit the rate. */
const SLOWED = "The server takes only so much at a time: what waits goes out a little later";

/** The options of a delivery. */
export interface DeliveryOptions {
  outbox: Outbox;
  show: (item: Item) => void;
  /** Writes to the connection. */
  write: (request: Request) => void;
  /** Called with the end of a pause, by `performance.now()`, and when it is over. */
  held: (until: number | undefined) => void;
  /** Called when the server has not kept a message for too long. */
  gaveUp: (reason: string) => void;
  /** Milliseconds of retries for messages that the server cannot keep, if more than ten seconds. */
  retryFor: number;
}

/** Delivers the drafts of an outbox, and sends requests between them in their order. */
export class DraftDelivery {
  /** The number of refused own messages. */
  refused = 0;
  readonly #options: DeliveryOptions;
  readonly #outbox: Outbox;
  readonly #sender: Sender;
  /** Since when the server has kept nothing, by `performance.now()`. */
  #unkeptSince: number | undefined;
  #isOver = false;
  #settled: () => void = () => {};

  constructor(options: DeliveryOptions) {
    const { outbox, show, write, held } = options;
    this.#options = options;
    this.#outbox = outbox;
    this.#sender = new Sender({
      outbox,
      write,
      held,
      slowed: () => show({ kind: "notice", text: SLOWED }),
      unkept: (reason) => this.#unkept(reason),
      waits: (reason) => show({ kind: "problem", text: `${reason}: it goes out then` }),
    });
  }

  /** Adds a message of at most `limit` code points, and sends it if the link is `online`. */
  say(target: Target, text: string, { limit, online }: { limit: number; online: boolean }) {
    if (isLongerThan(text, limit)) {
      this.refused++;
      const problem = `A message has at most ${limit} characters: shorten it`;
      this.#options.show({ kind: "problem", text: problem });
      return undefined;
    }
    const draft = this.#outbox.add(target, text);
    if (online) this.#sender.say(draft);
    return draft;
  }

  /** Sends a request behind all that was sent before. */
  ask(request: Request): void {
    this.#sender.ask(request);
  }

  /**
   * Takes in whether the session was resumed. A new session does not know the old one's
   * refs: a draft that was sent before is given up, since sending it again could double it.
   */
  acknowledged({ resumed, session }: Events["connect_ack"]): void {
    const isLost = ({ sent, isStray }: Draft) => resumed === true ? isStray === true : sent;
    for (const { ref } of [...this.#outbox.drafts].filter(isLost)) {
      this.fail(ref, "The session has ended; it may or may not have arrived. Not sent again");
    }
    this.#outbox.session = session;
  }

  /** Begins to send the outbox; `highest` is the session's highest ref. */
  connected(highest: number | undefined): void {
    this.#sender.connected(highest);
  }

  /** The connection has ended. */
  disconnected(): void {
    this.#sender.stop();
  }

  /** Ends the delivery: nobody need wait for it any longer. */
  end(): void {
    this.#isOver = true;
    this.disconnected();
    this.#settled();
  }

  /** Resolves when at most `most` drafts wait, or the delivery has ended. */
  async settled(most: number): Promise<void> {
    while (this.#outbox.size > most && !this.#isOver) {
      await new Promise<void>((resolve) => this.#settled = resolve);
    }
  }

  /** Takes what concerns the delivery out of an event; returns what is left for the chat. */
  take(event: Event): Event | undefined {
    if (event.type === "error" && this.#sender.sendsAgain(event)) return undefined;
    if ((event.type === "message" || event.type === "direct") && this.#isOfAnother(event)) {
      return this.#takeOthers(event);
    }
    if (event.id !== undefined) this.#sender.answered(event.id);
    return event;
  }

  /** Removes a draft that the server has. */
  acknowledge(ref: number): void {
    this.#unkeptSince = undefined;
    this.#outbox.settle(ref);
    // A lagging connection gets its own copies from the log, where they have no id.
    this.#sender.answered(draftId(ref));
    this.#settled();
  }

  /** Removes a draft that will not be delivered, and shows why. */
  fail(ref: number, reason: string): void {
    const draft = this.#outbox.get(ref);
    if (draft === undefined) return;
    this.#outbox.settle(ref);
    this.refused++;
    this.#options.show({ kind: "failed", target: draft.target, text: draft.text, reason });
    this.#settled();
  }

  /** Whether it has the ref of a draft, but is another message: see the sender's copies. */
  #isOfAnother({ payload }: Event<"message"> | Event<"direct">): boolean {
    const draft = payload.ref === undefined ? undefined : this.#outbox.get(payload.ref);
    return draft !== undefined && !isSaidBy(draft, payload);
  }

  /**
   * A message of another copy of this outbox, as the log brings it; or the answer of a
   * server that compares no content to a used ref. It acknowledges nothing.
   */
  #takeOthers(
    { type, id, payload: { ref = 0, ...said } }: Event<"message"> | Event<"direct">,
  ): Event | undefined {
    if (id === draftId(ref) && !this.#sender.saysAgain(ref)) {
      this.#sender.answered(id);
      this.fail(ref, "The server took it for an earlier message; it was not said");
    }
    // Only the ref tells whether a direct message was shown.
    return type === "message" ? { type, payload: said as MessagePayload } : undefined;
  }

  /** Notes that the server cannot keep messages, which stay in the outbox. */
  #unkept(reason: string): void {
    if (this.#unkeptSince === undefined) {
      this.#unkeptSince = performance.now();
      const text = `${reason}. It is sent again until it is kept`;
      return this.#options.show({ kind: "problem", text });
    }
    const retryFor = Math.max(this.#options.retryFor, UNKEPT_TIMEOUT);
    if (performance.now() - this.#unkeptSince >= retryFor) this.#options.gaveUp(reason);
  }
}
