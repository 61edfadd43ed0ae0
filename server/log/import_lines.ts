/** The lines that an import reads: their bytes, and what each of them asks for. */

import {
  anyNumber,
  FieldError,
  type Fields,
  isRecord,
  name,
  optional,
  parseFields,
  room,
  text,
  topic,
  wholeNumber,
} from "../../protocol/fields.ts";

/** A message as it is imported; without `seq` it gets the next number of its room. */
export interface ImportedMessage {
  room: string;
  sender: string;
  text: string;
  /** Epoch milliseconds. */
  at: number;
  seq?: number;
}

/** A line that is to be imported. */
export type ImportLine =
  | { type: "message"; payload: ImportedMessage }
  | { type: "topic"; payload: { room: string; topic: string } }
  | { type: "export"; payload: { version: number; messages?: number } }
  /** It has no place in a log without the sessions that it was said to. */
  | { type: "direct" };

/** Why a line, or all of them, cannot be imported. */
export class BadLine extends Error {
  override name = "BadLine";
}

/** Bytes that are read at once, and the longest line. */
const CHUNK = 1_048_576;

/** Something to read from. */
export interface Input {
  readSync(bytes: Uint8Array): number | null;
}

/** The lines of `input`, without their ends. Throws a {@linkcode BadLine}. */
export function* linesOf(input: Input): Generator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const bytes = new Uint8Array(CHUNK);
  let rest = "";
  for (let read; (read = input.readSync(bytes)) !== null;) {
    const lines = (rest + decode(decoder, bytes.subarray(0, read))).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
    if (rest.length > CHUNK) throw new BadLine(`has more than ${CHUNK} characters`);
  }
  rest += decode(decoder);
  if (rest !== "") yield rest;
}

function decode(decoder: TextDecoder, bytes?: Uint8Array): string {
  try {
    return bytes === undefined ? decoder.decode() : decoder.decode(bytes, { stream: true });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new BadLine(`or one in the ${CHUNK} bytes behind it is not UTF-8`);
  }
}

/** Names that were found valid: the same few speak again and again. */
const KNOWN = 10_000;

function remembering(field: typeof name): typeof name {
  const known = new Map<unknown, string>();
  return {
    ...field,
    parse(value) {
      const before = known.get(value);
      if (before !== undefined) return before;
      const parsed = field.parse(value);
      if (known.size >= KNOWN) known.clear();
      if (typeof parsed === "string") known.set(value, parsed);
      return parsed;
    },
  };
}

const message: Fields<ImportedMessage> = {
  room: remembering(room),
  sender: remembering(name),
  text,
  at: wholeNumber(0),
  seq: optional(wholeNumber(1)),
};

/** The fields of the lines that are taken, by their type. */
const FIELDS: ReadonlyMap<unknown, Fields<Record<string, unknown>>> = new Map(Object.entries({
  message: message as Fields<never>,
  topic: { room, topic } as Fields<never>,
  export: { version: anyNumber, messages: optional(wholeNumber(0)) } as Fields<never>,
  direct: {},
}));

/** Parses a line; `undefined` for a blank one. Throws a {@linkcode BadLine}. */
export function parseImportLine(line: string): ImportLine | undefined {
  if (line.trim() === "") return undefined;
  const envelope = parseJson(line);
  const fields = FIELDS.get(envelope["type"]);
  if (fields === undefined) {
    const type = JSON.stringify(envelope["type"]) ?? "missing";
    throw new BadLine(
      `has the type ${type.slice(0, 80)}; it must be message, topic, direct or export`,
    );
  }
  const payload = envelope["payload"] ?? {};
  if (!isRecord(payload)) throw new BadLine("has a payload that is no object");
  const parsed = parseFields(fields, payload);
  if ("error" in parsed) throw fieldProblem(parsed);
  return { type: envelope["type"], payload: parsed.payload } as ImportLine;
}

function fieldProblem({ error, field }: { error: FieldError; field: string }): BadLine {
  return new BadLine(`cannot be used: payload.${field} ${error.rule}`);
}

function parseJson(line: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(line);
    if (isRecord(value)) return value;
  } catch (error) {
    // Brackets that nest too deep are a RangeError.
    if (!(error instanceof SyntaxError || error instanceof RangeError)) throw error;
    throw new BadLine("is not JSON");
  }
  throw new BadLine("is not a JSON object");
}
