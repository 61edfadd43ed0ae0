/**
 * The head of an HTTP/1.1 request (RFC 9112), read strictly: what two programs could read in two
 * ways is refused. Pure.
 */

/** The most bytes of a head, its end included. */
export const MAX_HEAD = 8192;

/** The most header fields. */
const MAX_FIELDS = 64;

/** A request's head. */
export interface Head {
  readonly method: string;
  /** The target's path, as it was sent: percent-encoding is left alone. */
  readonly path: string;
  /** By lower-case names; repeated fields are joined with `, `. */
  readonly fields: ReadonlyMap<string, string>;
}

/** A head that is refused, with the status that says why. */
export interface BadHead {
  readonly status: 400 | 431 | 505;
  readonly reason: string;
}

const CR = 0x0d;
const LF = 0x0a;

const REQUEST_LINE = /^([A-Z]{1,16}) (\/[\x21-\x7e]*) HTTP\/(\d\.\d)$/;
const FIELD_NAME = /^[!#$%&'*+.^_`|~\w-]+$/;

/** Control characters of ASCII but a tab. */
const CONTROL = /(?![\t\x80-\x9f])\p{Cc}/u;

/** Fields of which a second one would be read by one program and ignored by another. */
const ONCE = /^(?:host|origin|upgrade|content-length|transfer-encoding|sec-.*)$/;

const decoder = new TextDecoder("latin1");

/**
 * Where the head ends, in the first `to` bytes, of which those before `from` were searched before;
 * `undefined` when more must come. A first line that is none of HTTP's ends it too, and so does a
 * bare LF: {@linkcode parseHead} refuses both, and nothing need be waited for.
 */
export function endOfHead(bytes: Uint8Array, from: number, to: number): number | undefined {
  for (let at = bytes.indexOf(LF, from); at !== -1 && at < to; at = bytes.indexOf(LF, at + 1)) {
    const isWhole = bytes[at - 1] === CR && (bytes[at - 2] !== LF);
    if (!isWhole) return at + 1;
    const isFirst = bytes.indexOf(LF) === at;
    if (isFirst && !REQUEST_LINE.test(decoder.decode(bytes.subarray(0, at - 1)))) return at + 1;
  }
  return undefined;
}

/** Parses a whole head, its end included. */
export function parseHead(bytes: Uint8Array): Head | BadHead {
  const lines = decoder.decode(bytes).split("\r\n");
  const [, method, target, version] = REQUEST_LINE.exec(lines.shift() ?? "") ?? [];
  if (method === undefined || target === undefined) {
    return bad("The first line is not METHOD /PATH HTTP/1.1, nor a JSON object");
  }
  if (lines.pop() !== "" || lines.pop() !== "") return bad("A line does not end with CR LF");
  if (version !== "1.1") return { status: 505, reason: "This server speaks HTTP/1.1" };
  if (lines.length > MAX_FIELDS) return tooLarge(`more than ${MAX_FIELDS} fields`);
  const fields = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(colon, 0)).toLowerCase();
    const value = line.slice(colon + 1).trim();
    // A folded line begins with a space, which no name has.
    if (!FIELD_NAME.test(name) || CONTROL.test(value)) return bad("A field is not NAME: VALUE");
    const before = fields.get(name);
    if (before !== undefined && ONCE.test(name)) return bad(`There are two fields ${name}`);
    fields.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  if (!fields.has("host")) return bad("There is no field host");
  return { method, path: target.split("?")[0] as string, fields };
}

/** The refusal of a head without an end in {@linkcode MAX_HEAD} bytes. */
export const ENDLESS_HEAD: BadHead = tooLarge(`more than ${MAX_HEAD} bytes`);

/** Whether a field's list of tokens (RFC 9110, 5.6.1) has `token`. */
export function hasToken(value: string | undefined, token: string): boolean {
  return value?.split(",").some((each) => each.trim().toLowerCase() === token) ?? false;
}

function bad(reason: string): BadHead {
  return { status: 400, reason };
}

function tooLarge(what: string): BadHead {
  return { status: 431, reason: `The request's head has ${what}` };
}
