/** The state of a client: rooms, people, open queries. The rules in the other files change it. */

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

/** Maximum number of people remembered for completion. */
const MAX_RECENT = 200;

/** The id of every `read`. */
const READ_ID = "read";

/** A room that the client is in, or is entering. */
export interface RoomState {
  /** As the server writes it, once known. */
  name: string;
  /** The `seq` of the last shown message; `undefined` until the server has admitted us. */
  last: number | undefined;
  topic: string;
  /** Known members by folded name. */
  readonly members: Map<string, string>;
  /** The read mark as the server knows it. */
  read: number;
  /** Messages that wait for earlier ones. */
  held: MessagePayload[] | undefined;
  /** Unread messages that were not shown: those with a `seq` between these two. */
  hole: { readonly after: number; readonly before: number } | undefined;
  /** The `seq` before which `/history` continues; `undefined` for the last messages. */
  oldest: number | undefined;
  /** The invitation code that it was asked for with. */
  code: string | undefined;
  /** How much of what is unread was said by people who are ignored, up to a `seq`. */
  hidden: { unread: number; mentions: number; upTo: number };
}

/** The handler of a request's answer. */
export interface Query {
  answer?: (event: Event) => Effect[];
  /** The handler of an `error`; without one, its text is shown. */
  refused?: (error: Events["error"]) => Effect[];
}

/** One client's state. A method that changes it returns the effects of the change. */
export class ChatState {
  /** The own name, as the server writes it. */
  name: string;
  /** Rooms by folded name, in the order in which they were entered. */
  readonly rooms: Map<string, RoomState> = new Map();
  /** The folded name of the current room. */
  active: string | undefined;
  /** Ignored people, by folded name. */
  readonly ignored: Map<string, string> = new Map();
  /** People who spoke, the latest first. */
  recent: string[] = [];
  /** The `seq` of the last shown direct message in this client's inbox. */
  lastDirectSeq: number | undefined;
  /** The sender of the last direct message to this person. */
  lastDirect: string | undefined;
  /** The known rooms of the server. */
  listed: string[] = [];
  /** The results of the last search, newest first. */
  found: MessagePayload[] = [];
  /** The log's timeline, of which all positions are. */
  timeline: string | undefined;
  /** Names that are known to be banned or muted somewhere, by folded name. */
  readonly banned: Map<string, string> = new Map();
  /** Makes the address that invites to a room by a code; missing where the server has none. */
  inviteLink: ((room: string, code: string) => string) | undefined;
  /** Whether the own name is registered. */
  registered = false;
  /** The last listed sessions of the own name. */
  sessions: SessionSummary[] = [];
  /** Maximum number of code points in a text, as the server says. */
  textLimit = 4096;
  readonly #asked: Map<string, Query> = new Map();
  #lastId = 0;

  /** `room`, if given, is entered first and is the current room from the beginning. */
  constructor(name: string, room?: string) {
    this.name = name;
    if (room !== undefined) this.active = fold(this.enter(room).name);
  }

  /** The current room. */
  get activeRoom(): RoomState | undefined {
    return this.active === undefined ? undefined : this.rooms.get(this.active);
  }

  /** The last `seq` seen in each room, for `connect`. */
  get positions(): Record<string, number> {
    const known = [...this.rooms.values()].filter((room) => room.last !== undefined);
    return Object.fromEntries(known.map((room) => [room.name, room.last as number]));
  }

  /** Whether `name` is the own one. */
  isSelf(name: string): boolean {
    return fold(name) === fold(this.name);
  }

  /** A request with an id of its own, and the handler of its answer. */
  ask(request: Request, query: Query = {}): Effect {
    const id = `q${++this.#lastId}`;
    this.#asked.set(id, query);
    return { kind: "send", request: { ...request, id } };
  }

  /** The query that `event` answers; each is returned once. */
  takeQuery({ id }: Event): Query | undefined {
    if (id === undefined) return undefined;
    const query = this.#asked.get(id);
    this.#asked.delete(id);
    return query;
  }

  /** Drops all open queries: the connection has ended, and none will be answered. */
  disconnected(): void {
    this.#asked.clear();
  }

  /** Sends the read mark of the current room. */
  markRead(): Effect[] {
    const room = this.activeRoom;
    if (room?.last === undefined || room.held !== undefined) return [];
    const seq = room.hole === undefined ? room.last : Math.min(room.last, room.hole.after);
    if (seq <= room.read) return [];
    room.read = seq;
    room.hidden = { unread: 0, mentions: 0, upTo: seq };
    // It has no answer, and a refusal is of no interest.
    this.#asked.set(READ_ID, { refused: () => [] });
    const payload = { room: room.name, seq };
    return [{ kind: "send", request: { type: "read", id: READ_ID, payload } }];
  }

