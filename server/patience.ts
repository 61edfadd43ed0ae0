/**
 * How long a silent peer is borne: so long until it says `connect`, then so long
 * until it is pinged, and as long again until it is let go.
 */

/** What a silence has come to. */
export type Silence = "no handshake" | "ping" | "idle";

/** The bounds, in milliseconds. */
export interface Bounds {
  /** 0 for none. */
  handshake: number;
  idle: number;
}

/** Watches one connection. One timer, set again only when it fires: a line heard costs one store. */
export class Patience {
  readonly #bounds: Bounds;
  readonly #onSilence: (silence: Silence) => void;
  readonly #isInLine: () => boolean;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #heardAt = performance.now();
  #pinged = false;
  #mayBeSilent = false;
  #stalledAt: number | undefined;

  /** `isInLine` says whether the peer has begun a line and not finished it. */
  constructor(bounds: Bounds, onSilence: (silence: Silence) => void, isInLine: () => boolean) {
    this.#bounds = bounds;
    this.#onSilence = onSilence;
    this.#isInLine = isInLine;
    if (bounds.handshake === 0) return;
    this.#timer = setTimeout(() => onSilence("no handshake"), bounds.handshake);
  }

  /** Notes that the peer said something. */
  heard(now = performance.now()): void {
    this.#heardAt = now;
    this.#pinged = false;
  }

  /** Notes that the peer took some of what waits for it: who is busy reading is not silent. */
  took(): void {
    this.heard();
    this.#stalledAt = undefined;
  }

  /** For how many milliseconds the peer has taken nothing, since this was asked first. */
  stalledFor(now: number): number {
    this.#stalledAt ??= now;
    return now - this.#stalledAt;
  }

  /** Notes that the peer said `connect`: from now on it may be silent for longer. */
  greeted(): void {
    this.#await(this.#bounds.idle);
  }

  /** The same of one that can't answer a ping (the lecture's clients): it may be silent for ever, but not within a line. */
  greetedLecture(): void {
    this.#mayBeSilent = true;
    this.greeted();
  }

  /** Stops watching. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  #await(milliseconds: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#check(), milliseconds);
  }

  #check(): void {
    if (this.#mayBeSilent && !this.#isInLine()) this.heard();
    const left = this.#heardAt + this.#bounds.idle - performance.now();
    if (left > 0) return this.#await(left);
    if (this.#pinged) return this.#onSilence("idle");
    this.#pinged = true;
    this.#heardAt = performance.now();
    if (!this.#mayBeSilent) this.#onSilence("ping");
    this.#await(this.#bounds.idle);
  }
}
