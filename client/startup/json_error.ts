/** The place and the kind of an error in JSON that a person wrote. */

/** The parts of JSON that a scan may expect next. */
const enum Next {
  Value,
  /** A value, or the end of an array that has none yet. */
  FirstValue,
  Name,
  /** A name, or the end of an object that has none yet. */
  FirstName,
  Colon,
  Comma,
  End,
}

const TOKEN =
  // deno-lint-ignore no-control-regex -- a string of JSON holds none of them
  /([{}[\],:])|("(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*")|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])|(?:true|false|null)\b/y;

const SPACE = /[ \t\r\n]*/y;

/** The line at which `text` stops being JSON, and why; `undefined` if `JSON.parse()` takes it. */
export function jsonError(text: string): string | undefined {
  const closers: string[] = [];
  let next = Next.Value;
  let isAfterComma = false;
  for (let at = 0;;) {
    at = endOf(SPACE, text, at) ?? at;
    if (next === Next.End && at === text.length) return undefined;
    const end = endOf(TOKEN, text, at);
    const token = end === undefined ? undefined : text.slice(at, end);
    const after: Next | undefined = token === undefined ? undefined : follow(next, token, closers);
    if (end === undefined || after === undefined) {
      const line = text.slice(0, at).split("\n").length;
      return `line ${line}: ${reason(text.slice(at), { next, closers, isAfterComma })}`;
    }
    next = after;
    isAfterComma = token === ",";
    at = end;
  }
}

function endOf(pattern: RegExp, text: string, from: number): number | undefined {
  pattern.lastIndex = from;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}

/** The part that may follow `token`; `undefined` where it is out of place. Keeps `closers`. */
function follow(next: Next, token: string, closers: string[]): Next | undefined {
  if (next === Next.Colon) return token === ":" ? Next.Value : undefined;
  if (token === closers.at(-1) && mayClose(next, token)) {
    closers.pop();
    return closers.length === 0 ? Next.End : Next.Comma;
  }
  if (next === Next.Comma) return token === "," ? inside(closers) : undefined;
  if (next === Next.Name || next === Next.FirstName) {
    return token.startsWith('"') ? Next.Colon : undefined;
  }
  if (next === Next.End || /^[}\],:]/.test(token)) return undefined;
  if (token !== "{" && token !== "[") return closers.length === 0 ? Next.End : Next.Comma;
  closers.push(token === "{" ? "}" : "]");
  return token === "{" ? Next.FirstName : Next.FirstValue;
}

function mayClose(next: Next, closer: string): boolean {
  return next === Next.Comma || next === (closer === "}" ? Next.FirstName : Next.FirstValue);
}

function inside(closers: readonly string[]): Next {
  return closers.at(-1) === "}" ? Next.Name : Next.Value;
}

interface Scan {
  next: Next;
  closers: readonly string[];
  isAfterComma: boolean;
}

function reason(rest: string, scan: Scan): string {
  if (rest === "") return `it ends before ${expected(scan)}`;
  if (/^(\/\/|\/\*|#)/.test(rest)) return "JSON has no comments";
  if (/^['‘’“”]/.test(rest)) return 'strings are written in straight double quotes ("…")';
  if (scan.isAfterComma && /^[}\]]/.test(rest)) return `no comma may stand before ${rest[0]}`;
  if (/^"[^"\n]*\\[^"\\/bfnrtu\n]/.test(rest)) return 'a backslash in a string is written "\\\\"';
  if (endOf(TOKEN, rest, 0) === undefined && rest.startsWith('"')) {
    return "a string is not closed on its line, or has a wrong escape or a control character";
  }
  return `there should be ${expected(scan)}, not ${/^[\p{L}\p{N}_.-]+|^./u.exec(rest)?.[0]}`;
}

function expected({ next, closers }: Scan): string {
  const closer = closers.at(-1);
  switch (next) {
    case Next.Value:
      return "a value";
    case Next.FirstValue:
      return "a value or ]";
    case Next.Name:
      return "a name in double quotes";
    case Next.FirstName:
      return "a name in double quotes or }";
    case Next.Colon:
      return "a colon";
    case Next.Comma:
      return `a comma or ${closer}`;
    case Next.End:
      return "nothing more";
  }
}
