/** Mutations of one request as JSON: other types, shapes and spellings. */

import type { Random } from "../faults/random.ts";
import { NASTY_STRINGS, NASTY_VALUES } from "./nasty.ts";

/** A value and its JSON text, the form that is mutated. */
type Json = unknown;

/** A value given by its JSON text, well-formed or not. */
class Raw {
  constructor(readonly json: string) {}
}

/** The fields of an object, possibly with duplicates. */
class Pairs {
  constructor(readonly pairs: [key: string, value: Json][]) {}
}

/** Fields of every request, most often mutated in the second. */
const ENVELOPE = ["id", "payload", "payload", "payload"];

/** The mutations of one value in a request. */
const MUTATIONS: readonly ((value: Json, random: Random) => Json)[] = [
  (_, random) => new Raw(random.pick(NASTY_VALUES)),
  (_, random) => random.pick(NASTY_STRINGS),
  (_, random) => random.pick(NASTY_STRINGS),
  (_, random) => random.between(-3, 300),
  (_, random) => random.pick([-1, 2 ** 31, 2 ** 32, 2 ** 53 - 1, 2 ** 53, 1e21, 0.1]),
  (value) => typeof value === "string" ? value + value : [value],
  (value) => typeof value === "number" ? `${value}` : { value },
  (value, random) => typeof value === "string" ? withOneMore(value, random) : null,
  (value) => new Raw(escaped(write(value))),
  (value, random) => isRecord(value) ? repeatedKey(value, random) : [value, value],
  (value, random) => isRecord(value) ? oddKey(value, random) : {},
  (value) => isRecord(value) ? Object.values(value) : value,
  (value) => isRecord(value) ? Object.fromEntries(Object.entries(value).slice(1)) : undefined,
];

/** The text of `request` after one or several mutations. */
export function mutateJson(request: object, random: Random): string {
  let value: Json = request;
  const times = random.chance(0.7) ? 1 : random.between(2, 4);
  for (let time = 0; time < times; time++) value = mutateSomewhere(value, random, ENVELOPE);
  return write(value) ?? "";
}

/** Descends into the value and mutates where it stops: there, in one of its fields, or in `more`. */
function mutateSomewhere(value: Json, random: Random, more: readonly string[] = []): Json {
  if (!isRecord(value) || random.chance(0.15)) return random.pick(MUTATIONS)(value, random);
  const key = random.pick([...Object.keys(value), ...more, random.pick(ODD_KEYS)]);
  return { ...value, [key]: mutateSomewhere(value[key], random) };
}

function repeatedKey(value: Record<string, Json>, random: Random): Pairs {
  const pairs = Object.entries(value);
  const again: [string, Json][] = pairs.map(([key]) => [key, random.pick(NASTY_STRINGS)]);
  return new Pairs(random.chance(0.5) ? [...pairs, ...again] : [...again, ...pairs]);
}

const ODD_KEYS = ["__proto__", "constructor", "toString", "", "\u0000", "length", "version"];

function oddKey(value: Record<string, Json>, random: Random): Pairs {
  const odd: [string, Json] = [random.pick(ODD_KEYS), new Raw(random.pick(NASTY_VALUES))];
  return new Pairs([odd, ...Object.entries(value)]);
}

function withOneMore(text: string, random: Random): string {
  const at = random.between(0, text.length);
  return text.slice(0, at) + random.pick(NASTY_STRINGS) + text.slice(at);
}

/** The same JSON with every letter in its strings as an escape. */
function escaped(json: string | undefined): string {
  const asEscape = (letter: string) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`;
  const inStrings = /"(?:[^"\\]|\\.)*"/g;
  return (json ?? "null").replace(
    inStrings,
    (text) => text.replace(/(?<!\\)[a-z](?![0-9a-f]{4})/g, asEscape),
  );
}

/** Text that may not be JSON. */
function write(value: Json): string | undefined {
  if (value instanceof Raw) return value.json;
  if (value instanceof Pairs) return writePairs(value.pairs);
  if (Array.isArray(value)) return `[${value.map((each) => write(each) ?? "null").join(",")}]`;
  return isRecord(value) ? writePairs(Object.entries(value)) : JSON.stringify(value);
}

function writePairs(pairs: [string, Json][]): string {
  const written = pairs.flatMap(([key, value]) => {
    const text = write(value);
    return text === undefined ? [] : [`${JSON.stringify(key)}:${text}`];
  });
  return `{${written.join(",")}}`;
}

/** Whether a value is an object of fields, not an array or given text. */
function isRecord(value: Json): value is Record<string, Json> {
  return typeof value === "object" && value !== null && !Array.isArray(value) &&
    !(value instanceof Raw) && !(value instanceof Pairs);
}
