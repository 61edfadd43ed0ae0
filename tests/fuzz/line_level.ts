/** Mutations of the lines of a conversation: their order, number and ends. */

import { LIMITS } from "../../protocol/mod.ts";
import type { Random } from "../faults/random.ts";

/** A conversation as texts for the socket, each with the end of its line. */
type Lines = readonly string[];

/** The mutations of a conversation. */
const MUTATIONS: readonly ((lines: Lines, random: Random) => Lines)[] = [
  (lines, random) => shuffled(lines, random),
  (lines) => lines.toReversed(),
  (lines, random) => lines.flatMap((line) => Array<string>(random.between(0, 3)).fill(line)),
  (lines, random) => at(lines, random, (line) => line.repeat(random.between(10, 100))),
  // The closing brace ends each line, without a newline, as the lecture's clients do it.
  (lines) => lines.map((line) => line.trimEnd()),
  (lines, random) => lines.map((line) => random.chance(0.5) ? line.trimEnd() : line),
  (lines) => lines.map((line) => line.replace("\n", "\r\n")),
  (lines) => lines.map((line) => line.replace("\n", "\r")),
  (lines, random) => at(lines, random, (line) => `\n\r\n \t\n\n${line}`),
  (lines, random) => at(lines, random, (line) => `\ufeff${line}`),
  (lines, random) => at(lines, random, (line) => line.padStart(LIMITS.line)),
  (lines, random) => at(lines, random, (line) => "x".repeat(LIMITS.line - 1) + "\n" + line),
  (lines, random) => at(lines, random, (line) => "x".repeat(LIMITS.line + 1) + line),
  (lines, random) => at(lines, random, (line) => line.replace("{", `{"${"x".repeat(65_000)}":0,`)),
  (lines, random) => at(lines, random, (line) => line.replace(/}\s*$/, "")),
  (lines, random) => at(lines, random, (line) => line.slice(0, line.length / 2) + "\n"),
  (lines, random) => at(lines, random, (line) => `${"}".repeat(50)}${line}`),
  (lines, random) => at(lines, random, (line) => `"{" ${line}`),
  (lines) => [lines.join("").replaceAll("\n", "")],
  (lines) => [lines.join("").replaceAll("\n", ",")],
  (lines) => [`[${lines.map((line) => line.trimEnd()).join()}]\n`],
];

/** The lines of a conversation after one or two mutations. */
export function mutateLines(lines: Lines, random: Random): Lines {
  const once = random.pick(MUTATIONS)(lines, random);
  return random.chance(0.3) ? random.pick(MUTATIONS)(once, random) : once;
}

/** Mutates one line. */
function at(lines: Lines, random: Random, change: (line: string) => string): Lines {
  const chosen = random.between(0, lines.length - 1);
  return lines.map((line, index) => index === chosen ? change(line) : line);
}

function shuffled(lines: Lines, random: Random): Lines {
  const drawn = lines.map((line) => ({ line, lot: random.next() }));
  return drawn.sort((one, other) => one.lot - other.lot).map(({ line }) => line);
}
