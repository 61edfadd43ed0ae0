/** What the client knows of the chat, and how each event changes it. */

import {
  type DirectPayload,
  type Event,
  type Events,
  type EventType,
  fold,
  type MessagePayload,
  type NotificationPayload,
  type Request,
  type SessionSummary,
} from "../../protocol/mod.ts";
import { type Effect, happening, problem, show } from "./items.ts";
import { mentions } from "../../protocol/mentions.ts";
import { askToEnter, goBack } from "./rooms.ts";
import { ReorderBuffer, type RoomState } from "./reorder_buffer.ts";

/** People remembered for completion, by how recently they spoke. */
const RECENT_PEOPLE = 200;

/** What there is to say of a draft about which the server can't know. */
const EXPIRED = "It may or may not have been said: the server keeps no messages of its time. " +
  "Not sent again";

/** The id of every `read`. */
const READ_ID = "read";

/** What to do with the answer to a request. */
export interface Query {
  answer?: (event: Event) => Effect[];
  /** What to do with an `error`; without it, the error's text is shown. */
  refused?: (error: Events["error"]) => Effect[];
}

/** One client's knowledge. Every method that changes it returns what is to be done about it. */
export class ChatState {
  /** The own name, as the server writes it. */
  name: string;
  /** Rooms by folded name, in the order in which they were entered. */
  readonly rooms: Map<string, RoomState> = new Map();
  /** The folded name of the room that is typed into. */
  active: string | undefined;
  /** Folded names of people who are not shown. */
  readonly ignored: Set<string> = new Set();
  /** Who spoke, the latest first. */
  recent: string[] = [];
  /** The `seq` of the last direct message in this client's inbox that was shown. */
  lastDirectSeq: number | undefined;
  /** Who last wrote directly to this person. */
  lastDirect: string | undefined;
  /** The server's rooms, as far as it was asked. */
  listed: string[] = [];
  /** What the last search found, newest first. */
  found: MessagePayload[] = [];
  /** Whether the own name is registered. */
  registered = false;
  /** The sessions of this person's name, as they were listed last. */
  sessions: SessionSummary[] = [];
  /** The most code points that the server takes in a text. */
  textLimit = 4096;
  readonly #buffer: ReorderBuffer;
  readonly #asked: Map<string, Query> = new Map();
  #lastId = 0;
  #lastDirectRef = 0;

  /**
   * `room` is entered first, if there is one, and typed into from the beginning;
   * each room begins with `context` past messages, or, with `fromMark`, with all
   * that the person has not read there when that is more.
   */
  constructor(name: string, room: string | undefined, context: number, fromMark = false) {
    this.name = name;
    this.#buffer = new ReorderBuffer(this, context, fromMark);
    if (room !== undefined) this.active = fold(this.enter(room).name);
  }

  /** The room that is typed into. */
  get activeRoom(): RoomState | undefined {
    return this.active === undefined ? undefined : this.rooms.get(this.active);
  }

  /** The last `seq` seen in each room, as `connect` wants it. */
  get positions(): Record<string, number> {
    const known = [...this.rooms.values()].filter((room) => room.last !== undefined);
    return Object.fromEntries(known.map((room) => [room.name, room.last as number]));
  }

  /** A request under an id of its own, with what to do when the answer comes. */
  ask(request: Request, query: Query = {}): Effect {
    const id = `q${++this.#lastId}`;
    this.#asked.set(id, query);
    return { kind: "send", request: { ...request, id } };
  }

  /** Takes in an event; `now` is epoch milliseconds. */
  receive(event: Event, now: number): Effect[] {
    const query = event.id === undefined ? undefined : this.#asked.get(event.id);
    if (event.id !== undefined) this.#asked.delete(event.id);
    if (event.type === "error") return this.#refuse(event, query);
    const receive = RECEIVERS[event.type] as Receiver<Event["payload"]> | undefined;
    const effects = receive?.(this, event.payload, now) ?? [];
    return [...effects, ...(query?.answer?.(event) ?? [])];
  }

  /** Tells the server how far the person has read in the room that is typed into. */
  markRead(): Effect[] {
    const room = this.activeRoom;
    if (room?.last === undefined || room.held !== undefined || room.last <= room.read) return [];
    room.read = room.last;
    // It has no answer; and a server that does not want to know is not asked why.
    this.#asked.set(READ_ID, { refused: () => [] });
    const payload = { room: room.name, seq: room.last };
    return [{ kind: "send", request: { type: "read", id: READ_ID, payload } }];
  }

  /** The link is down: nothing that was asked will be answered. */
  disconnected(): void {
    this.#asked.clear();
  }

  /** Enters a room in the books, or finds it there. */
  enter(name: string): RoomState {
    const known = this.rooms.get(fold(name));
    if (known !== undefined) return known;
    const fresh = { topic: "", members: new Map(), held: undefined, read: 0 };
    const room: RoomState = { name, last: undefined, ...fresh };
    this.rooms.set(fold(name), room);
    return room;
  }

  /** Types into `room` from now on; what the person leaves behind has been read. */
  activate(room: RoomState): Effect[] {
    const read = this.activeRoom === room ? [] : this.markRead();
    this.active = fold(room.name);
    return [...read, { kind: "activate", room: room.name }];
  }

  /** A message that is to be seen, unless its sender is ignored. */
  shown(message: MessagePayload, past: boolean): Effect[] {
    const own = fold(message.sender) === fold(this.name);
    if (!own) this.#heard(message.sender);
    if (this.ignored.has(fold(message.sender))) return [];
    const mention = !own && mentions(message.text, this.name);
    return [show({ kind: "message", message, own, mention, past })];
  }

