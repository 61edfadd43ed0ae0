/** From the number of a peer to its script: a conversation, mutated at one of four levels. Pure. */

import { Random } from "../faults/random.ts";
import { joined, mutateBytes } from "./byte_level.ts";
import { type Cast, castOf } from "./cast.ts";
import { mutateJson } from "./json_level.ts";
import { mutateLines } from "./line_level.ts";
import { misbehave } from "./protocol_level.ts";
import { conversation } from "./requests.ts";
import type { Script, Sending, Step } from "./script.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** The levels, each of which makes one step per line. */
const LEVELS = {
  bytes: (cast: Cast, random: Random): Step[] => {
    const lines = linesOf(cast, random, random.between(2, 12)).map(encode);
    const other = () => random.pick(lines);
    return lines.map((line, index) =>
      index === 0 && random.chance(0.7) ? plain(line) : input(mutateBytes(line, random, other()))
    );
  },
  lines: (cast: Cast, random: Random): Step[] =>
    mutateLines(linesOf(cast, random, random.between(5, 60)), random).map(encode).map(input),
  json: (cast: Cast, random: Random): Step[] =>
    conversation(cast, random, random.between(10, 120)).map((request, index) => {
      const isPlain = random.chance(index === 0 ? 0.8 : 0.1);
      if (isPlain) return plain(encode(JSON.stringify(request) + "\n"));
      return input(encode(mutateJson(request, random) + "\n"));
    }),
  protocol: (cast: Cast, random: Random): Step[] =>
    misbehave(cast, random).map((move) =>
      "act" in move ? move as Step : input(encode(JSON.stringify(move) + "\n"))
    ),
};

/** The level at which a conversation is mutated. */
export type Level = keyof typeof LEVELS;

/** The frequency of each level; conversations at the upper levels are longer. */
const DEAL: readonly Level[] = ["bytes", "bytes", "bytes", "lines", "lines", "json", "protocol"];

/** The script of peer number `index` in the run with this seed, and the level of its mutation. */
export function scriptOf(seed: number, index: number): { level: Level; script: Script } {
  const random = Random.of(seed, `peer ${index}`);
  const level = random.pick(DEAL);
  const steps = LEVELS[level](castOf(index, random), random);
  return { level, script: packed(steps, random) };
}

/** Cuts the bytes into packets of other sizes than the lines; the bytes stay the same. */
function packed(steps: readonly Step[], random: Random): Step[] {
  const style = random.pick(["lines", "joined", "joined", "split"] as const);
  if (style === "lines") return [...steps];
  const packets: Step[] = [];
  for (const step of steps) {
    const last = packets.at(-1);
    const fits = last !== undefined && "send" in last && "send" in step &&
      last.send.length < 16_384;
    if (fits) packets[packets.length - 1] = both(last, step);
    else packets.push(step);
  }
  return style === "joined" ? packets : packets.flatMap((packet) => split(packet, random));
}

function both(one: Sending, other: Sending): Sending {
  return { send: joined(one.send, other.send), inputs: one.inputs + other.inputs };
}

/** A few pieces of one packet, cut at random. */
function split(step: Step, random: Random): Step[] {
  if ("act" in step) return [step];
  const cuts = Array.from(
    { length: random.between(1, 5) },
    () => random.between(0, step.send.length),
  )
    .sort((one, other) => one - other);
  const ends = [...cuts, step.send.length];
  return ends.map((end, index) => ({
    send: step.send.slice(ends[index - 1] ?? 0, end),
    inputs: index === 0 ? step.inputs : 0,
  }));
}

function linesOf(cast: Cast, random: Random, length: number): string[] {
  return conversation(cast, random, length).map((request) => JSON.stringify(request) + "\n");
}

function input(bytes: Bytes): Sending {
  return { send: bytes, inputs: 1 };
}

/** A line as an honest client sends it: no input. */
function plain(bytes: Bytes): Sending {
  return { send: bytes, inputs: 0 };
}

const encoder = new TextEncoder();

function encode(text: string): Bytes {
  return encoder.encode(text);
}
