import { assert, assertEquals, assertMatch } from "@std/assert";
import { localClock } from "../../../client/display/clock.ts";
import {
  channelsOf,
  colorDepth,
  luminance,
  NAME_COLORS,
  styler,
} from "../../../client/display/colors.ts";
import type { Item, MessageItem } from "../../../core/chat/items.ts";
import { format, label, plainText } from "../../../client/display/format.ts";
import { clusterWidth, textWidth, truncate } from "../../../client/editor/width.ts";
import { wrap } from "../../../client/display/wrap.ts";
import type { Act } from "../../../protocol/mod.ts";
import { PURE } from "../../fixtures/pure.ts";

const BARE = styler("none");

function message(text: string, sender = "Bob", room = "General"): MessageItem {
  const payload = { sender, room, text, seq: 1, at: 0 };
  return { kind: "message", message: payload, own: false, mention: false, past: false };
}

function plain(item: Item): string[] {
  return format(item, "Alice").map(plainText);
}

/** An act in Tea of Alice, as it is shown. */
function acted(act: Act | undefined, sender = "Al"): string {
  const at = { sender, room: "Tea", text: "did it", seq: 1, at: 0, kind: "act" } as const;
  const payload = act === undefined ? at : { ...at, act };
  const [line = ""] = plain({ ...message(""), message: payload });
  return line.replace(/\d{4}-\d\d-\d\d \d\d:\d\d/, "TIME");
}

Deno.test("an act is a line made of its fields, or else of the server's words", PURE, () => {
  const cases: [Act, string][] = [
    [{ event: "kicked", name: "Bob" }, "Al has kicked Bob"],
    [{ event: "kicked", name: "Bob", reason: "a\nb" }, "Al has kicked Bob: a⏎b"],
    [{ event: "banned", name: "Bob", until: 1e12 }, "Al has banned Bob until TIME"],
    [{ event: "banned", name: "B: x" }, 'Al has banned "B: x" for ever'],
    [{ event: "muted", name: "Bob", until: 1e300 }, "Al has muted Bob until ?"],
    [{ event: "unbanned", name: "Bob" }, "Al has lifted the ban of Bob"],
    [{ event: "role", name: "Bob", role: "owner" }, "Al has made Bob an owner"],
    [{ event: "invited", name: "Bob" }, "Al has invited Bob"],
    [
      { event: "invited", uses: 2, until: 1e12 },
      "Al has made an invitation for 2 uses until TIME",
    ],
    [
      { event: "configured", access: "moderated", slow: 0, topic_by: "all" },
      "Al has changed the room: moderated; no slow mode; all may set the topic",
    ],
  ];
  for (const [act, expected] of cases) assertEquals(acted(act), `[Tea] -- ${expected}`);
  assertEquals(acted(undefined), "[Tea] -- Al did it");
  for (const event of ["painted", "constructor"]) {
    assertEquals(acted({ event } as unknown as Act), "[Tea] -- Al did it");
  }
});

Deno.test("a room that is not open says so in the list", PURE, () => {
  const room = { room: "Tea", members: 3, topic: "x" };
  const rooms = [room, { ...room, access: "invite", topic: "" } as const];
  assertEquals(plain({ kind: "rooms", rooms }), [
    "-- Tea (3): x",
    "-- Tea (3, for invited people)",
  ]);
});

function rows(text: string, columns: number): string[] {
  return format(message(text), "Alice").flatMap((line) => wrap(line, columns, BARE, "14:03"));
}

