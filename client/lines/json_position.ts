/** The last messages that a `--json` client was sent: the next connection continues there. */

import { type Event, type Events, fold, type Request } from "../../protocol/mod.ts";

/** Follows the events of a session; {@linkcode JsonPosition.since} says where it stands. */
export class JsonPosition {
  #name: string;
  #direct: number | undefined;
  /** The log's timeline, of which these positions are. */
  #timeline: string | undefined;
  /** The last `seq` by room. */
  readonly #rooms: Map<string, { room: string; seq: number }> = new Map();

  /** Rooms that the session was removed from. */
  readonly #removed: Set<string> = new Set();

  constructor(name: string) {
    this.#name = name;
  }

  /** The fields of `connect` that ask for what was said since. */
  get since(): Pick<Request<"connect">["payload"], "since" | "direct_since" | "timeline"> {
    const rooms = Array.from(this.#rooms.values(), ({ room, seq }) => [room, seq]);
    return {
      ...rooms.length === 0 ? {} : { since: Object.fromEntries(rooms) },
      ...this.#direct === undefined ? {} : { direct_since: this.#direct },
      ...this.#timeline === undefined ? {} : { timeline: this.#timeline },
    };
  }

  /** Whether the server has removed the session from a room, which it has not entered again. */
  isRemoved(room: string): boolean {
    return this.#removed.has(fold(room));
  }

  /** Takes in an event. */
  take(event: Event): void {
    if (event.type === "connect_ack") this.#connected(event.payload);
    else if (event.type === "notification") this.#notified(event.payload);
    else if (event.type === "message") this.#set(event.payload.room, event.payload.seq);
    else if (event.type === "direct" && this.#isInbox(event.payload)) {
      this.#direct = event.payload.seq;
    }
  }

  /** A room that has been quiet begins at its last message; a lower one is that of a log that began anew. */
  #connected(ack: Events["connect_ack"]): void {
    const { name = this.#name, rooms = [], direct, since = {}, direct_since } = ack;
    this.#name = name;
    this.#timeline = ack.timeline;
    // Positions of a timeline that is over, as far as they still hold.
    for (const [room, seq] of Object.entries(since)) this.#enter(room, seq);
    if (direct_since !== undefined) this.#direct = direct_since;
    for (const { room, seq } of rooms) this.#enter(room, seq);
    if (direct !== undefined) this.#direct = Math.min(this.#direct ?? direct, direct);
  }

  #notified({ event, name, new_name, room, seq }: Events["notification"]): void {
    if ((event === "kicked" || event === "banned") && room !== undefined) this.#remove(room);
    if (name === undefined || fold(name) !== fold(this.#name)) return;
    if (event === "renamed" && new_name !== undefined) this.#name = new_name;
    if (room === undefined) return;
    if (event === "joined" && seq !== undefined) this.#enter(room, seq);
    if (event === "left") this.#rooms.delete(fold(room));
  }

  #remove(room: string): void {
    this.#rooms.delete(fold(room));
    this.#removed.add(fold(room));
  }

  #enter(room: string, seq: number): void {
    this.#removed.delete(fold(room));
    this.#set(room, Math.min(this.#rooms.get(fold(room))?.seq ?? seq, seq));
  }

  #set(room: string, seq: number): void {
    this.#rooms.set(fold(room), { room, seq });
  }

  /** The `seq` of a message to somebody else counts in their inbox. */
  #isInbox({ sender, to }: Events["direct"]): boolean {
    return fold(sender) !== fold(this.#name) || fold(to) === fold(this.#name);
  }
}
