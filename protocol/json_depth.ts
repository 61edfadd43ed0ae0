/**
 * How deep JSON nests. RFC 8259, section 9, lets a parser set a limit; V8's has none,
 * and from 8,000 levels on each costs it ten times as much.
 */

const ESCAPE = "\\";
const QUOTE = '"';

/** Whether arrays and objects in `json` stand in each other more than `limit` deep, valid or not. */
export function nestsDeeperThan(limit: number, json: string): boolean {
  // Nearly every line: none is deeper than long.
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
