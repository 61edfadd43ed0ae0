/** Reads of a terminal → bursts of keys: keys that came too close together to be typed one by one. */

import { deadline } from "../../core/session/deadline.ts";
import { type Key, KeyParser, type Waiting } from "../editor/keys.ts";

/** The part of standard input that this needs. */
export interface KeySource {
  read(buffer: Uint8Array): Promise<number | null>;
}

/** Keys that came together. */
export interface Burst {
  readonly keys: Key[];
  /** Whether they came right after the keys before, sooner than anyone types. */
  readonly isQuick: boolean;
}

/** Milliseconds after which the rest of what has begun is given up. */
const TIMEOUTS: Record<Exclude<Waiting, "nothing">, number> = {
  escape: 40,
  sequence: 1_000,
  paste: 1_000,
};

/**
 * Milliseconds between two reads below which the second was not typed; and to wait for what
 * follows an Enter or a Tab that did not come alone. Without brackets a paste looks like
 * keys, and may come in several reads. Scripts that type line by line are a few
 * milliseconds apart.
 */
const QUICK = 1;

/** The bursts of keys from `source`, until it ends. */
export async function* readBursts(source: KeySource): AsyncGenerator<Burst> {
  const parser = new KeyParser();
  const buffer = new Uint8Array(4096);
  let keys: Key[] = [];
  let isQuick = false;
  let lastRead = -Infinity;
  let reading = source.read(buffer).then((count) => lineEndsAsEnter(buffer, count));
  for (;;) {
    const timeout = keys.length > 0 ? QUICK : timeoutOf(parser);
    const count = await (timeout === undefined ? reading : deadline(reading, timeout));
    if (count === undefined) keys.push(...keys.length > 0 ? [] : parser.flush());
    else if (count !== null) {
      const now = performance.now();
      if (keys.length === 0) isQuick = now - lastRead < QUICK;
      lastRead = now;
      keys.push(...parser.push(buffer.subarray(0, count)));
      reading = source.read(buffer);
      if (mayGoOn(keys, isQuick)) continue;
    }
    if (keys.length > 0) yield { keys, isQuick };
    keys = [];
    if (count === null) return;
  }
}

function mayGoOn(keys: readonly Key[], isQuick: boolean): boolean {
  const last = keys.at(-1);
  const isBreak = last?.kind === "named" && (last.name === "enter" || last.name === "tab");
  return isBreak && (isQuick || keys.length > 1);
}

/** Before raw mode the terminal turns Enter into a newline, so what was typed then has no other. */
function lineEndsAsEnter(typed: Uint8Array, count: number | null): number | null {
  typed.subarray(0, count ?? 0).forEach((byte, index) => {
    if (byte === 0x0a) typed[index] = 0x0d;
  });
  return count;
}

function timeoutOf({ waiting }: KeyParser): number | undefined {
  return waiting === "nothing" ? undefined : TIMEOUTS[waiting];
}
