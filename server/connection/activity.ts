/**
 * Signs of life of one peer, noted where they are seen: by the reader and the writer of its
 * connection. All times are milliseconds of one monotonic clock.
 */

/** When the peer was last active, and how much it was sent since its last line. */
export class Activity {
  /** When the connection was opened. */
  readonly openedAt: number;
  /** The last sign of life: a line, or progress in reading much; and then the ping that asks for one. */
  lastAt: number;
  /** Whether a ping is unanswered. */
  isPinged = false;
  /** Bytes that were sent since the peer's last line. */
  unansweredBytes = 0;
  /** When {@linkcode Activity.stalledFor} was first asked since the last progress. */
  #stalledAt: number | undefined;

  constructor(now: number) {
    this.openedAt = this.lastAt = now;
  }

  /** Notes a line, which may answer all that was sent before it. */
  lineReceived(now: number): void {
    this.unansweredBytes = 0;
    this.lastAt = now;
    this.isPinged = false;
  }

  /** Notes that a peer with much to read has read some of it: it is busy, not silent. */
  progressed(now: number): void {
    this.#stalledAt = undefined;
    this.noteAlive(now);
  }

  /** Begins a new silence. */
  noteAlive(now: number): void {
    this.lastAt = now;
    this.isPinged = false;
  }

  /** Milliseconds without progress since this was first asked. */
  stalledFor(now: number): number {
    this.#stalledAt ??= now;
    return now - this.#stalledAt;
  }
}
