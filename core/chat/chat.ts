/** How each event from the server changes the state, and with which effects. */

import {
  type DirectPayload,
  type Event,
  type Events,
  type EventType,
  fold,
  type MessagePayload,
  type NotificationPayload,
} from "../../protocol/mod.ts";
import { type Effect, happening, notice, problem, show } from "./items.ts";
import { refusal } from "./refusals.ts";
import { ReorderBuffer } from "./reorder_buffer.ts";
import { askToEnter, askToReturn, removedFrom } from "./rooms.ts";
import { ChatState, type Query, refOf } from "./state.ts";

/** Shown for a draft whose fate the server cannot know. */
const EXPIRED = "It may or may not have been said: the server keeps no messages of its time. " +
  "Not sent again";

/** One client's chat: applies events to its {@linkcode ChatState}. */
export class Chat {
  readonly state: ChatState;
  readonly #buffer: ReorderBuffer;
  #lastDirectRef = 0;

  /**
   * `room`, if given, is entered first and is the current room from the beginning;
   * each room begins with `context` past messages, or, with `fromMark`, with all
   * that the person has not read there when that is more.
   */
  constructor(name: string, room: string | undefined, context: number, fromMark = false) {
    this.state = new ChatState(name, room);
    this.#buffer = new ReorderBuffer(this.state, context, fromMark);
  }

  /** Applies an event; `now` is epoch milliseconds. */
  receive(event: Event, now: number): Effect[] {
    const query = this.state.takeQuery(event);
    if (event.type === "error") return this.#refuse(event, query);
    const receive = RECEIVERS[event.type] as Receiver<Event["payload"]> | undefined;
    const effects = receive?.(this, event.payload, now) ?? [];
    return [...effects, ...(query?.answer?.(event) ?? [])];
  }

  /** Applies `connect_ack`: the rooms of the session, and missed messages. */
  connected(ack: Events["connect_ack"]): Effect[] {
    const { state } = this;
    state.name = ack.name ?? state.name;
    state.registered = ack.registered === true;
    state.timeline = ack.timeline;
    for (const [room, seq] of Object.entries(ack.since ?? {})) this.#buffer.setBack(room, seq);
    if (state.lastDirectSeq !== undefined) {
      const { direct = Infinity, direct_since = Infinity } = ack;
      state.lastDirectSeq = Math.min(state.lastDirectSeq, direct, direct_since);
    }
    state.textLimit = ack.limits?.["text"] ?? state.textLimit;
    const there = ack.rooms ?? [];
    const entered = this.#buffer.entered(there);
    const keys = new Set(there.map(({ room }) => fold(room)));
    const again = [...state.rooms].filter(([key]) => !keys.has(key))
      .map(([, room]) => {
        const wasIn = ack.resumed === true && room.last !== undefined;
        return wasIn ? askToReturn(state, room) : askToEnter(state, room);
      });
    const active = state.activeRoom === undefined ? [] : state.activate(state.activeRoom);
    return [...entered, ...again, ...active];
  }

  /** Applies a live message, in its room's order. */
  message(message: MessagePayload): Effect[] {
    return [...settled(message.ref), ...this.#buffer.live(message)];
  }

  /** Applies a direct message, to or from this person. */
  direct(direct: DirectPayload): Effect[] {
    const effects = settled(direct.ref);
    if (!this.#isNewDirect(direct)) return effects;
    const { state } = this;
    const own = state.isSelf(direct.sender);
    const shown = [...effects, show({ kind: "direct", direct, own })];
    if (own) return shown;
    state.heard(direct.sender);
    if (state.ignored.has(fold(direct.sender))) return effects;
    state.lastDirect = direct.sender;
    return direct.room === undefined
      ? shown
      : [...shown, notice(`To enter it: /join ${direct.room}`)];
  }

  /** Each inbox counts its own messages, so what this client sent is known by its ref. */
  #isNewDirect({ to, seq, ref }: DirectPayload): boolean {
    if (ref !== undefined && !this.state.isSelf(to)) {
      const fresh = ref > this.#lastDirectRef;
      this.#lastDirectRef = Math.max(ref, this.#lastDirectRef);
      return fresh;
    }
    const last = this.state.lastDirectSeq ?? 0;
    this.state.lastDirectSeq = Math.max(seq, last);
    return seq > last;
  }

  /** Applies a notification about a room or the server. */
  notified(payload: NotificationPayload, now: number): Effect[] {
    const changed = this.#changed(payload);
    const what = happening(payload);
    const shown = show({ kind: "happened", what, room: payload.room, at: now });
    return this.state.ignored.has(fold(payload.name ?? "")) ? changed : [shown, ...changed];
  }

  #changed({ event, room, name, new_name, topic, seq }: NotificationPayload): Effect[] {
    const { state } = this;
    const own = name !== undefined && state.isSelf(name);
    const known = room === undefined ? undefined : state.rooms.get(fold(room));
    if (event === "joined" && own && room !== undefined) {
      return this.#buffer.entered([{ room, seq: seq ?? 0 }]);
    }
    if (event === "joined" && name !== undefined) known?.members.set(fold(name), name);
    if (event === "left" && name !== undefined) known?.members.delete(fold(name));
    // A room without a last message is being entered: what was left is what it was before.
    const isRemoved = event === "kicked" || event === "banned" || (event === "left" && own);
    if (isRemoved && known?.last !== undefined) return removedFrom(state, known);
    if (event === "renamed" && name !== undefined && new_name !== undefined) {
      return state.renamed(name, new_name);
    }
    if (event === "registered" || event === "unregistered") {
      state.registered = event === "registered";
    }
    if (event === "topic" && known !== undefined) known.topic = topic ?? "";
    return [];
  }

  #refuse({ id, payload }: Event<"error">, query: Query | undefined): Effect[] {
    const ref = refOf(id ?? "");
    if (ref === undefined) return query?.refused?.(payload) ?? [problem(refusal(payload))];
    return settled(ref, payload.code === "ref_expired" ? EXPIRED : refusal(payload));
  }
}

/** The effect on the draft with this ref, if the event has one: it is acknowledged, or refused for a reason. */
function settled(ref: number | undefined, refused?: string): Effect[] {
  return ref === undefined ? [] : [{ kind: "settle", ref, refused }];
}

type Receiver<Payload> = (chat: Chat, payload: Payload, now: number) => Effect[];

// Events that are only ever answers are handled by their queries.
const RECEIVERS: { [Type in EventType]?: Receiver<Events[Type]> } = {
  connect_ack: (chat, payload) => chat.connected(payload),
  message: (chat, payload) => chat.message(payload),
  direct: (chat, payload) => chat.direct(payload),
  notification: (chat, payload, now) => chat.notified(payload, now),
};
