/**
 * The types of payload fields: a small parser for each, from which `codec.ts`
 * builds its tables of requests and events.
 */

import type { ErrorCode } from "./error_codes.ts";
import { LIMITS } from "./message.ts";
import type { Duration } from "./rights.ts";
import { parseName } from "./names.ts";
import { isLongerThan } from "./text.ts";

/** A refused value; `rule` completes the sentence "payload.name …". */
export class FieldError {
  constructor(readonly code: ErrorCode, readonly rule: string) {}
}

/** Parses one field. A field that is not required may be left out or be `null`. */
export interface Field<Value> {
  required: boolean;
  parse(value: unknown): Value | FieldError;
}

/** The fields of a payload: exactly its keys, each with a parser for its type. */
export type Fields<Payload> = {
  [Key in keyof Payload]-?: Field<NonNullable<Payload[Key]>>;
};

/** A field that may be left out. */
export function optional<Value>(field: Field<Value>): Field<Value> {
  return { ...field, required: false };
}

function field<Value>(
  parse: (value: unknown) => Value | FieldError,
): Field<Value> {
  return { required: true, parse };
}

function nameField(code: ErrorCode): Field<string> {
  return field((value) => {
    if (typeof value !== "string") return new FieldError(code, "must be a string");
    const parsed = parseName(value);
    return "name" in parsed ? parsed.name : new FieldError(code, parsed.problem);
  });
}

/** A name, in NFC. */
export const name = nameField("bad_name");

/** A room's name, in NFC. */
export const room = nameField("bad_room");

/** The text of a message. */
export const text = field((value) => {
  if (typeof value !== "string") {
    return new FieldError("bad_text", "must be a string");
  }
  if (value === "") return new FieldError("bad_text", "is empty");
  if (isLongerThan(value, LIMITS.text)) {
    return new FieldError(
      "text_too_long",
      `has more than ${LIMITS.text} characters`,
    );
  }
  return value.isWellFormed() ? value : new FieldError("bad_text", "has half a surrogate pair");
});

/** A room's topic: one line, empty to clear it. */
export const topic = oneLine(LIMITS.topic);

/** The reason of a kick, a ban or a mute: one line. */
export const reason = oneLine(LIMITS.reason);

function oneLine(longest: number): Field<string> {
  return field((value) => {
    if (typeof value !== "string") {
      return new FieldError("bad_field", "must be a string");
    }
    if (isLongerThan(value, longest)) {
      return new FieldError("text_too_long", `has more than ${longest} characters`);
    }
    const clean = value.isWellFormed() && !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(value);
    return clean
      ? value
      : new FieldError("bad_field", "must be one line without control characters");
  });
}

/** One of `words`. */
export function oneOf<Word extends string>(words: readonly Word[]): Field<Word> {
  return field((value) =>
    words.find((word) => word === value) ??
      new FieldError("bad_field", `must be one of ${words.join(", ")}`)
  );
}

/** Whole seconds, or `"ever"`. */
export const duration: Field<Duration> = field((value) => {
  if (value === "ever") return value;
  const seconds = wholeNumber(1, LIMITS.ban).parse(value);
  return seconds instanceof FieldError
    ? new FieldError("bad_field", `must be whole seconds from 1 to ${LIMITS.ban}, or "ever"`)
    : seconds;
});

/** A string of 1 to `longest` code points. */
export function shortString(longest: number): Field<string> {
  return field((value) =>
    typeof value === "string" && value !== "" && !isLongerThan(value, longest) &&
      value.isWellFormed()
      ? value
      : new FieldError(
        "bad_field",
        `must be a string of 1 to ${longest} characters`,
      )
  );
}

/**
 * An existing password, in NFC, so that the way its accents were typed makes no difference.
 * Passes every password that could ever have been set: a stricter rule would lock its owner out.
 */
export const password = passwordOf(1, "bad_field", "string");

/** A new password, in NFC. */
export const newPassword = passwordOf(LIMITS.shortest_password, "bad_password", "password");

