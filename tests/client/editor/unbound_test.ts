/** Bytes that are no key of ours change nothing: neither the line, nor the cursor, nor what is sent. */

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { KeyParser } from "../../../client/editor/keys.ts";
import { EMPTY_INPUT, type LineInput, press } from "../../../client/editor/line_input.ts";
import { PURE } from "../../fixtures/pure.ts";

const KNOWN = { rooms: ["General"], otherRooms: [], people: ["Bob"], banned: [] };

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (byte) => byte.charCodeAt(0));
}

const byteIn = (first: number, last: number) =>
  fc.integer({ min: first, max: last }).map((code) => String.fromCharCode(code));
const bytes = (first: number, last: number, maxLength = 8) =>
  fc.array(byteIn(first, last), { maxLength }).map((all) => all.join(""));
const digits = fc.nat({ max: 99_999 }).map(String);
const parameters = bytes(0x30, 0x3f);

/** The introducer of `letter`: ESC and it, or the C1 control, raw or in UTF-8. */
const c1 = (letter: string) => {
  const control = String.fromCharCode(letter.charCodeAt(0) + 0x40);
  return fc.constantFrom(`\x1b${letter}`, control, `\xc2${control}`);
};
const csi = c1("[");

/** UTF-8 too, since the title of a window is a person's. */
const content = fc.array(
  fc.oneof(byteIn(0x20, 0x7e), fc.constantFrom("\xe6\x9c\xac", "\xc3\xa9", "\r", "\n", "\t")),
  { maxLength: 20 },
).map((all) => all.join(""));
const terminator = fc.constantFrom("\x1b\\", "\x9c", "\xc2\x9c", "\x18", "\x1a");

const SEQUENCES = {
  "an unknown final": fc.tuple(csi, parameters, byteIn(0x40, 0x7e))
    .filter(([, , final]) => !"ABCDFHIMORZu[~".includes(final)),
  "intermediates": fc.tuple(csi, parameters, bytes(0x20, 0x2f, 3), byteIn(0x40, 0x7e))
    .filter(([, , intermediates]) => intermediates !== ""),
  "a private parameter": fc.tuple(csi, byteIn(0x3c, 0x3f), parameters, byteIn(0x40, 0x7e))
    .filter(([, , parameters, final]) => parameters !== "" || !"[".includes(final)),
  "a wrong order": fc.tuple(csi, bytes(0x20, 0x2f, 2), parameters, byteIn(0x40, 0x7e))
    .filter(([, intermediates]) => intermediates !== ""),
  "many parameters": fc.tuple(csi, digits, fc.constant(";"), digits, fc.constant(";"), digits)
    .map((all) => `${all.join("")};7A`),
  "a released key": fc.tuple(
    csi,
    digits,
    fc.constantFrom(";1:3", ";5:3"),
    fc.constantFrom("u", "~"),
  )
    .map((all) => all.join("")),
  "a released arrow": fc.tuple(csi, fc.constantFrom("1;1:3A", "1;2:3H", "1;129:3D")),
  "Super, Hyper, Meta": fc.tuple(
    csi,
    fc.constantFrom("13;9u", "97;17u", "127;33u", "3;9~", "1;9A"),
  ),
  "a key without a character": fc.tuple(csi, fc.integer({ min: 57_428, max: 63_743 }))
    .map((all) => `${all.join("")}u`),
  "a function key": fc.tuple(
    csi,
    fc.constantFrom("11~", "24;5~", "P", "1;2S", "[A", "[E", "5~", "E"),
  ),
  "a wheel turn": fc.tuple(csi, fc.constantFrom("<64;1;5M", "<0;10;300m", "64;1;5M", "<35;1;1M")),
  "an X10 mouse report": fc.tuple(csi, fc.constant("M"), byteIn(0x20, 0xff), byteIn(0x20, 0xff))
    .chain((begun) => byteIn(0x20, 0xff).map((last) => begun.join("") + last)),
  "a report": fc.tuple(csi, fc.constantFrom("24;80R", "?1;2c", "0n", "?2026;2$y", ">0;276;0c")),
  "a single shift": fc.tuple(c1("O"), fc.constantFrom("P", "Q", "1;5S", "5R", "a", "E", "z", "I")),
  "the other single shift": fc.tuple(c1("N"), byteIn(0x20, 0x7e)),
  "an OSC": fc.tuple(c1("]"), content, fc.oneof(terminator, fc.constant("\x07"))),
  "a string": fc.tuple(fc.constantFrom("P", "X", "^", "_").chain(c1), content, terminator),
  "another C1 control": fc.tuple(byteIn(0x80, 0x9f)).filter(([control]) =>
    !"\x8e\x8f\x90\x98\x9b\x9d\x9e\x9f".includes(control)
  ),
  "an end of a paste": fc.tuple(csi, fc.constant("201~")),
  "a broken CSI": fc.tuple(csi, parameters, fc.constantFrom("\x18", "\x1a")),
  "an escape sequence": fc.tuple(fc.constant("\x1b"), byteIn(0x20, 0x2f), byteIn(0x30, 0x7e)),
} as const;

