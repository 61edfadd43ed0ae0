import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  closeFrame,
  type Closing,
  FrameReader,
  pongFrame,
  textFrame,
} from "../../../server/web/websocket_frames.ts";
import { clientFrame } from "../../fixtures/web.ts";
import { PURE } from "../../fixtures/pure.ts";

/** Reads bytes in pieces of these sizes, over and over; gives the messages' bytes and what else came. */
function read(bytes: Uint8Array, sizes: readonly number[] = [512]) {
  const reader = new FrameReader();
  const decoder = new TextDecoder();
  const pings: string[] = [];
  let text = "";
  const buffer = new Uint8Array(Math.max(...sizes));
  for (let at = 0, turn = 0; at < bytes.length && reader.closing === undefined; turn++) {
    const piece = bytes.subarray(at, at + (sizes[turn % sizes.length] as number));
    buffer.set(piece);
    text += decoder.decode(buffer.subarray(0, reader.push(buffer, piece.length)), { stream: true });
    if (reader.owesNewline && piece.length === buffer.length) {
      text += "\n";
      reader.owesNewline = false;
    }
    if (reader.ping !== undefined) pings.push(new TextDecoder().decode(reader.ping));
    reader.ping = undefined;
    at += piece.length;
  }
  return { text, pings, closing: reader.closing };
}

function joined(...parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(parts.flatMap((part) => [...part]));
}

Deno.test(
  "messages come out as lines, whatever their lengths, fragments and cuts are",
  PURE,
  () => {
    const messages = fc.array(
      fc.array(fc.string({ unit: "grapheme", maxLength: 300 }), { minLength: 1, maxLength: 4 }),
    );
    const sizes = fc.array(fc.integer({ min: 1, max: 600 }), { minLength: 1, maxLength: 5 });
    fc.assert(fc.property(messages, sizes, fc.boolean(), (all, cuts, isPinging) => {
      const frames = all.flatMap((fragments) =>
        fragments.flatMap((fragment, index) => {
          const isLast = index === fragments.length - 1;
          const first = (isLast ? 0x80 : 0) | (index === 0 ? 1 : 0);
          const frame = clientFrame(fragment, first);
          return isPinging ? [clientFrame(`p${index}`, 0x89), frame] : [frame];
        })
      );
      const { text, closing } = read(joined(...frames), cuts);
      // Blank lines mean nothing: messages without a byte may share one newline.
      const lines = (given: string) => given.replace(/\n+/g, "\n").replace(/^\n|\n$/g, "");
      assertEquals(lines(text), lines(all.map((fragments) => fragments.join("") + "\n").join("")));
      assertEquals(closing, undefined);
    }));
  },
);

Deno.test("a message of each length form comes out whole", PURE, () => {
  for (const length of [0, 1, 125, 126, 127, 65_535, 65_536, 200_000]) {
    const text = "x".repeat(length);
    assertEquals(read(clientFrame(text), [16_384]).text, `${text}\n`);
  }
});

/** Frames that end the connection, with the close frame's code. */
const BROKEN: [what: string, frame: number[], code: number][] = [
  ["no mask", [0x81, 0x01, 0x61], 1002],
  ["a reserved bit", [0xc1, 0x80, 0, 0, 0, 0], 1002],
  ["binary", [0x82, 0x80, 0, 0, 0, 0], 1003],
  ["an unknown opcode", [0x83, 0x80, 0, 0, 0, 0], 1002],
  ["an unknown control opcode", [0x8b, 0x80, 0, 0, 0, 0], 1002],
  ["a fragmented ping", [0x09, 0x80, 0, 0, 0, 0], 1002],
  ["a long ping", [0x89, 0xfe, 0, 126, 0, 0, 0, 0], 1002],
  ["a continuation of nothing", [0x80, 0x80, 0, 0, 0, 0], 1002],
  ["a message within a message", [0x01, 0x80, 0, 0, 0, 0, 0x81, 0x80, 0, 0, 0, 0], 1002],
  ["a length of 2^63", [0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], 1009],
  ["one byte of a close code", [0x88, 0x81, 0, 0, 0, 0, 3], 1002],
  ["a close code that is never sent", [0x88, 0x82, 0, 0, 0, 0, 0x03, 0xee], 1002],
];

Deno.test(
  "a frame that breaks the protocol ends the connection with its code and a reason",
  PURE,
  () => {
    for (const [what, frame, code] of BROKEN) {
      for (const size of [1, 512]) {
        const { closing, text } = read(Uint8Array.from(frame), [size]);
        assertEquals([closing?.code, text.trim()], [code, ""], what);
        assert(closing?.reason !== "", what);
      }
    }
  },
);

Deno.test("a close frame is answered with its code", PURE, () => {
  const closingOf = (...payload: number[]) =>
    read(clientFrame(Uint8Array.from(payload), 0x88)).closing;
  assertEquals(closingOf(), { code: 1000, reason: "" });
  assertEquals(closingOf(0x03, 0xe9, 0x62), { code: 1001, reason: "" });
  assertEquals(closingOf(0x0f, 0xa0), { code: 4000, reason: "" });
});

Deno.test(
  "pings come out with their payloads; a hundred frames that carry nothing are the most",
  PURE,
  () => {
    const ping = clientFrame("are you there?", 0x89);
    assertEquals(read(ping, [1]).pings, ["are you there?"]);
    for (const empty of [ping, clientFrame("", 0x8a), clientFrame("", 0x01)]) {
      const frames = [empty, ...Array(100).fill(empty[0] === 0x01 ? clientFrame("", 0x00) : empty)];
      assertEquals(read(joined(...frames.slice(0, 100))).closing, undefined);
      assertEquals(read(joined(...frames)).closing?.code, 1008);
      assertEquals(
        read(
          joined(
            ...frames.slice(0, 100),
            clientFrame("x", empty[0] === 0x01 ? 0x80 : 0x81),
            ...frames.slice(0, 100),
          ),
        ).closing,
        undefined,
      );
    }
  },
);

Deno.test("no bytes make the reader throw, or give more bytes than came", PURE, () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 200 }),
      fc.integer({ min: 1, max: 64 }),
      (bytes, size) => {
        const reader = new FrameReader();
        for (let at = 0; at < bytes.length; at += size) {
          const buffer = bytes.slice(at, at + size);
          const owed = reader.owesNewline ? 1 : 0;
          assert(reader.push(buffer, buffer.length) <= buffer.length + owed);
        }
      },
    ),
    { numRuns: 5000 },
  );
});

Deno.test("frames say their lengths, and are not masked", PURE, () => {
  const headOf = (length: number) => [...textFrame(new Uint8Array(length))].slice(0, 10);
  assertEquals(headOf(125).slice(0, 3), [0x81, 125, 0]);
  assertEquals(headOf(126).slice(0, 5), [0x81, 126, 0, 126, 0]);
  assertEquals(headOf(65_536), [0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]);
  assertEquals([...pongFrame(Uint8Array.of(7))], [0x8a, 1, 7]);
  assertEquals([...closeFrame({ code: 1001, reason: "é" })], [0x88, 4, 0x03, 0xe9, 0xc3, 0xa9]);
  const long: Closing = { code: 1002, reason: "é".repeat(100) };
  assertEquals(closeFrame(long).length, 2 + 2 + 122);
});
