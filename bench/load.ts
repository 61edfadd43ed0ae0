/**
 * The two kinds of load. Closed loop: each client has a fixed number of messages in
 * flight and sends the next one when it has received its share, which shows the capacity
 * of the server. Fixed rate: messages are due at times independent of the server, which
 * shows their latency: a message that could not be sent in time counts from when it was
 * due (no "coordinated omission").
 */

import type { Crowd } from "./crowd.ts";
import { Histogram, type Percentiles } from "./histogram.ts";
import { cpuSeconds, residentBytes, watchOthers } from "./proc.ts";
import type { Noisy } from "./soundness.ts";

/** The findings of a load. */
export interface Findings extends Noisy {
  /** Deliveries per second: one message in a room of ten is ten. */
  throughput: number;
  /** Milliseconds from when a message was due to its delivery. */
  latency: Percentiles;
  /** The p50 of the slowest room, in milliseconds. */
  slowestRoom: number;
  /** The longest time without a delivery in a room, in milliseconds. */
  longestStall: number;
  /** CPU seconds of the server per second; `undefined` where the system does not tell. */
  serverCpu: number | undefined;
  /** The resident memory of the server at the end, in bytes. */
  serverMemory: number | undefined;
  /** The fraction of the time for which the load was busy: near 1, it was the bottleneck. */
  loadBusy: number;
  /** Bytes received per delivery. */
  bytesEach: number;
  /** Missing deliveries. */
  missing: number;
  /** Connections that the server closed. */
  lost: number;
}

/** The parameters of a load. */
export interface Task {
  crowd: Crowd;
  /** The server's process. */
  pid: number;
  /** Seconds of warm-up. */
  warmUp: number;
  /** Seconds of measurement. */
  seconds: number;
}

/** Keeps `inFlight` messages of each client in flight. */
export function closedLoop(task: Task, inFlight: number): Promise<Findings> {
  const { crowd } = task;
  const { members } = crowd.shape;
  const heardSince = new Int32Array(crowd.size);
  let isOver = false;
  const onHeard = (client: number, count: number) => {
    // Of as many messages as the room has members, one is its own.
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

/** Sends `rate` messages per second, from one client after the other. */
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

/** One kind of load. */
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

/** The time without a delivery in each room. */
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

  /** The longest one so far, including rooms that are still waiting. */
  get longest(): number {
    const now = performance.now();
    return this.#last.reduce((longest, last) => Math.max(longest, now - last), this.#longest);
  }
}
