import { assert, assertEquals, assertLess, assertRejects, assertStrictEquals } from "@std/assert";
import { type FramingProblem, LineFramer } from "../../protocol/lines.ts";
import { LIMITS } from "../../protocol/message.ts";
import { type Read, readLines } from "../../protocol/read_lines.ts";
import { PURE } from "../fixtures/pure.ts";

const encoder = new TextEncoder();

/** Texts as UTF-8 and numbers as single bytes, concatenated. */
function bytesOf(...parts: (string | number)[]): Uint8Array {
  return new Uint8Array(
    parts.flatMap((part) => typeof part === "number" ? [part] : [...encoder.encode(part)]),
  );
}

interface Framed {
  lines: string;
  problem: FramingProblem | undefined;
}

function frame(pieces: Iterable<Uint8Array>): Framed {
  const framer = new LineFramer();
  let lines = "";
  for (const piece of pieces) lines += framer.push(piece);
  lines += framer.end();
  return { lines, problem: framer.problem };
}

function* inPieces(bytes: Uint8Array, length: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

const DEEP = "{".repeat(50) + '"a":"}"' + "}".repeat(50);

const SHORT_CASES: [what: string, input: Uint8Array, lines: string, problem?: FramingProblem][] = [
  ["nothing", bytesOf(), ""],
  ["a framed object", bytesOf('{"a":1}\n'), '{"a":1}\n'],
  ["an unframed object", bytesOf('{"a":1}'), '{"a":1}\n'],
  ["several unframed objects", bytesOf('{"a":1}{"b":{"c":{}}}{}'), '{"a":1}\n{"b":{"c":{}}}\n{}\n'],
  ["framed and unframed ones", bytesOf('{"a":1}{"b":2}\n\n{"c":3}'), '{"a":1}\n{"b":2}\n{"c":3}\n'],
  ["white space between objects", bytesOf('{"a":1} \t\r\n {"b":2}  '), '{"a":1}\n {"b":2}\n'],
  ["CRLF after an object", bytesOf('{"a":1}\r\n{"b":2}\r\n'), '{"a":1}\n{"b":2}\n'],
  ["CRLF after other lines", bytesOf("one\r\ntwo\r\n"), "one\r\ntwo\r\n"],
  ["blank lines", bytesOf("\n\n \t\n\r\n\n"), ""],
  ["braces in strings", bytesOf('{"a":"}{","}":"{"}{}'), '{"a":"}{","}":"{"}\n{}\n'],
  ["escaped quotes", bytesOf('{"a":"\\"}"}{"b":"\\\\"}'), '{"a":"\\"}"}\n{"b":"\\\\"}\n'],
  ["an escaped escape before a quote", bytesOf('{"a":"\\\\\\"}"}{}'), '{"a":"\\\\\\"}"}\n{}\n'],
  ["brackets, which do not count", bytesOf('{"a":[{"b":"]"}]}{}'), '{"a":[{"b":"]"}]}\n{}\n'],
  ["deep objects", bytesOf(DEEP, DEEP), `${DEEP}\n${DEEP}\n`],
  ["multi-byte characters", bytesOf('{"é":"€😀}"}ß€😀\n{}'), '{"é":"€😀}"}\nß€😀\n{}\n'],
  ["line separators that are none", bytesOf("a\u2028b\u0085c\rd\ve\n"), "a\u2028b\u0085c\rd\ve\n"],
  ["garbage lines", bytesOf('}{\n"{}"\n[{}]{}\n{}'), '}{\n"{}"\n[{}]{}\n{}\n'],
  ["an object left open", bytesOf('{"a":{"b":"\n{"c":1}{}\n'), '{"a":{"b":"\n{"c":1}\n{}\n'],
  ["garbage after an object", bytesOf('{"a":1}x{}\n{}'), '{"a":1}\nx{}\n{}\n'],
  ["a line left unfinished", bytesOf('{"a":1}\n{"b":'), '{"a":1}\n{"b":\n'],
  ["NUL", bytesOf('\0{"a":1}{}'), '\0{"a":1}\n{}\n'],
  ["a BOM before a framed object", bytesOf('\uFEFF{"a":1}\n\uFEFF{}\n'), '{"a":1}\n{}\n'],
  ["a BOM before an unframed object", bytesOf('\uFEFF{"a":1}{"b":2}'), '{"a":1}\n{"b":2}\n'],
  ["a BOM inside a line", bytesOf('{"a":"\uFEFF"}'), '{"a":"\uFEFF"}\n'],
  ["a lone continuation", bytesOf("{}\nok\n", 0x80, "\n{}\n"), "{}\nok\n", "not_utf8"],
  ["an overlong form", bytesOf("{}{", 0xc0, 0x80, "}{}"), "{}\n", "not_utf8"],
  ["a surrogate in UTF-8", bytesOf("a\n", 0xed, 0xa0, 0x80, "\nb\n"), "a\n", "not_utf8"],
  ["a code point past the last", bytesOf(0xf4, 0x90, 0x80, 0x80, "\n"), "", "not_utf8"],
  ["half a character at a line's end", bytesOf("a\n", 0xe2, 0x82, "\n", 0xac), "a\n", "not_utf8"],
  ["half a character at the end", bytesOf("a\n{", 0xf0, 0x9f, 0x98), "a\n", "not_utf8"],
];

Deno.test("LineFramer.push() ends lines at newlines, objects at their last brace", PURE, () => {
  for (const [what, input, lines, problem] of SHORT_CASES) {
    assertEquals(frame([input]), { lines, problem }, what);
  }
});

Deno.test("LineFramer.push() gives the same lines wherever the bytes are split", PURE, () => {
  for (const [what, input, lines, problem] of SHORT_CASES) {
    for (let at = 0; at <= input.length; at++) {
      const halves = [input.subarray(0, at), input.subarray(at)];
      assertEquals(frame(halves), { lines, problem }, `${what}, split at ${at}`);
    }
    for (let length = 1; length <= 7; length++) {
      const pieces = inPieces(input, length);
      assertEquals(frame(pieces), { lines, problem }, `${what}, in pieces of ${length}`);
    }
  }
});

Deno.test("LineFramer.push() gives a line with its last byte, not later", PURE, () => {
  for (const line of ['{"a":{"b":"}€"}}', "garbage\n", '{"a":\n', "[1]\r\n"]) {
    const bytes = encoder.encode(line);
    const framer = new LineFramer();
    assertEquals(framer.push(bytes.subarray(0, -1)), "", line);
    assertEquals(framer.push(bytes.subarray(-1)), line.replace(/\n?$/, "\n"), line);
    assertEquals(framer.end(), "", line);
  }
});

const FULL_LINE = "x".repeat(LIMITS.line);
const FULL_OBJECT = `{"a":"${"é".repeat((LIMITS.line - 8) / 2)}"}`;

const LONG_CASES: typeof SHORT_CASES = [
  ["a line at the limit", bytesOf("a\n", FULL_LINE, "\nb\n"), `a\n${FULL_LINE}\nb\n`],
  ["a line at the limit, unended", bytesOf("a\n", FULL_LINE), `a\n${FULL_LINE}\n`],
  ["a line over the limit", bytesOf("a\n", FULL_LINE, "x\nb\n"), "a\n", "line_too_long"],
  ["a line over the limit, unended", bytesOf("a\n", FULL_LINE, "x"), "a\n", "line_too_long"],
  ["a CR over the limit", bytesOf("a\n", FULL_LINE, "\r\n"), "a\n", "line_too_long"],
  ["an object at the limit", bytesOf("{}", FULL_OBJECT, "{}"), `{}\n${FULL_OBJECT}\n{}\n`],
  ["a framed object at the limit", bytesOf(FULL_OBJECT, "\n{}"), `${FULL_OBJECT}\n{}\n`],
  ["an object over the limit", bytesOf("{} ", FULL_OBJECT, "{}"), "{}\n", "line_too_long"],
  ["spaces over the limit", bytesOf("a\n", " ".repeat(LIMITS.line + 1)), "a\n", "line_too_long"],
  ["lines at the limit in a row", bytesOf(FULL_LINE, "\n", FULL_LINE), `${FULL_LINE}\n`.repeat(2)],
];

Deno.test("LineFramer.push() takes lines up to the limit and none that is longer", PURE, () => {
  assertEquals(encoder.encode(FULL_OBJECT).length, LIMITS.line);
  for (const [what, input, lines, problem] of LONG_CASES) {
    for (const length of [1, 4096, LIMITS.line - 1, LIMITS.line, LIMITS.line + 1, input.length]) {
      const framed = frame(inPieces(input, length));
      assert(framed.lines === lines, `${what}, in pieces of ${length}`); // A diff would be huge.
      assertEquals(framed.problem, problem, `${what}, in pieces of ${length}`);
    }
  }
});

Deno.test("LineFramer.push() gives nothing more after a problem", PURE, () => {
  const broken = {
    line_too_long: bytesOf(FULL_LINE, "x"),
    not_utf8: bytesOf(0xff, "\n"),
  };
  for (const [problem, bytes] of Object.entries(broken)) {
    const framer = new LineFramer();
    framer.push(bytes);
    assertEquals(framer.problem as string, problem);
    for (const more of [bytesOf("\n"), bytesOf("{}\n"), broken.not_utf8, broken.line_too_long]) {
      assertEquals(framer.push(more), "");
      assertEquals(framer.problem as string, problem);
    }
    assertEquals(framer.end(), "");
  }
});

Deno.test("LineFramer.push() keeps no view of the bytes that it was given", PURE, () => {
  const framer = new LineFramer();
  const buffer = bytesOf('{"a":');
  assertEquals(framer.push(buffer), "");
  buffer.fill(0x21);
  assertEquals(framer.push(bytesOf("1}")), '{"a":1}\n');
});

Deno.test("LineFramer holds no more than the limit of a line without an end", PURE, () => {
  const piece = new Uint8Array(4096).fill(0x20);
  const framer = new LineFramer();
  const before = Deno.memoryUsage().external;
  for (let sent = 0; sent < 10_000_000; sent += piece.length) {
    assertEquals(framer.push(piece), "");
    assertEquals(framer.problem, sent < LIMITS.line ? undefined : "line_too_long");
  }
  assertLess(Deno.memoryUsage().external - before, 1_000_000);
});

/** A peer that sends `bytes` and ends; like a socket it fills the reader's one buffer. */
function peer(bytes: Uint8Array): Read {
  let at = 0;
  return (buffer) => {
    const piece = bytes.subarray(at, at + buffer.length);
    buffer.fill(0).set(piece);
    at += piece.length;
    return Promise.resolve(piece.length === 0 ? null : piece.length);
  };
}

Deno.test("readLines() gives the same lines whatever the size of its buffer", PURE, async () => {
  const input = bytesOf("\uFEFF{}\r\none\r\n\r\n{}{}\nß€😀\n", FULL_OBJECT, "\r\nunfinished €");
  const lines = ["{}", "one", "{}", "{}", "ß€😀", FULL_OBJECT, "unfinished €"];
  for (const size of [1, 2, 3, 7, 100_000, undefined]) {
    const framer = new LineFramer();
    assertEquals(await Array.fromAsync(readLines(peer(input), framer, size)), lines);
    assertEquals(framer.problem, undefined);
  }
});

Deno.test("readLines() ends where the framing breaks, after the good lines", PURE, async () => {
  const packet = bytesOf("a\n{", 0xff, "}b\n");
  let reads = 0;
  const framer = new LineFramer();
  const lines = readLines((buffer) => {
    reads++;
    buffer.set(packet);
    return Promise.resolve(packet.length);
  }, framer);
  assertEquals(await Array.fromAsync(lines), ["a"]);
  assertEquals(framer.problem, "not_utf8");
  assertEquals(reads, 1);

  const endless = new LineFramer();
  const tooLong = bytesOf("a\n", FULL_LINE, "x\nb\n");
  assertEquals(await Array.fromAsync(readLines(peer(tooLong), endless)), ["a"]);
  assertEquals(endless.problem, "line_too_long");
});

Deno.test("readLines() fails as `read` fails, after the lines before", PURE, async () => {
  const reset = new Deno.errors.ConnectionReset("by the peer");
  const first = peer(bytesOf('{"a":1}\n{"b"'));
  let reads = 0;
  const reader = readLines(
    (buffer) => reads++ === 0 ? first(buffer) : Promise.reject(reset),
    new LineFramer(),
  )
    .getReader();
  assertEquals(await reader.read(), { done: false, value: '{"a":1}' });
  assertStrictEquals(await assertRejects(() => reader.read()), reset);
  assertStrictEquals(await assertRejects(() => reader.closed), reset);
  assertEquals(reads, 2);
});

Deno.test("readLines() can be cancelled while `read` waits, and reads no more", PURE, async () => {
  const arrivals: PromiseWithResolvers<number | null>[] = [];
  const reader = readLines((buffer) => {
    buffer.set(encoder.encode("{}\n"));
    const arrival = Promise.withResolvers<number | null>();
    arrivals.push(arrival);
    return arrival.promise;
  }, new LineFramer()).getReader();
  const pending = reader.read();
  await turns();
  await reader.cancel();
  assert((await pending).done);
  assertEquals(arrivals.length, 1);
  arrivals[0]?.resolve(3);
  await turns();
  assertEquals(arrivals.length, 1);
});

Deno.test("readLines() reads a packet or two ahead while nobody takes lines", PURE, async () => {
  let reads = 0;
  const reader = readLines((buffer) => {
    reads++;
    buffer.set(encoder.encode("{}\n"));
    return Promise.resolve(3);
  }, new LineFramer()).getReader();
  await turns();
  assert(reads <= 2, `${reads} reads`);
  for (let line = 0; line < 5; line++) assertEquals((await reader.read()).value, "{}");
  await turns();
  assert(reads <= 7, `${reads} reads`);
  await reader.cancel();
});

/** Runs all pending microtasks. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 1000; turn++) await undefined;
}
