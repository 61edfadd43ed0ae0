/**
 * Refuses new work while the process is short of memory, rather than be killed. What
 * is open goes on: nobody is cut off for what others take.
 */

import { getHeapStatistics } from "node:v8";
import { collectGarbage, type ConnectionCount } from "./garbage.ts";
import type { LogFields } from "../process/logger.ts";

/** What the process has taken, in bytes. */
export interface Usage {
  /** Of the machine. */
  rss: number;
  /** Of what the runtime may take for objects. */
  heapUsed: number;
}

/** Bytes of each that are too many; `Infinity` for no bound. */
export type MemoryBounds = Usage;

/** What those are told whose work is refused. */
export const SHORT_OF_MEMORY =
  "The server is short of memory and takes on nothing new; try again later";

/** The part of a bound to which usage must fall before it is enough again: no flutter at the edge. */
const ENOUGH = 0.9;

/** Whether there is memory left. Pure. */
export class MemoryGuard {
  readonly #bounds: MemoryBounds;
  #isShort = false;

  constructor(bounds: MemoryBounds) {
    this.#bounds = bounds;
  }

  /** Whether nothing new is to be taken on. */
  get isShort(): boolean {
    return this.#isShort;
  }

  /** Takes a measurement; true when it has changed anything. */
  measure({ rss, heapUsed }: Usage): boolean {
    const part = Math.max(rss / this.#bounds.rss, heapUsed / this.#bounds.heapUsed);
    const isShort = part > (this.#isShort ? ENOUGH : 1);
    const hasChanged = isShort !== this.#isShort;
    this.#isShort = isShort;
    return hasChanged;
  }
}

/** The part of the runtime's own limit that objects may take; near the limit itself it ends the process. */
const HEAP_SHARE = 0.85;

/** The bounds for a process that may take so many bytes of the machine. */
export function memoryBounds(bytes: number): MemoryBounds {
  return { rss: bytes, heapUsed: getHeapStatistics().heap_size_limit * HEAP_SHARE };
}

/** Milliseconds between two measurements; each takes some microseconds. */
const INTERVAL = 1000;

/** Measurements, while memory is short, after which what is not used any more is collected again. */
const COLLECT_EVERY = 5;

/** What a watch needs. */
export interface WatchOptions {
  guard: MemoryGuard;
  usage: () => Usage;
  /** Those who hold memory for as long as they are here. */
  connections: ConnectionCount;
  /** Called at every measurement that finds memory short. */
  onShort: () => void;
  log: (level: "warn" | "info", event: string, fields: LogFields) => void;
}

/** Measures now and then, until it is stopped. */
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

  /** Measures no more. */
  stop(): void {
    clearInterval(this.#timer);
  }

  #measure(): void {
    const { guard, usage, connections, onShort } = this.#options;
    if (connections.hasDroppedSharply()) this.#giveBack();
    const now = usage();
    if (guard.measure(now)) this.#tell(now);
    if (!guard.isShort) return;
    onShort();
    // Who refuses work makes no garbage, and so would never learn that there is room again.
    if (this.#count++ % COLLECT_EVERY === 0) collectGarbage();
  }

  #giveBack(): void {
    const { usage, log } = this.#options;
    const { rss: before } = usage();
    collectGarbage();
    log("info", "most connections have closed: memory given back", { before, after: usage().rss });
  }

  #tell({ rss, heapUsed }: Usage): void {
    const { guard, log } = this.#options;
    this.#count = 0;
    const fields = { rss, heap: heapUsed };
    if (guard.isShort) log("warn", "short of memory: nothing new is taken on", fields);
    else log("info", "enough memory again", fields);
  }
}
