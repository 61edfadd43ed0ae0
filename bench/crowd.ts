/**
 * A crowd: clients in rooms, all over one wire, in one dialect. It knows how to
 * join, to say things, and to count what everyone hears.
 */

import { type Dialect, positions, REF } from "./dialects.ts";
import { TEXT, TextCounter, writeDigits, writeStamp } from "./text.ts";
import type { Bytes, Wire } from "./wire.ts";

/** How many clients there are, and where. */
export interface Shape {
  rooms: number;
  /** Clients in each room. */
  members: number;
  /** The number of the first name; a name that was used is held for a while. */
  firstName?: number;
}

/** Connections that may be joining at a time: fewer than any server's backlog. */
const JOINING = 64;

/** Milliseconds that the whole crowd may take to join. */
const JOIN_TIMEOUT = 60_000;

/** Milliseconds of silence after which a message that is still missing is lost. */
const DRAIN_TIMEOUT = 2000;

/** Milliseconds of silence after which nothing more is expected. */
const SILENCE = 100;

/** Messages in one write, at most. */
const MAX_AT_ONCE = 64;

const encoder = new TextEncoder();
const latin = new TextDecoder("latin1");

/** What one client says, as bytes with places to write in. */
interface Phrase {
  bytes: Bytes;
  text: number;
  ref: number | undefined;
}

/** Clients that have joined their rooms. */
export class Crowd {
  readonly wire: Wire;
  readonly shape: Shape;
  /** Deliveries that were counted. */
  heard = 0;
  /** Bytes that came, those of deliveries and all others. */
  bytes = 0;
  /** Messages that were sent. */
  said = 0;
  /** Clients that joined, a second. */
  joinRate = NaN;
  /** Connections that the server has ended. */
  lost = 0;
  /** Called with the deliveries that one read brought to one client. */
  onHeard: (client: number, count: number) => void = () => {};
  /** Called with the stamps that are read, and by whom. */
  onStamp: (client: number, moment: number) => void = () => {};
  /** Called with what came on connections that are not the crowd's. */
  onOther: (connection: number, bytes: Bytes) => void = () => {};
  /** Finds what was said in what the clients receive. */
  readonly #counter: TextCounter;
  readonly #dialect: Dialect;
  readonly #phrases: Phrase[] = [];
  readonly #refs: number[] = [];
  readonly #joining = new Map<number, string>();
  #scratch: Bytes = new Uint8Array(0);
  #lastBytes = 0;
  /** Whose bytes are being counted. */
  #hearing = 0;

  /** A crowd that is still to join. Every `sample`-th delivery's stamp is read. */
  constructor(wire: Wire, dialect: Dialect, shape: Shape, sample = 1) {
    this.wire = wire;
    this.shape = shape;
    this.#counter = new TextCounter(sample);
    this.#counter.onStamp = (moment) => this.onStamp(this.#hearing, moment);
    this.#dialect = dialect;
  }

  /** How many clients there are. */
  get size(): number {
    return this.shape.rooms * this.shape.members;
  }

  /** The number of the room that a client is in. Neighbours are in different rooms. */
  roomOf(client: number): number {
    return client % this.shape.rooms;
  }

  /** Lets everyone join; resolves when they have, and all is quiet. */
  async join(port: number): Promise<void> {
    this.wire.onBytes = (client, bytes) => this.#onAnswer(client, bytes);
    this.wire.onEnd = () => this.lost++;
    const began = performance.now();
    const deadline = began + JOIN_TIMEOUT;
    for (let client = 0; client < this.size; client++) {
      await this.#greet(client, port);
      await this.#waitFor(() => this.#joining.size < JOINING, deadline);
    }
    await this.#waitFor(() => this.#joining.size === 0, deadline);
    this.joinRate = this.size / (performance.now() - began) * 1000;
    await this.quiet(deadline);
    this.wire.onBytes = (client, bytes) => this.#onBytes(client, bytes);
  }

  /** Says `count` messages at once, each stamped with the moment at which it was due. */
  say(client: number, count: number, due: number): void {
    const phrase = this.#phrases[client] as Phrase;
    const { bytes: { length } } = phrase;
    for (let rest = count; rest > 0; rest -= MAX_AT_ONCE) {
      const now = Math.min(rest, MAX_AT_ONCE);
      if (this.#scratch.length < now * length) this.#scratch = new Uint8Array(now * length);
      for (let index = 0; index < now; index++) this.#write(client, phrase, index * length, due);
      this.wire.send(client, this.#scratch.subarray(0, now * length));
    }
    this.said += count;
  }

  /** Lets everyone leave as people do; resolves when they have. */
  async leave(): Promise<void> {
    const { bye } = this.#dialect;
    const everyone = Array.from({ length: this.size }, (_, client) => client);
    if (bye !== undefined) {
      for (const client of everyone) this.wire.send(client, encoder.encode(bye));
    }
    await this.quiet(performance.now() + JOIN_TIMEOUT);
    for (const client of everyone) this.wire.close(client);
  }

  /** Waits until everyone has heard everything that was said, or nothing comes any more. */
  async settle(expected: number): Promise<void> {
    const silence = () => performance.now() - this.#lastBytes;
    this.#lastBytes = performance.now();
    const isDone = () => this.heard >= expected || silence() > DRAIN_TIMEOUT;
    while (!isDone()) await this.wire.run(performance.now() + 1);
  }

  /** Waits until nothing has come for a while. */
  async quiet(deadline: number): Promise<void> {
    this.#lastBytes = performance.now();
    await this.#waitFor(() => performance.now() - this.#lastBytes > SILENCE, deadline);
  }

  async #waitFor(isDone: () => boolean, deadline: number): Promise<void> {
    while (!isDone()) {
      const now = performance.now();
      if (now > deadline) throw new Error(`${this.#joining.size} clients did not get to join`);
      await this.wire.run(now + 1);
    }
  }

  async #greet(client: number, port: number): Promise<void> {
    const number = client + (this.shape.firstName ?? 0);
    const name = `c${String(number).padStart(5, "0")}`;
    const room = `r${String(this.roomOf(client)).padStart(3, "0")}`;
    await this.wire.open(port);
    const said = this.#dialect.say(name, room, TEXT);
    this.#phrases.push({ bytes: encoder.encode(said), ...positions(said) });
    this.#refs.push(REF.first);
    const hello = this.#dialect.hello(name, room);
    if (this.#dialect.joined !== undefined) this.#joining.set(client, "");
    if (hello !== "") this.wire.send(client, encoder.encode(hello));
  }

  #onAnswer(client: number, bytes: Bytes): void {
    this.#lastBytes = performance.now();
    const before = this.#joining.get(client);
    if (before === undefined) return;
    const answer = before + latin.decode(bytes);
    if (answer.includes(this.#dialect.joined ?? "")) this.#joining.delete(client);
    else this.#joining.set(client, answer);
  }

  #onBytes(client: number, bytes: Bytes): void {
    if (client >= this.size) return this.onOther(client, bytes);
    this.#lastBytes = performance.now();
    this.#hearing = client;
    const count = this.#counter.count(bytes);
    this.bytes += bytes.length;
    if (count === 0) return;
    this.heard += count;
    this.onHeard(client, count);
  }

  #write(client: number, { bytes, text, ref }: Phrase, at: number, due: number): void {
    this.#scratch.set(bytes, at);
    writeStamp(this.#scratch, at + text, due);
    if (ref === undefined) return;
    const next = this.#refs[client] as number;
    this.#refs[client] = next + 1;
    writeDigits(this.#scratch, at + ref, REF.digits, next);
  }
}
