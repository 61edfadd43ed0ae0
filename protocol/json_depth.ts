/**
 * The nesting depth of JSON. RFC 8259, section 9, lets a parser set a limit; V8 sets none,
 * and beyond 8,000 levels each one costs it ten times as much.
 */

const ESCAPE = "\\";
const QUOTE = '"';

/** Whether arrays and objects in `json`, valid or not, nest more than `limit` deep. */
export function nestsDeeperThan(limit: number, json: string): boolean {
  // Nearly every line: a text cannot be deeper than it is long.
  if (json.length <= limit) return false;
  let depth = 0;
  let isInString = false;
  for (let index = 0; index < json.length && depth <= limit; index++) {
    const char = json[index];
    if (char === QUOTE) isInString = !isInString;
    else if (isInString) index += char === ESCAPE ? 1 : 0;
    else if (char === "[" || char === "{") depth++;
    else if (char === "]" || char === "}") depth--;
  }
  return depth > limit;
}