Deno.test("each kind of item is one finished line, as --plain promises", PURE, () => {
  const cases: [Item, string[]][] = [
    [message("hi"), ["[General] Bob: hi"]],
    [message("one\ntwo\r\nthree"), ["[General] Bob: one⏎two⏎three"]],
    [message("/me waves"), ["[General] * Bob waves"]],
    [
      {
        kind: "direct",
        direct: { sender: "Bob", to: "Al", text: "psst", seq: 1, at: 0 },
        own: false,
      },
      ["[Bob > Al] psst"],
    ],
    [
      { kind: "happened", what: { event: "joined", name: "Bob" }, room: "Lab", at: 0 },
      ["[Lab] -- Bob has joined the room."],
    ],
    [
      {
        kind: "happened",
        what: { event: "renamed", name: "Bob", newName: "Rob" },
        room: "Lab",
        at: 0,
      },
      ["[Lab] -- Bob is now Rob."],
    ],
    [
      { kind: "happened", what: { event: "topic", name: "Bob", topic: "x" }, room: "Lab", at: 0 },
      ["[Lab] -- Bob has set the topic: x"],
    ],
    [
      {
        kind: "happened",
        what: { event: "other", message: "The server stops" },
        room: undefined,
        at: 0,
      },
      ["-- The server stops"],
    ],
    [{ kind: "notice", text: "a\nb" }, ["-- a⏎b"]],
    [{ kind: "problem", text: "wrong" }, ["!! wrong"]],
    [
      { kind: "failed", target: { room: "Lab" }, text: "gone", reason: "why" },
      ["!! Not sent to Lab: gone", "!! why"],
    ],
    [{ kind: "people", room: "Lab", names: ["A", "B b"] }, ["-- 2 in Lab: A, B b"]],
    [
      {
        kind: "rooms",
        rooms: [{ room: "Lab", members: 2, topic: "" }, { room: "X", members: 1, topic: "t" }],
      },
      ["-- Lab (2)", "-- X (1): t"],
    ],
    [{ kind: "unread", rooms: [] }, ["-- Nothing is unread"]],
    [
      { kind: "unread", rooms: [{ room: "Lab", seq: 9, unread: 3, mentions: 1 }] },
      ["-- Lab: 3 unread, 1 with your name"],
    ],
    [
      { kind: "mark", mark: { room: "Lab", seq: 9, unread: 3, mentions: 0 } },
      ["-- Lab: 3 unread"],
    ],
    [{ kind: "found", messages: [] }, ["-- Nothing found"]],
    [
      { kind: "found", messages: [message("new").message, message("old").message] },
      ["#2 [General] Bob: old", "#1 [General] Bob: new"],
    ],
    [{ kind: "help", rows: [["/a", "does a"], ["/bcd", "does b"]], isWhole: true }, [
      "-- /a    does a",
      "-- /bcd  does b",
    ]],
  ];
  for (const [item, expected] of cases) assertEquals(plain(item), expected);
});

Deno.test("a name or a room that could be misread stands in quotation marks", PURE, () => {
  for (const name of ["Alice", "Zoë", "日本", "Mary Ann", "x.y_z-1", "O'Brien", "👩‍👩‍👧", "🦕 dino"]) {
    assertEquals(label(name), name);
  }
  const quoted: [string, string][] = [
    ["Alice: hi", '"Alice: hi"'],
    ["General] Alice", '"General] Alice"'],
    ["* Bob", '"* Bob"'],
    ["-- Bob", '"-- Bob"'],
    ["a > b", '"a > b"'],
    ['"x"', "\"'x'\""],
    ["Bob has joined. Eve", '"Bob has joined. Eve"'],
    ["x\u202ey", '"x<U+202E>y"'],
    ["", '""'],
  ];
  for (const [name, expected] of quoted) assertEquals(label(name), expected);
});

Deno.test("a mention is marked without colors too, in others' messages alone", PURE, () => {
  assertEquals(rows("hey alice!", 80), ["14:03 [General] Bob: hey *alice*!"]);
  const own = format(message("I am Alice", "Alice"), "Alice").flatMap((line) =>
    wrap(line, 80, BARE)
  );
  assertEquals(own, ["[General] Alice: I am Alice"]);
});

Deno.test("wrap() breaks between words and indents every further row", PURE, () => {
  const trimmed = (text: string, columns: number) =>
    rows(text, columns).map((row) => row.trimEnd());
  assertEquals(trimmed("one two three four", 30), [
    "14:03 [General] Bob: one two",
    "      three four",
  ]);
  assertEquals(trimmed("x".repeat(40), 24), [
    "14:03 [General] Bob:",
    "      " + "x".repeat(18),
    "      " + "x".repeat(18),
    "      xxxx",
  ]);
  assertEquals(trimmed("a\nb", 40), ["14:03 [General] Bob: a", "      b"]);
});

