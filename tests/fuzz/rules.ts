/** What the protocol lets a value be, as whoever reads it can check it. Pure. */

import { isLongerThan, LIMITS, parseName } from "../../protocol/mod.ts";

/** A name or a room, in the form in which servers give it. */
export function isName(value: unknown): boolean {
  if (typeof value !== "string") return false;
  const parsed = parseName(value);
  return "name" in parsed && parsed.name === value;
}

/** The text of a message, or of anything that is said. */
export function isText(value: unknown): boolean {
  return isWords(value) && !isLongerThan(value, LIMITS.text);
}

/** The server's words for a person: only the line that they are on has a bound. */
export function isWords(value: unknown): value is string {
  return typeof value === "string" && value !== "" && value.isWellFormed();
}

/** A room's topic. */
export function isTopic(value: unknown): boolean {
  return typeof value === "string" && value.isWellFormed() &&
    !isLongerThan(value, LIMITS.topic) && !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(value);
}

/** A number of messages, or of one. */
export function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** Epoch milliseconds. The project is not older than 2020, and nobody runs it after 2100. */
export function isTime(value: unknown): boolean {
  return isCount(value) && value as number > Date.UTC(2020) && value as number < Date.UTC(2100);
}