function passwordOf(least: number, code: ErrorCode, what: string): Field<string> {
  const problem = new FieldError(
    code,
    `must be a ${what} of ${least} to ${LIMITS.password} characters`,
  );
  return field((value) => {
    // NFC composes at most six code units into one code point, so a huge one is refused unread.
    if (typeof value !== "string" || value.length > LIMITS.password * 8) return problem;
    const composed = value.normalize("NFC");
    const fits = isLongerThan(composed, least - 1) && !isLongerThan(composed, LIMITS.password);
    return fits && composed.isWellFormed() ? composed : problem;
  });
}

/** A whole number from `least` to `most`. */
export function wholeNumber(
  least: number,
  most = Number.MAX_SAFE_INTEGER,
): Field<number> {
  return field((value) =>
    Number.isSafeInteger(value) && (value as number) >= least &&
      (value as number) <= most
      ? value as number
      : new FieldError(
        "bad_field",
        `must be a whole number from ${least} to ${most}`,
      )
  );
}

/** `{room: seq}`, for at most {@linkcode LIMITS}`.rooms` rooms. */
export const positions = field((value) => {
  if (!isRecord(value)) {
    return new FieldError("bad_field", "must be an object of room and seq");
  }
  const entries = Object.entries(value);
  if (entries.length > LIMITS.rooms) {
    return new FieldError("bad_field", `has more than ${LIMITS.rooms} rooms`);
  }
  const parsed: [string, number][] = [];
  for (const [key, position] of entries) {
    const roomName = room.parse(key);
    if (roomName instanceof FieldError) return roomName;
    const seq = wholeNumber(0).parse(position);
    if (seq instanceof FieldError) return seq;
    parsed.push([roomName, seq]);
  }
  return Object.fromEntries(parsed);
});

// Fields of events: a client checks their types alone.

/** Any string. */
export const anyString = field((value) =>
  typeof value === "string" ? value : new FieldError("bad_field", "must be a string")
);

/** One of a set of words such as `ErrorCode`; a newer server may send others. */
export function anyWord<Word extends string>(): Field<Word> {
  return anyString as Field<string> as Field<Word>;
}

/** Any finite number. */
export const anyNumber = field((value) =>
  Number.isFinite(value) ? value as number : new FieldError("bad_field", "must be a number")
);

/** `true` or `false`. */
export const anyBoolean = field((value) =>
  typeof value === "boolean" ? value : new FieldError("bad_field", "must be true or false")
);

/** An object of numbers. */
export const numbers = field((value) =>
  isRecord(value) &&
    Object.values(value).every((number) => typeof number === "number")
    ? value as Record<string, number>
    : new FieldError("bad_field", "must be an object of numbers")
);

/** An array whose elements `element` parses. */
export function arrayOf<Value>(element: Field<Value>): Field<Value[]> {
  return field((value) => {
    if (!Array.isArray(value)) {
      return new FieldError("bad_field", "must be an array");
    }
    const parsed: Value[] = [];
    for (const each of value) {
      const result = element.parse(each);
      if (result instanceof FieldError) return result;
      parsed.push(result);
    }
    return parsed;
  });
}

/** An object with these fields. */
export function objectOf<Payload>(fields: Fields<Payload>): Field<Payload> {
  return field((value) => {
    if (!isRecord(value)) return new FieldError("bad_field", "must be an object");
    const parsed = parseFields(fields, value);
    return "error" in parsed ? parsed.error : parsed.payload;
  });
}

/** The payload that `fields` parse from `record`, or the first error and its field. */
export function parseFields<Payload>(
  fields: Fields<Payload>,
  record: Record<string, unknown>,
): { payload: Payload } | { error: FieldError; field: string } {
  const payload: Record<string, unknown> = {};
  for (const key in fields) {
    const value = record[key];
    const rule = fields[key];
    if (value === undefined || value === null) {
      if (!rule.required) continue;
      return {
        error: new FieldError("missing_field", "is missing"),
        field: key,
      };
    }
    const parsed = rule.parse(value);
    if (parsed instanceof FieldError) return { error: parsed, field: key };
    payload[key] = parsed;
  }
  return { payload: payload as Payload };
}

/** Whether `value` is a JSON object. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
