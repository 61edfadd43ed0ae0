/** The values that the protocol allows, as a reader can check them. Pure. */

import { isLongerThan, LIMITS, parseName } from "../../protocol/mod.ts";

/** A name or a room in canonical form. */
export function isName(value: unknown): boolean {
  if (typeof value !== "string") return false;
  const parsed = parseName(value);
  return "name" in parsed && parsed.name === value;
}

/** The text of a message. */
export function isText(value: unknown): boolean {
  return isWords(value) && !isLongerThan(value, LIMITS.text);
}

/** The server's text for a person: only its line has a bound. */
export function isWords(value: unknown): value is string {
  return typeof value === "string" && value !== "" && value.isWellFormed();
}

/** A room's topic. */
export function isTopic(value: unknown): boolean {
  return typeof value === "string" && value.isWellFormed() &&
    !isLongerThan(value, LIMITS.topic) && !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(value);
}

/** A count or a `seq`. */
export function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** Epoch milliseconds between 2020 and 2100. */
export function isTime(value: unknown): boolean {
  return isCount(value) && value as number > Date.UTC(2020) && value as number < Date.UTC(2100);
}
