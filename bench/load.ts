/**
 * The two ways to load a server. Closed loop: each client has so many messages on
 * their way and says the next when it has heard its share, which shows how much the
 * server can carry. Fixed rate: messages are due at moments that the server has no
 * say in, which shows how long they take: a message that could not be sent in time
 * counts from when it was due (no "coordinated omission").
 */

import type { Crowd } from "./crowd.ts";
import { Histogram, type Percentiles } from "./histogram.ts";
import { cpuSeconds, residentBytes, watchOthers } from "./proc.ts";
import type { Noisy } from "./soundness.ts";

/** What a load found. */
export interface Findings extends Noisy {
  /** Deliveries a second: one message in a room of ten is ten. */
  throughput: number;
  /** From when a message was due to when it was heard, in milliseconds. */
  latency: Percentiles;
  /** The p50 of the room whose p50 is the longest, in milliseconds. */
  slowestRoom: number;
  /** The longest that a room went without hearing anything, in milliseconds. */
  longestStall: number;
  /** CPU seconds of the server for each second; `undefined` where the system does not tell. */
  serverCpu: number | undefined;
  /** What the server had in memory at the end, in bytes. */
  serverMemory: number | undefined;
  /** The part of the time for which the load was busy: near 1, it was the bottleneck. */
  loadBusy: number;
  /** Bytes that came for each delivery. */
  bytesEach: number;
  /** Deliveries that never came. */
  missing: number;
  /** Connections that the server ended. */
  lost: number;
}

/** What a load needs to be told. */
export interface Task {
  crowd: Crowd;
  /** The server's process. */
  pid: number;
  /** Seconds before anything is measured. */
  warmUp: number;
  /** Seconds of measuring. */
  seconds: number;
}

/** Lets each client have `inFlight` messages on their way, always. */
export function closedLoop(task: Task, inFlight: number): Promise<Findings> {
  const { crowd } = task;
  const { members } = crowd.shape;
  const heardSince = new Int32Array(crowd.size);
  let isOver = false;
  const onHeard = (client: number, count: number) => {
    // As many messages as there are members in the room hold one of its own.
    const heard = heardSince[client] as number + count;
    const shares = Math.floor(heard / members);
    heardSince[client] = heard - shares * members;
    if (shares > 0 && !isOver) crowd.say(client, shares, performance.now());
  };
  const begin = () => {
    for (let client = 0; client < crowd.size; client++) {
      crowd.say(client, inFlight, performance.now());
    }
  };
  return measure(task, { begin, onHeard, pace: () => Infinity, end: () => isOver = true });
}

/** Sends `rate` messages a second, by one client after the other. */
export function fixedRate(task: Task, rate: number): Promise<Findings> {
  const { crowd } = task;
  const interval = 1000 / rate;
  let due = Infinity;
  let next = 0;
  const pace = () => {
    const now = performance.now();
    while (due <= now) {
      crowd.say(next, 1, due);
      next = (next + 1) % crowd.size;
      due += interval;
    }
    return due - now;
  };
  const begin = () => void (due = performance.now());
  return measure(task, { begin, onHeard: () => {}, pace, end: () => due = Infinity });
}

/** One way to load. */
interface Way {
  begin: () => void;
  onHeard: (client: number, count: number) => void;
  pace: () => number;
  end: () => void;
}

async function measure(task: Task, way: Way): Promise<Findings> {
  const { crowd, pid, warmUp, seconds } = task;
  const before = { heard: crowd.heard, said: crowd.said };
  const latencies = Array.from({ length: crowd.shape.rooms }, () => new Histogram());
  const stalls = new Stalls(crowd.shape.rooms);
  crowd.onStamp = (client, moment) => {
    latencies[crowd.roomOf(client)]?.add(performance.now() - moment);
  };
  crowd.onHeard = (client, count) => {
    stalls.heard(crowd.roomOf(client));
    way.onHeard(client, count);
  };
  crowd.wire.pace = way.pace;
  way.begin();
  await crowd.wire.run(performance.now() + warmUp * 1000);
  for (const each of latencies) each.clear();
  stalls.clear();
  const others = watchOthers(pid);
  const begun = readings(crowd, pid);
  await crowd.wire.run(begun.moment + seconds * 1000);
  const ended = readings(crowd, pid);
  const noise = others();
  const longestStall = stalls.longest;
  way.end();
  const expected = before.heard + (crowd.said - before.said) * crowd.shape.members;
  await crowd.settle(expected);
  crowd.wire.pace = () => Infinity;
  return {
    ...between(begun, ended),
    noise,
    latency: Histogram.of(latencies).percentiles,
    slowestRoom: Math.max(...latencies.map(({ percentiles }) => percentiles.p50)),
    longestStall,
    serverMemory: residentBytes(pid),
    missing: expected - crowd.heard,
    lost: crowd.lost,
  };
}

function readings({ heard, bytes, wire }: Crowd, pid: number) {
  return { moment: performance.now(), heard, bytes, idle: wire.idle, cpu: cpuSeconds(pid) };
}

function between(begun: ReturnType<typeof readings>, ended: ReturnType<typeof readings>) {
  const seconds = (ended.moment - begun.moment) / 1000;
  const cpu = (ended.cpu ?? NaN) - (begun.cpu ?? NaN);
  return {
    throughput: (ended.heard - begun.heard) / seconds,
    bytesEach: (ended.bytes - begun.bytes) / (ended.heard - begun.heard),
    serverCpu: Number.isNaN(cpu) ? undefined : cpu / seconds,
    loadBusy: 1 - (ended.idle - begun.idle) / 1000 / seconds,
  };
}

/** For how long each room has heard nothing. */
class Stalls {
  readonly #last: Float64Array;
  #longest = 0;

  constructor(rooms: number) {
    this.#last = new Float64Array(rooms);
    this.clear();
  }

  clear(): void {
    this.#last.fill(performance.now());
    this.#longest = 0;
  }

  heard(room: number): void {
    const now = performance.now();
    this.#longest = Math.max(this.#longest, now - (this.#last[room] as number));
    this.#last[room] = now;
  }

  /** The longest until now, of rooms that still hear nothing too. */
  get longest(): number {
    const now = performance.now();
    return this.#last.reduce((longest, last) => Math.max(longest, now - last), this.#longest);
  }
}
