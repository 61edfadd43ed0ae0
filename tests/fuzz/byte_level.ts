/** Mutations of one line as bytes. */

import type { Random } from "../faults/random.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** The mutations of bytes. `other` is another line, for splicing. */
const MUTATIONS: readonly ((bytes: Bytes, random: Random, other: Bytes) => Bytes)[] = [
  // Most keep it ASCII: invalid UTF-8 ends the connection, and the rest is never read.
  (bytes, random) => withByte(bytes, random, (byte) => byte ^ (1 << random.between(0, 6))),
  (bytes, random) => withByte(bytes, random, () => random.between(0, 127)),
  (bytes, random) => withByte(bytes, random, () => random.pick(SYNTAX)),
  (bytes, random) => withByte(bytes, random, () => random.between(0, 255)),
  (bytes, random) => inserted(bytes, random, Uint8Array.of(random.pick(SYNTAX))),
  (bytes, random) => inserted(bytes, random, Uint8Array.of(random.between(0, 127))),
  (bytes, random) => inserted(bytes, random, random.pick(BAD_UTF8)),
  (bytes, random) => inserted(bytes, random, part(bytes, random)),
  (bytes, random) => inserted(bytes, random, random.bytes(random.between(1, 8))),
  (bytes, random, other) => inserted(bytes, random, part(other, random)),
  (bytes, random) => cut(bytes, random, random.between(1, 4)),
  (bytes, random) => cut(bytes, random, random.between(1, bytes.length)),
  (bytes, random) => bytes.slice(0, random.between(0, bytes.length)),
  (bytes, random) => bytes.slice(random.between(0, bytes.length)),
  (bytes, random, other) =>
    joined(bytes.slice(0, random.between(0, bytes.length)), part(other, random)),
];

const SYNTAX: readonly number[] = [...'{}[]":,\\ \n\r\t\0-+.eE019u/'].map((character) =>
  character.charCodeAt(0)
);

/** A continuation alone, an overlong slash, half a surrogate, beyond Unicode, cut short; and two BOMs. */
const BAD_UTF8: readonly Bytes[] = [
  [0x80],
  [0xc0, 0xaf],
  [0xed, 0xa0, 0x80],
  [0xf4, 0x90, 0x80, 0x80],
  [0xe2, 0x82],
  [0xef, 0xbb, 0xbf, 0xef, 0xbb, 0xbf],
].map((bytes) => Uint8Array.from(bytes));

/** `bytes` after one or a few mutations. */
export function mutateBytes(bytes: Bytes, random: Random, other: Bytes): Bytes {
  let mutated = bytes;
  const times = random.chance(0.7) ? 1 : random.between(2, 6);
  for (let time = 0; time < times; time++) {
    mutated = random.pick(MUTATIONS)(mutated, random, other);
  }
  return mutated;
}

function withByte(bytes: Bytes, random: Random, change: (byte: number) => number): Bytes {
  const copy = bytes.slice();
  if (copy.length === 0) return copy;
  const at = random.between(0, copy.length - 1);
  copy[at] = change(copy[at] as number);
  return copy;
}

function inserted(bytes: Bytes, random: Random, more: Bytes): Bytes {
  const at = random.between(0, bytes.length);
  return joined(bytes.slice(0, at), more, bytes.slice(at));
}

function cut(bytes: Bytes, random: Random, count: number): Bytes {
  const at = random.between(0, bytes.length);
  return joined(bytes.slice(0, at), bytes.slice(at + count));
}

function part(bytes: Bytes, random: Random): Bytes {
  const from = random.between(0, bytes.length);
  return bytes.slice(from, random.between(from, bytes.length));
}

/** The concatenation of `parts`. */
export function joined(...parts: readonly Bytes[]): Bytes {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const each of parts) {
    whole.set(each, at);
    at += each.length;
  }
  return whole;
}
