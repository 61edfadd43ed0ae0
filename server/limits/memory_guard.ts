/**
 * Refuses new work while the process is short of memory, rather than be killed by the
 * system. Open connections continue: none is closed for what others take.
 */

import { getHeapStatistics } from "node:v8";
import { collectGarbage, type ConnectionCount } from "./garbage.ts";
import type { LogFields } from "../process/logger.ts";

/** Memory in use by the process, in bytes. */
export interface Usage {
  /** Resident memory. */
  rss: number;
  /** Of V8's heap. */
  heapUsed: number;
}

/** The bytes above which each is too much; `Infinity` for no bound. */
export type MemoryBounds = Usage;

/** Why work is refused. */
export const SHORT_OF_MEMORY =
  "The server is short of memory and takes on nothing new; try again later";

/** The part of a bound to which usage must fall before it is enough again, so that it does not flap. */
const ENOUGH = 0.9;

/** Decides whether there is memory left. Pure. */
export class MemoryGuard {
  #bounds: MemoryBounds;
  #isShort = false;

  constructor(bounds: MemoryBounds) {
    this.#bounds = bounds;
  }

  /** Whether new work is to be refused. */
  get isShort(): boolean {
    return this.#isShort;
  }

  /** Changes the bounds, for measurements from now on. */
  setBounds(bounds: MemoryBounds): void {
    this.#bounds = bounds;
  }

  /** Takes a measurement; true when it changed `isShort`. */
  measure({ rss, heapUsed }: Usage): boolean {
    const part = Math.max(rss / this.#bounds.rss, heapUsed / this.#bounds.heapUsed);
    const isShort = part > (this.#isShort ? ENOUGH : 1);
    const hasChanged = isShort !== this.#isShort;
    this.#isShort = isShort;
    return hasChanged;
  }
}

/** The part of V8's own limit that the heap may take; near the limit itself V8 ends the process. */
const HEAP_SHARE = 0.85;

/** The bounds for a process that may take so many bytes of resident memory. */
export function memoryBounds(bytes: number): MemoryBounds {
  return { rss: bytes, heapUsed: getHeapStatistics().heap_size_limit * HEAP_SHARE };
}

/** Milliseconds between two measurements; each takes some microseconds. */
const INTERVAL = 1000;

/** Measurements, while memory is short, between two forced collections. */
const COLLECT_EVERY = 5;

/** The parts of a {@linkcode MemoryWatch}. */
export interface WatchOptions {
  guard: MemoryGuard;
  usage: () => Usage;
  /** The open connections, which hold most of the memory. */
  connections: ConnectionCount;
  /** Called at every measurement that finds memory short. */
  onShort: () => void;
  log: (level: "warn" | "info", event: string, fields: LogFields) => void;
}

/** Measures at intervals, until it is stopped. */
export class MemoryWatch {
  readonly #options: WatchOptions;
  readonly #timer: ReturnType<typeof setInterval>;
  #count = 0;

  /** Measures at once. */
  constructor(options: WatchOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#measure(), INTERVAL);
    this.#measure();
  }

  /** Stops measuring. */
  stop(): void {
    clearInterval(this.#timer);
  }

  #measure(): void {
    const { guard, usage, connections, onShort } = this.#options;
    if (connections.hasDroppedSharply()) this.#giveBack();
    const now = usage();
    if (guard.measure(now)) this.#report(now);
    if (!guard.isShort) return;
    onShort();
    // A server that refuses all work allocates nothing, so V8 would not collect and usage would never fall.
    if (this.#count++ % COLLECT_EVERY === 0) collectGarbage();
  }

  #giveBack(): void {
    const { usage, log } = this.#options;
    const { rss: before } = usage();
    collectGarbage();
    log("info", "most connections have closed: memory given back", { before, after: usage().rss });
  }

  #report({ rss, heapUsed }: Usage): void {
    const { guard, log } = this.#options;
    this.#count = 0;
    const fields = { rss, heap: heapUsed };
    if (guard.isShort) log("warn", "short of memory: new work is refused", fields);
    else log("info", "enough memory again", fields);
  }
}
