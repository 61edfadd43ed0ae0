/** The pure parts of the page: texts, places, and the window onto a room. */

import { assert, assertEquals, assertLess } from "@std/assert";
import type { Item } from "../../core/chat/items.ts";
import type { MessagePayload } from "../../protocol/mod.ts";
import { codeInHash, hashOf, keyOf, Places, roomInHash } from "../../web/model/places.ts";
import { hueOf, piecesOf } from "../../web/model/text.ts";
import { MOST_ROWS, rowOf, Timeline } from "../../web/model/timeline.ts";
import { PURE } from "../fixtures/pure.ts";

function message(seq: number): MessagePayload {
  return { sender: "Bob", room: "General", text: `text ${seq}`, seq, at: seq };
}

function item(seq: number): Item {
  return { kind: "message", message: message(seq), own: false, mention: false, past: false };
}

function page(from: number, to: number) {
  const messages = Array.from({ length: to - from + 1 }, (_, index) => message(from + index));
  return { messages, items: messages.map(({ seq }) => item(seq)) };
}

function seqs({ rows }: Timeline): (number | undefined)[] {
  return rows.map(({ seq }) => seq);
}

Deno.test("piecesOf() links https and http alone, as they are opened", PURE, () => {
  const links: [string, string[]][] = [
    ["see https://example.org/a_(b), and more.", ["https://example.org/a_(b)"]],
    ["(http://example.org)", ["http://example.org/"]],
    ["javascript:alert(1) data:text/html,x file:///etc/passwd ftp://x.org", []],
    // A host behind a user's name is not the one that is read.
    ["https://bank.example@evil.example/", []],
    ["https://", []],
    ["https://exаmple.org", ["https://xn--exmple-4nf.org/"]],
    ["https://example.org/\u202Egnp.exe", ["https://example.org/"]],
  ];
  for (const [text, hrefs] of links) {
    const found = piecesOf(text, undefined).flatMap((each) =>
      each.kind === "link" ? [each.href] : []
    );
    assertEquals(found, hrefs, text);
  }
});

Deno.test("piecesOf() shows a host of other letters in punycode", PURE, () => {
  const [, link] = piecesOf("to https://exаmple.org", undefined);
  assertEquals(link?.text, "https://xn--exmple-4nf.org/");
});

Deno.test("piecesOf() loses nothing of a text, and marks the name", PURE, () => {
  const text = "Anna, see https://example.org/Anna: it is Anna's.\n\tYours";
  const pieces = piecesOf(text, "Anna");
  assertEquals(pieces.map(({ text }) => text).join(""), text.replace("\t", "    "));
  assertEquals(pieces.filter(({ kind }) => kind === "mention").length, 2);
});

Deno.test("piecesOf() shows what acts on a text as a mark", PURE, () => {
  const [piece] = piecesOf("\u202Etxt.exe \u0007\u200B", undefined);
  assertEquals(piece?.text, "<U+202E>txt.exe ␇<U+200B>");
});

Deno.test("a window grows with what comes, and loses its beginning", PURE, () => {
  const timeline = new Timeline();
  for (let seq = 1; seq <= 300; seq++) timeline.add(rowOf(item(seq)), 200, true);
  assertLess(timeline.rows.length, 221);
  assertEquals([timeline.last, timeline.isLive, timeline.isWhole], [300, true, false]);
  assertEquals(timeline.first, seqs(timeline)[0]);
});

Deno.test(
  "a window whose reader is elsewhere keeps what is read, and counts what comes",
  PURE,
  () => {
    const timeline = new Timeline();
    for (let seq = 1; seq <= 300; seq++) timeline.add(rowOf(item(seq)), 200, false);
    assertEquals([timeline.first, timeline.isLive], [1, false]);
    assertEquals(timeline.rows.length + timeline.missed, 300);
  },
);