const unbound = fc.oneof(
  ...Object.values<fc.Arbitrary<string | string[]>>(
    SEQUENCES as unknown as Record<string, fc.Arbitrary<string | string[]>>,
  ).map((each) => each.map((parts) => typeof parts === "string" ? parts : parts.join(""))),
);

/** A line with the cursor inside, something to undo and something to yank. */
function typedLine(): LineInput {
  const keys = ["\x15", "kept", "\x15", "half a line", "\x1bb"];
  return keys.reduce((input, each) => feed(new KeyParser(), input, each), EMPTY_INPUT);
}

/** The line after the bytes; throws when they do more than edit it. */
function feed(parser: KeyParser, input: LineInput, text: string): LineInput {
  return pressed(input, parser.push(bytesOf(text)));
}

function pressed(input: LineInput, keys: ReturnType<KeyParser["push"]>): LineInput {
  return keys.reduce((line, key) => {
    const [next, outcome] = press(line, key, () => KNOWN);
    assertEquals(outcome, undefined, JSON.stringify(key));
    return next;
  }, input);
}

function lineOf({ editor: { text, cursor } }: LineInput): string {
  return `${text.slice(0, cursor)}|${text.slice(cursor)}`;
}

const LINE = "half a |line";

Deno.test("a sequence that no key of ours has changes nothing", PURE, () => {
  fc.assert(
    fc.property(unbound, (sequence) => {
      const parser = new KeyParser();
      const line = feed(parser, typedLine(), sequence);
      assertEquals(lineOf(line), LINE);
      assertEquals(parser.waiting, "nothing");
      assertEquals(lineOf(feed(parser, line, "x")), "half a x|line");
    }),
    { numRuns: 3_000 },
  );
});

Deno.test("a sequence that no key of ours has changes nothing, cut anywhere", PURE, () => {
  fc.assert(
    fc.property(unbound, fc.nat(), (sequence, at) => {
      const parser = new KeyParser();
      const cut = at % (sequence.length + 1);
      const line = feed(
        parser,
        feed(parser, typedLine(), sequence.slice(0, cut)),
        sequence.slice(cut),
      );
      assertEquals(lineOf(feed(parser, line, "x")), "half a x|line");
    }),
    { numRuns: 3_000 },
  );
});

Deno.test("a sequence whose rest never comes changes nothing", PURE, () => {
  fc.assert(
    fc.property(unbound, fc.nat(), (sequence, at) => {
      const parser = new KeyParser();
      const begun = feed(parser, typedLine(), sequence.slice(0, at % sequence.length));
      assertEquals(lineOf(pressed(begun, parser.flush())), LINE);
      assertEquals(parser.waiting, "nothing");
    }),
    { numRuns: 3_000 },
  );
});

Deno.test("a mouse report whose rest comes late changes nothing", PURE, () => {
  for (const sequence of ["\x1b[<64;1;5M", "\x1b[M !!", "\x1b[1;9A", "\x1b]11;rgb:0/0/0\x07"]) {
    for (let cut = 1; cut < sequence.length - 1; cut++) {
      const parser = new KeyParser();
      const begun = feed(parser, typedLine(), sequence.slice(0, cut));
      const line = feed(parser, pressed(begun, parser.flush()), sequence.slice(cut));
      assertEquals(lineOf(line), LINE, `${JSON.stringify(sequence)} cut at ${cut}`);
    }
  }
});

Deno.test("a paste whose end comes late stays one paste, and sends nothing", PURE, () => {
  const parser = new KeyParser();
  const begun = feed(parser, EMPTY_INPUT, "\x1b[200~one\r");
  const line = feed(parser, pressed(begun, parser.flush()), "two\r\x1b[201~");
  assertEquals(line.editor.text, "one\ntwo\n");
});

Deno.test(
  "what is typed after Escape, or after a sequence that was given up, is typed",
  PURE,
  () => {
    for (
      const [before, after] of [["\x1b", "OK [x] (y)"], ["\x1b", "[draft] of it"], [
        "\x1b]",
        "typed",
      ]]
    ) {
      const parser = new KeyParser();
      const begun = feed(parser, EMPTY_INPUT, before ?? "");
      const line = feed(parser, pressed(begun, parser.flush()), after ?? "");
      assertEquals(line.editor.text, after);
    }
  },
);

Deno.test("a character gives itself in every encoding", PURE, () => {
  const character = fc.integer({ min: 0x20, max: 0x10ffff }).map((code) => ({ code }))
    .filter(({ code }) => !/[\p{Cc}\p{Cs}\uE000-\uF8FF]/u.test(String.fromCodePoint(code)));
  fc.assert(fc.property(character, ({ code }) => {
    const typed = String.fromCodePoint(code);
    for (const sequence of [`\x1b[${code}u`, `\x1b[27;1;${code}~`, `\x1b[0;;${code}u`]) {
      const keys = new KeyParser().push(bytesOf(sequence));
      assertEquals(keys, [{ kind: "text", text: typed }], sequence);
    }
  }));
});

Deno.test("any bytes leave the parser able to take the next key", PURE, () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (input) => {
    const parser = new KeyParser();
    parser.push(input);
    for (let flushes = 0; parser.waiting !== "nothing"; flushes++) {
      parser.flush();
      assertEquals(flushes < 3, true);
    }
  }));
});
