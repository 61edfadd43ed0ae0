/**
 * A crowd: clients in rooms, all on one wire, in one dialect. It joins, sends messages,
 * and counts every delivery.
 */

import { type Dialect, positions, REF } from "./dialects.ts";
import { TEXT, TextCounter, writeDigits, writeStamp } from "./text.ts";
import type { Bytes, Wire } from "./wire.ts";

/** The number of clients and their rooms. */
export interface Shape {
  rooms: number;
  /** Clients in each room. */
  members: number;
  /** The number of the first name; a used name stays held for a while. */
  firstName?: number;
}

/** Connections that join at a time: fewer than any server's backlog. */
const JOINING = 64;

/** Milliseconds for the whole crowd to join. */
const JOIN_TIMEOUT = 60_000;

/** Milliseconds of silence after which a missing message counts as lost. */
const DRAIN_TIMEOUT = 2000;

/** Milliseconds of silence after which all is quiet. */
const SILENCE = 100;

/** Maximum number of messages in one write. */
const MAX_AT_ONCE = 64;

const latin = new TextDecoder("latin1");

/** The bytes that the characters of a dialect stand for. */
function bytesOf(text: string): Bytes {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** The messages of one client, as bytes with places for stamps. */
interface Phrase {
  bytes: Bytes;
  text: number;
  ref: number | undefined;
}

/** Clients that have joined their rooms. */
export class Crowd {
  readonly wire: Wire;
  readonly shape: Shape;
  /** Counted deliveries. */
  heard = 0;
  /** Bytes received, of deliveries and of all others. */
  bytes = 0;
  /** Sent messages. */
  said = 0;
  /** Clients that joined per second. */
  joinRate = NaN;
  /** Connections that the server closed. */
  lost = 0;
  /** Called with the deliveries that one read brought to one client. */
  onHeard: (client: number, count: number) => void = () => {};
  /** Called with each stamp that is read, and its client. */
  onStamp: (client: number, moment: number) => void = () => {};
  /** Called with bytes of connections that are not the crowd's. */
  onOther: (connection: number, bytes: Bytes) => void = () => {};
  /** Finds the messages in the received bytes. */
  readonly #counter: TextCounter;
  readonly #dialect: Dialect;
  readonly #phrases: Phrase[] = [];
  readonly #refs: number[] = [];
  readonly #joining = new Map<number, string>();
  #scratch: Bytes = new Uint8Array(0);
  #lastBytes = 0;
  /** The client whose bytes are being counted. */
  #hearing = 0;

  /** A crowd that has not joined yet. The stamp of every `sample`-th delivery is read. */
  constructor(wire: Wire, dialect: Dialect, shape: Shape, sample = 1) {
    this.wire = wire;
    this.shape = shape;
    this.#counter = new TextCounter(sample);
    this.#counter.onStamp = (moment) => this.onStamp(this.#hearing, moment);
    this.#dialect = dialect;
  }

  /** The number of clients. */
  get size(): number {
    return this.shape.rooms * this.shape.members;
  }

  /** The number of a client's room. Neighbors are in different rooms. */
  roomOf(client: number): number {
    return client % this.shape.rooms;
  }

  /** Lets all clients join; resolves when they have joined and all is quiet. */
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

  /** Sends `count` messages at once, each stamped with the time at which it was due. */
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

  /** Lets all clients quit; resolves when they have. */
  async leave(): Promise<void> {
    const { bye } = this.#dialect;
    const everyone = Array.from({ length: this.size }, (_, client) => client);
    if (bye !== undefined) {
      for (const client of everyone) this.wire.send(client, bytesOf(bye));
    }
    await this.quiet(performance.now() + JOIN_TIMEOUT);
    for (const client of everyone) this.wire.close(client);
  }

  /** Waits until every message was delivered to everyone, or nothing arrives any more. */
  async settle(expected: number): Promise<void> {
    const silence = () => performance.now() - this.#lastBytes;
    this.#lastBytes = performance.now();
    const isDone = () => this.heard >= expected || silence() > DRAIN_TIMEOUT;
    while (!isDone()) await this.wire.run(performance.now() + 1);
  }

  /** Waits until nothing has arrived for a while. */
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
    this.#phrases.push({ bytes: bytesOf(said), ...positions(said) });
    this.#refs.push(REF.first);
    const hello = this.#dialect.hello(name, room);
    if (this.#dialect.joined !== undefined) this.#joining.set(client, "");
    if (hello !== "") this.wire.send(client, bytesOf(hello));
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