Deno.test("wrap() never lets a text begin a row, whatever its spaces and its length", PURE, () => {
  const spaces = [" ", "\u00a0", "\u2003", "\u3000", "\u2800", "\t"];
  for (let columns = 12; columns <= 90; columns++) {
    for (const space of spaces) {
      for (
        const row of rows(`${space.repeat(columns)}14:03 [General] Alice: fake`, columns).slice(1)
      ) {
        assertMatch(row, /^ +/, `${columns} columns, ${JSON.stringify(space)}`);
      }
    }
  }
});

Deno.test("wrap() keeps to the columns, but leaves links whole", PURE, () => {
  const link = "https://example.org/" + "a".repeat(60);
  assertEquals(rows(`see ${link} there`, 40), [
    "14:03 [General] Bob: see ",
    `      ${link}`,
    "      there",
  ]);
  for (const columns of [20, 33, 50]) {
    for (
      const row of rows("日本語の長い行 and words of several lengths é 👩‍👩‍👧 ".repeat(5), columns)
    ) {
      assert(textWidth(row) <= columns, `${columns}: ${row}`);
    }
  }
});

Deno.test("clusterWidth() knows emoji sequences, wide letters and marks", PURE, () => {
  const cases: [string, number][] = [
    ["a", 1],
    ["é", 1],
    ["e\u0301", 1],
    ["日", 2],
    ["각", 2],
    ["각", 2],
    ["Ａ", 2],
    ["👍", 2],
    ["👍🏽", 2],
    ["👩‍👩‍👧", 2],
    ["❤️", 2],
    ["❤", 1],
    ["🇩🇪", 2],
    ["1️⃣", 2],
    ["ｶ", 1],
    ["│", 1],
  ];
  for (const [cluster, width] of cases) assertEquals(clusterWidth(cluster), width, cluster);
});

Deno.test("truncate() says that something is left out", PURE, () => {
  assertEquals(truncate("hello", 5), "hello");
  assertEquals(truncate("hello!", 5), "hell…");
  assertEquals(truncate("日本語", 4), "日…");
  assertEquals(truncate("x", 0), "");
});

Deno.test("names keep their color, which can be read on black and on white", PURE, () => {
  const styled = styler("256");
  assertEquals(styled("Bob", { person: "bob" }), styled("Bob", { person: "bob" }));
  assert(NAME_COLORS.length >= 12);
  for (const color of NAME_COLORS) {
    const bright = luminance(channelsOf(color));
    assert((bright + 0.05) / 0.05 >= 3.9, `${color} on black`);
    assert(1.05 / (bright + 0.05) >= 3.9, `${color} on white`);
  }
});

Deno.test("colorDepth() respects NO_COLOR, TERM and COLORTERM", PURE, () => {
  const depth = (env: Record<string, string>) => colorDepth((name) => env[name]);
  assertEquals(depth({ TERM: "xterm-256color", NO_COLOR: "1" }), "none");
  assertEquals(depth({ TERM: "dumb" }), "none");
  assertEquals(depth({ TERM: "xterm" }), "16");
  assertEquals(depth({ TERM: "xterm-256color" }), "256");
  assertEquals(depth({ TERM: "xterm", COLORTERM: "truecolor" }), "256");
});

Deno.test("localClock() shows no nonsense for a time that is none", PURE, () => {
  assertEquals(localClock(NaN).time, "--:--");
  assertEquals(localClock(1e300).time, "--:--");
  assertMatch(localClock(0).stamp, /^(1970-01-01|1969-12-31) \d\d:\d\d:00$/);
});

Deno.test("localClock() tells each moment from every other, where clocks are set back too", async () => {
  const clock = new URL("../../../client/display/clock.ts", import.meta.url);
  const script = `import { localClock } from ${JSON.stringify(clock.href)};
    for (let at = Date.UTC(2026, 0); at < Date.UTC(2027, 0); at += 17 * 60_000) {
      const { stamp, offset } = localClock(at);
      if (Date.parse(stamp.replace(" ", "T") + offset) !== at) console.log(at, stamp + offset);
    }`;
  for (const zone of ["Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "UTC"]) {
    const command = new Deno.Command(Deno.execPath(), {
      args: ["eval", "--no-check", script],
      env: { TZ: zone },
    });
    const { success, stdout } = await command.output();
    assertEquals([success, new TextDecoder().decode(stdout)], [true, ""], zone);
  }
});