Deno.test("a window moves up and down through history without a gap", PURE, () => {
  const timeline = new Timeline();
  const { shown } = MOST_ROWS;
  timeline.append(page(shown - 49, shown), true);
  for (let first = shown - 49; first > 1; first -= 50) {
    timeline.prepend(page(first - 50, first - 1), first > 51);
  }
  assertEquals([timeline.first, timeline.isWhole], [1, true]);
  assertEquals(timeline.rows.length, shown);
  timeline.append(page(shown + 1, shown + 50), true);
  assertEquals([timeline.first, timeline.last, timeline.isWhole], [51, shown + 50, false]);
  assertEquals(seqs(timeline), Array.from({ length: shown }, (_, index) => 51 + index));
  timeline.prepend(page(1, 50), false);
  assertEquals([timeline.last, timeline.isLive], [shown, false]);
});

Deno.test("a window begins anew where the room's log does", PURE, () => {
  const timeline = new Timeline();
  for (const seq of [7, 8, 9, 1, 2]) timeline.add(rowOf(item(seq)), 200, true);
  assertEquals(seqs(timeline), [1, 2]);
});

Deno.test("a room and a person of one name are two places", PURE, () => {
  const places = new Places();
  assert(places.of({ room: "Ops" }) !== places.of({ to: "ops" }));
  assertEquals(places.of({ room: "Ops" }), places.of({ room: "OPS" }));
  assertEquals(keyOf({ to: "ALICE" }), keyOf({ to: "alice" }));
});

Deno.test("a room survives its way through an address", PURE, () => {
  for (const room of ["General", "Über uns", "a/b#c?d&e", "50 %", "日本", "🙏"]) {
    assertEquals(roomInHash(hashOf(new Places().of({ room }))), room);
  }
  assertEquals(roomInHash("#Ops?code=abc"), "Ops");
  assertEquals(codeInHash("#Ops?code=a%26bc"), "a&bc");
  assertEquals([codeInHash("#Ops"), codeInHash("#Ops?code="), codeInHash("")], [
    undefined,
    undefined,
    undefined,
  ]);
  assertEquals(roomInHash("#%"), undefined);
  assertEquals(roomInHash(""), undefined);
});

/** sRGB of an oklch color (CSS Color 4, 9), 0 to 1 and clipped. */
function rgbOf(lightness: number, chroma: number, hue: number): [number, number, number] {
  const [a, b] = [Math.cos, Math.sin].map((each) => chroma * each(hue * Math.PI / 180)) as [
    number,
    number,
  ];
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const linear = [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
  return linear.map((each) => Math.min(1, Math.max(0, each))) as [number, number, number];
}

/** Contrast by WCAG 2.2; the ground is sRGB, 0 to 255. */
function contrast(text: [number, number, number], ground: number[]): number {
  const weigh = ([red, green, blue]: number[]) => 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
  const linear = ground.map((each) => {
    const share = each / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  const [one, other] = [weigh(text), weigh(linear)];
  return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
}

Deno.test("every name's color has a contrast of 4.5 : 1 on every ground of the page", PURE, () => {
  const light = [[255, 255, 255], [0xf3, 0xf4, 0xf7], [0xec, 0xee, 0xf3], [0xff, 0xf3, 0xcf]];
  const dark = [[0x16, 0x18, 0x1d], [0x10, 0x12, 0x16], [0x23, 0x26, 0x2e], [0x38, 0x30, 0x1a]];
  for (let hue = 0; hue < 360; hue += 15) {
    for (const ground of light) assert(contrast(rgbOf(0.46, 0.13, hue), ground) >= 4.5, `${hue}`);
    for (const ground of dark) assert(contrast(rgbOf(0.80, 0.13, hue), ground) >= 4.5, `${hue}`);
    assert(contrast(rgbOf(0.38, 0.12, hue), [229, 219, 255]) >= 4.5, `${hue}`);
  }
  assertEquals(new Set(Array.from({ length: 999 }, (_, index) => hueOf(`name ${index}`))).size, 24);
});
