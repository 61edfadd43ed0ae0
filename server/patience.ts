/**
 * How long a silent peer is borne: so long until it says `connect`, then so long
 * until it is pinged, and as long again until it is let go.
 */

/** What a silence has come to. */
export type Silence = "no handshake" | "ping" | "idle";

/** The bounds, in milliseconds. */
export interface Bounds {
  handshake: number;
  idle: number;
}

/** Watches one connection. One timer, set again only when it fires: a line heard costs one store. */
export class Patience {
  readonly #bounds: Bounds;
  readonly #onSilence: (silence: Silence) => void;
  #timer: ReturnType<typeof setTimeout>;
  #heardAt = performance.now();
  #pinged = false;

  constructor(bounds: Bounds, onSilence: (silence: Silence) => void) {
    this.#bounds = bounds;
    this.#onSilence = onSilence;
    this.#timer = setTimeout(() => onSilence("no handshake"), bounds.handshake);
  }

  /** Notes that the peer said something. */
  heard(): void {
    this.#heardAt = performance.now();
    this.#pinged = false;
  }

  /** Notes that the peer said `connect`: from now on it may be silent for longer. */
  greeted(): void {
    this.#await(this.#bounds.idle);
  }

  /** Stops watching: for ever, or because this peer can't answer a ping (the lecture's clients). */
  stop(): void {
    clearTimeout(this.#timer);
  }

  #await(milliseconds: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#check(), milliseconds);
  }

  #check(): void {
    const left = this.#heardAt + this.#bounds.idle - performance.now();
    if (left > 0) return this.#await(left);
    if (this.#pinged) return this.#onSilence("idle");
    this.#pinged = true;
    this.#heardAt = performance.now();
    this.#onSilence("ping");
    this.#await(this.#bounds.idle);
  }
}