  /** The room called `name`, added if it is unknown. */
  enter(name: string): RoomState {
    const known = this.rooms.get(fold(name));
    if (known !== undefined) return known;
    const room: RoomState = {
      name,
      last: undefined,
      topic: "",
      members: new Map(),
      read: 0,
      held: undefined,
      hole: undefined,
      oldest: undefined,
      code: undefined,
      hidden: { unread: 0, mentions: 0, upTo: 0 },
    };
    this.rooms.set(fold(name), room);
    return room;
  }

  /** Makes `room` current; the previous room counts as read. */
  activate(room: RoomState): Effect[] {
    const read = this.activeRoom === room ? [] : this.markRead();
    if (this.activeRoom !== room) room.oldest = room.hole?.before;
    this.active = fold(room.name);
    return [...read, { kind: "activate", room: room.name }];
  }

  /** Shows a message, unless its sender is ignored. */
  shown(message: MessagePayload, past: boolean): Effect[] {
    const own = this.isSelf(message.sender);
    if (!own) this.heard(message.sender);
    if (message.kind === "act") return this.#acted(message, { own, past });
    const mention = !own && mentions(message.text, this.name);
    if (this.ignored.has(fold(message.sender))) return this.#hide(message, mention);
    return [show({ kind: "message", message, own, mention, past })];
  }

  /** Shows an act, whoever did it: everyone in the room goes by it. It calls whom it concerns. */
  #acted(message: MessagePayload, { own, past }: { own: boolean; past: boolean }): Effect[] {
    const { event, name = "" } = message.act ?? {};
    if (event === "banned" || event === "muted") this.banned.set(fold(name), name);
    if (event === "kicked" || event === "banned") {
      this.rooms.get(fold(message.room))?.members.delete(fold(name));
    }
    const mention = !own && this.isSelf(name);
    return [show({ kind: "message", message, own, mention, past })];
  }

  /** A message was unread and is not shown: its sender is ignored. */
  #hide({ room: name, seq }: MessagePayload, mention: boolean): [] {
    const room = this.rooms.get(fold(name));
    if (room === undefined || seq <= Math.max(room.read, room.hidden.upTo)) return [];
    room.hidden.unread++;
    if (mention) room.hidden.mentions++;
    room.hidden.upTo = seq;
    return [];
  }

  /**
   * `count` unread messages before the one with this `seq` were not shown: what is read ends
   * there until `/history` has shown them.
   */
  skipped(room: RoomState, seq: number, count: number): void {
    const after = room.hole?.after ?? Math.max(room.read, seq - 1 - count);
    if (after + 1 >= seq) return;
    room.hole = { after, before: seq };
    room.oldest = seq;
  }

  /** All messages of a room between these two, included, have been shown. */
  revealed(room: RoomState, from: number, to: number): void {
    const { hole } = room;
    if (hole === undefined || to < hole.before - 1) return;
    const before = Math.min(from, hole.before);
    room.hole = before <= hole.after + 1 ? undefined : { ...hole, before };
  }

  /** Notes that somebody spoke. */
  heard(name: string): void {
    if (this.recent[0] === name) return;
    const others = this.recent.filter((each) => each !== name);
    this.recent = [name, ...others].slice(0, MAX_RECENT);
  }

  /** Toggles whether somebody is ignored; the effect stores it. */
  ignore(name: string, isIgnored: boolean): Effect {
    if (isIgnored) this.ignored.set(fold(name), name);
    else this.ignored.delete(fold(name));
    return { kind: "ignored", names: [...this.ignored.values()] };
  }

  /** Applies a rename, possibly of this person. An ignored person stays ignored. */
  renamed(name: string, newName: string): Effect[] {
    if (this.isSelf(name)) {
      this.registered &&= fold(newName) === fold(name);
      this.name = newName;
    }
    for (const { members } of this.rooms.values()) {
      if (members.delete(fold(name))) members.set(fold(newName), newName);
    }
    this.recent = this.recent.map((each) => fold(each) === fold(name) ? newName : each);
    if (!this.ignored.has(fold(name))) return [];
    this.ignore(name, false);
    return [this.ignore(newName, true)];
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
