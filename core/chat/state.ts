/** What a client knows of the chat: rooms, people, what was asked. The rules in the other files change it. */

import {
  type Event,
  type Events,
  fold,
  type MessagePayload,
  type Request,
  type SessionSummary,
} from "../../protocol/mod.ts";
import { mentions } from "../../protocol/mentions.ts";
import { type Effect, show } from "./items.ts";

/** People remembered for completion, by how recently they spoke. */
const MAX_RECENT = 200;

/** The id of every `read`. */
const READ_ID = "read";

/** A room that the client is in, or is about to be in. */
export interface RoomState {
  /** As the server writes it, once it has. */
  name: string;
  /** The `seq` of the last message that was shown; `undefined` until the server has let us in. */
  last: number | undefined;
  topic: string;
  /** Names by fold, as far as they are known. */
  readonly members: Map<string, string>;
  /** The `seq` up to which the server knows the person to have read. */
  read: number;
  /** Messages waiting for what was said before them. */
  held: MessagePayload[] | undefined;
}

/** What to do with the answer to a request. */
export interface Query {
  answer?: (event: Event) => Effect[];
  /** What to do with an `error`; without it, the error's text is shown. */
  refused?: (error: Events["error"]) => Effect[];
}

/** One client's knowledge. A method that changes it returns what is to be done about it. */
export class ChatState {
  /** The own name, as the server writes it. */
  name: string;
  /** Rooms by folded name, in the order in which they were entered. */
  readonly rooms: Map<string, RoomState> = new Map();
  /** The folded name of the room that is typed into. */
  active: string | undefined;
  /** Folded names of people who are not shown. */
  readonly ignored: Set<string> = new Set();
  /** People who spoke, the latest first. */
  recent: string[] = [];
  /** The `seq` of the last direct message in this client's inbox that was shown. */
  lastDirectSeq: number | undefined;
  /** The sender of the last direct message to this person. */
  lastDirect: string | undefined;
  /** The server's rooms, as far as it was asked. */
  listed: string[] = [];
  /** The messages that the last search found, newest first. */
  found: MessagePayload[] = [];
  /** Whether the own name is registered. */
  registered = false;
  /** The sessions of this person's name, as they were listed last. */
  sessions: SessionSummary[] = [];
  /** The most code points that the server takes in a text. */
  textLimit = 4096;
  readonly #asked: Map<string, Query> = new Map();
  #lastId = 0;

  /** `room`, if there is one, is entered first and typed into from the beginning. */
  constructor(name: string, room?: string) {
    this.name = name;
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

  /** Whether `name` is the own one. */
  isSelf(name: string): boolean {
    return fold(name) === fold(this.name);
  }

  /** A request under an id of its own, with what to do when the answer comes. */
  ask(request: Request, query: Query = {}): Effect {
    const id = `q${++this.#lastId}`;
    this.#asked.set(id, query);
    return { kind: "send", request: { ...request, id } };
  }

  /** The query that `event` answers; each is given once. */
  takeQuery({ id }: Event): Query | undefined {
    if (id === undefined) return undefined;
    const query = this.#asked.get(id);
    this.#asked.delete(id);
    return query;
  }

  /** Forgets what was asked: the connection has ended, and nothing will be answered. */
  disconnected(): void {
    this.#asked.clear();
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

  /** The room called `name`, which is added when it is not known. */
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

  /** Shows a message, unless its sender is ignored. */
  shown(message: MessagePayload, past: boolean): Effect[] {
    const own = this.isSelf(message.sender);
    if (!own) this.heard(message.sender);
    if (this.ignored.has(fold(message.sender))) return [];
    const mention = !own && mentions(message.text, this.name);
    return [show({ kind: "message", message, own, mention, past })];
  }

  /** Notes that somebody spoke. */
  heard(name: string): void {
    if (this.recent[0] === name) return;
    const others = this.recent.filter((each) => each !== name);
    this.recent = [name, ...others].slice(0, MAX_RECENT);
  }

  /** Somebody has another name; it may be this person. */
  renamed(name: string, newName: string): void {
    if (this.isSelf(name)) {
      this.registered &&= fold(newName) === fold(name);
      this.name = newName;
    }
    for (const { members } of this.rooms.values()) {
      if (members.delete(fold(name))) members.set(fold(newName), newName);
    }
    this.recent = this.recent.map((each) => fold(each) === fold(name) ? newName : each);
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
