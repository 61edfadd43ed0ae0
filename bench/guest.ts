/**
 * A connection beside the crowd that does one thing: queries the log, or never reads.
 */

import type { Crowd } from "./crowd.ts";
import type { Dialect } from "./dialects.ts";
import { Histogram, type Percentiles } from "./histogram.ts";

const encoder = new TextEncoder();

/** The beginning of an error. */
const REFUSED = encoder.encode('{"type":"error"');

/** Joins a room and then never reads; returns the connection. */
export async function stareAt(
  crowd: Crowd,
  dialect: Dialect,
  port: number,
  room: string,
): Promise<number> {
  const connection = await crowd.wire.open(port);
  crowd.wire.send(connection, encoder.encode(dialect.hello("stuck", room)));
  await crowd.quiet(performance.now() + 10_000);
  crowd.wire.stopReading(connection);
  return connection;
}

/** Sends one query after the other, each when the last was answered. */
export class Asker {
  readonly #crowd: Crowd;
  readonly #questions: readonly (() => string)[];
  readonly #times: Histogram[];
  /** Refused queries, whose answers cost the server nothing. */
  refused = 0;
  #connection = NaN;
  #asked = 0;
  #since = 0;

  /** Goes through `questions` over and over; each makes a line to send. */
  constructor(crowd: Crowd, questions: readonly (() => string)[]) {
    this.#crowd = crowd;
    this.#questions = questions;
    this.#times = questions.map(() => new Histogram());
  }

  /** The latency of the answers to each query. */
  get times(): Percentiles[] {
    return this.#times.map((times) => times.percentiles);
  }

  /** Connects with `hello`, and begins at its answer. */
  async begin(port: number, hello: string): Promise<void> {
    this.#crowd.onOther = (_connection, bytes) => this.#onBytes(bytes);
    this.#connection = await this.#crowd.wire.open(port);
    this.#crowd.wire.send(this.#connection, encoder.encode(hello));
  }

  #onBytes(bytes: Uint8Array): void {
    if (REFUSED.every((byte, index) => bytes[index] === byte)) this.refused++;
    if (bytes.at(-1) !== 0x0a) return;
    if (this.#since > 0) this.#time?.add(performance.now() - this.#since);
    this.#ask();
  }

  #ask(): void {
    const question = this.#questions[++this.#asked % this.#questions.length];
    if (question === undefined) return;
    this.#since = performance.now();
    this.#crowd.wire.send(this.#connection, encoder.encode(question()));
  }

  get #time(): Histogram | undefined {
    return this.#times[this.#asked % this.#times.length];
  }
}