  /** Takes in `connect_ack`: which rooms there are, and what was missed. */
  connected(ack: Events["connect_ack"]): Effect[] {
    this.name = ack.name ?? this.name;
    this.registered = ack.registered === true;
    if (ack.direct !== undefined && this.lastDirectSeq !== undefined) {
      this.lastDirectSeq = Math.min(this.lastDirectSeq, ack.direct);
    }
    this.textLimit = ack.limits?.["text"] ?? this.textLimit;
    const there = ack.rooms ?? [];
    const entered = this.#buffer.entered(there);
    const keys = new Set(there.map(({ room }) => fold(room)));
    const again = [...this.rooms].filter(([key]) => !keys.has(key))
      .map(([, room]) => askToEnter(this, room));
    const { activeRoom } = this;
    const active = activeRoom === undefined ? [] : this.activate(activeRoom);
    return [...entered, ...again, ...active];
  }

  /** A live message, in its place. */
  message(message: MessagePayload): Effect[] {
    const settled: Effect[] = message.ref === undefined
      ? []
      : [{ kind: "settle", ref: message.ref, refused: undefined }];
    return [...settled, ...this.#buffer.live(message)];
  }

  /** A direct message, to this person or from them. */
  direct(direct: DirectPayload): Effect[] {
    const settled: Effect[] = direct.ref === undefined
      ? []
      : [{ kind: "settle", ref: direct.ref, refused: undefined }];
    if (!this.#isNewDirect(direct)) return settled;
    const own = fold(direct.sender) === fold(this.name);
    if (own) return [...settled, show({ kind: "direct", direct, own })];
    this.#heard(direct.sender);
    if (this.ignored.has(fold(direct.sender))) return settled;
    this.lastDirect = direct.sender;
    return [...settled, show({ kind: "direct", direct, own })];
  }

  /** Each inbox counts its own messages, so what this client sent is known by its ref. */
  #isNewDirect({ to, seq, ref }: DirectPayload): boolean {
    if (ref !== undefined && fold(to) !== fold(this.name)) {
      const fresh = ref > this.#lastDirectRef;
      this.#lastDirectRef = Math.max(ref, this.#lastDirectRef);
      return fresh;
    }
    const fresh = seq > (this.lastDirectSeq ?? 0);
    this.lastDirectSeq = Math.max(seq, this.lastDirectSeq ?? 0);
    return fresh;
  }

  /** Something happened in a room, or to the server. */
  notified(payload: NotificationPayload, now: number): Effect[] {
    const changed = this.#changed(payload);
    const item = show({
      kind: "happened",
      what: happening(payload),
      room: payload.room,
      at: now,
    });
    return this.ignored.has(fold(payload.name ?? "")) ? changed : [item, ...changed];
  }

  #changed({ event, room, name, new_name, topic, seq }: NotificationPayload): Effect[] {
    const own = name !== undefined && fold(name) === fold(this.name);
    const known = room === undefined ? undefined : this.rooms.get(fold(room));
    if (event === "joined" && own && room !== undefined) {
      return this.#buffer.entered([{ room, seq: seq ?? 0 }]);
    }
    if (event === "joined" && name !== undefined) known?.members.set(fold(name), name);
    if (event === "left" && name !== undefined) known?.members.delete(fold(name));
    // A room without a last message is being entered: what was left is what it was before.
    if (event === "left" && own && known?.last !== undefined) return this.#left(known);
    if (event === "renamed" && name !== undefined && new_name !== undefined) {
      this.#renamed(name, new_name);
    }
    if (event === "registered" || event === "unregistered") {
      this.registered = event === "registered";
    }
    if (event === "topic" && known !== undefined) known.topic = topic ?? "";
    return [];
  }

  #left(room: RoomState): Effect[] {
    this.rooms.delete(fold(room.name));
    return this.active === fold(room.name) ? goBack(this) : [];
  }

  #renamed(name: string, newName: string): void {
    if (fold(name) === fold(this.name)) {
      this.registered &&= fold(newName) === fold(name);
      this.name = newName;
    }
    for (const { members } of this.rooms.values()) {
      if (members.delete(fold(name))) members.set(fold(newName), newName);
    }
    this.recent = this.recent.map((each) => fold(each) === fold(name) ? newName : each);
  }

  #heard(name: string): void {
    if (this.recent[0] === name) return;
    const others = this.recent.filter((each) => each !== name);
    this.recent = [name, ...others].slice(0, RECENT_PEOPLE);
  }

  #refuse({ id, payload }: Event<"error">, query: Query | undefined): Effect[] {
    const ref = refOf(id ?? "");
    if (ref !== undefined) {
      const refused = payload.code === "ref_expired" ? EXPIRED : payload.message;
      return [{ kind: "settle", ref, refused }];
    }
    return query?.refused?.(payload) ?? [problem(payload.message)];
  }
}

/** The id under which a draft is sent, so that an `error` names it. */
export function draftId(ref: number): string {
  return `m${ref}`;
}

/** The ref of the draft that was sent under this id, if it was one. */
export function refOf(id: string): number | undefined {
  const ref = /^m(\d+)$/.exec(id)?.[1];
  return ref === undefined ? undefined : Number(ref);
}

type Receiver<Payload> = (state: ChatState, payload: Payload, now: number) => Effect[];

// What is only ever an answer is left to its query.
const RECEIVERS: {
  [Type in EventType]?: Receiver<Events[Type]>;
} = {
  connect_ack: (state, payload) => state.connected(payload),
  message: (state, payload) => state.message(payload),
  direct: (state, payload) => state.direct(payload),
  notification: (state, payload, now) => state.notified(payload, now),
};
