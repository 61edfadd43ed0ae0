import { assertEquals } from "@std/assert";
import { format, plainText } from "../../../client/display/format.ts";
import type { Key } from "../../../client/editor/keys.ts";
import { masked, pressSecret, type SecretStep } from "../../../client/editor/secret_input.ts";
import { TypedLines } from "../../../client/lines/tty_lines.ts";
import type { SessionSummary } from "../../../protocol/mod.ts";
import { PURE } from "../../fixtures/pure.ts";

/** Types `keys`: `<enter>` and the like are named keys, all else is text. */
function type(keys: string): SecretStep {
  let step: SecretStep = { typed: "" };
  for (const part of keys.split(/(<[^>]+>)/).filter(Boolean)) {
    const key: Key = part.startsWith("<")
      ? { kind: "named", name: part.slice(1, -1) }
      : { kind: "text", text: part };
    if (step === "cancelled" || "done" in step) throw new Error(`${part} comes after the end`);
    step = pressSecret(step.typed, key);
  }
  return step;
}

Deno.test("a secret is what was typed, edited by few keys and ended by Enter", PURE, () => {
  assertEquals(type("correct horse<enter>"), { done: "correct horse" });
  assertEquals(type("hörse<backspace><backspace>x<enter>"), { done: "hörx" });
  assertEquals(type("wrong<ctrl-u>right<enter>"), { done: "right" });
  assertEquals(type("a👨‍👩‍👧<backspace>b<enter>"), { done: "ab" });
  assertEquals(type("abc<up><tab><ctrl-y><alt-b>d<enter>"), { done: "abcd" });
});

Deno.test("Escape, Ctrl-C, Ctrl-D and an empty line give no secret", PURE, () => {
  for (const key of ["<escape>", "<ctrl-c>", "<ctrl-d>", "<ctrl-g>"]) {
    assertEquals(type(`abc${key}`), "cancelled", key);
  }
  assertEquals(type("<enter>"), "cancelled");
  assertEquals(type("abc<ctrl-u><enter>"), "cancelled");
});

Deno.test("a pasted secret loses the newline at its end, and has a bound", PURE, () => {
  assertEquals(pressSecret("", { kind: "paste", text: "s3cret\r\n" }), { typed: "s3cret" });
  const long = pressSecret("", { kind: "paste", text: "x".repeat(5_000) });
  assertEquals(long, { typed: "x".repeat(1_024) });
});

Deno.test("on the screen a secret is a star for each character", PURE, () => {
  assertEquals(masked("pä👨‍👩‍👧s"), "****");
});

/** A terminal that gives these pieces, one for each read, and notes when it is raw. */
function terminal(...pieces: string[]) {
  const modes: boolean[] = [];
  const source = {
    read(buffer: Uint8Array): Promise<number | null> {
      const piece = pieces.shift();
      if (piece === undefined) return Promise.resolve(null);
      return Promise.resolve(new TextEncoder().encodeInto(piece, buffer).written);
    },
    setRaw: (mode: boolean) => void modes.push(mode),
  };
  return { typed: new TypedLines(source), modes };
}

Deno.test(
  "lines come whole, however they were read, the last one without its end too",
  PURE,
  async () => {
    const { typed } = terminal("o", "ne\ntwo\r\n", "thr", "ee");
    assertEquals(await Array.fromAsync(typed.lines()), ["one", "two", "three"]);
  },
);

Deno.test("a line has no keys in it that the terminal could not obey", PURE, async () => {
  const { typed } = terminal(
    "one\x1b[A\x1b[<64;1;5M two\n",
    "\x1b[200~pas",
    "ted\n\x1b[201~a\tb\x1bOP\n\x1b[32;2ux\n",
  );
  assertEquals(await Array.fromAsync(typed.lines()), ["one two", "pasted", "a\tb", " x"]);
});

Deno.test("while a secret is asked for, what is typed is no line", PURE, async () => {
  const { typed, modes } = terminal("before\n", "hunter", "2\r", "after\n");
  const lines = typed.lines();
  assertEquals((await lines.next()).value, "before");
  const next = lines.next();
  assertEquals(await typed.secret(), "hunter2");
  assertEquals((await next).value, "after");
  assertEquals(modes, [true, false]);
});

Deno.test(
  "a secret ends with Escape, with the terminal, and with the next one asked for",
  PURE,
  async () => {
    assertEquals(await terminal("abc\x1b").typed.secret(), undefined);
    assertEquals(await terminal("abc").typed.secret(), undefined);
    const { typed, modes } = terminal("abc", "def\rnot kept");
    const first = typed.secret();
    assertEquals([await typed.secret(), await first], ["abcdef", undefined]);
    assertEquals(modes.at(-1), false);
    assertEquals(await Array.fromAsync(typed.lines()), []);
  },
);

Deno.test("text typed between two attempts to sign in is no line", PURE, async () => {
  const { typed } = terminal("first\r", "too early\n", "as this\n");
  assertEquals(await typed.secret(), "first");
  assertEquals(await typed.discardEarly(), true);
  assertEquals(await Array.fromAsync(typed.lines()), []);
});

Deno.test("the sessions of a name are listed with what /end calls them by", PURE, () => {
  const sessions: SessionSummary[] = [
    { session: "a", current: true, connected: true, since: 0, address: "127.0.0.1:4711" },
    { session: "b", current: false, connected: true, since: 60_000, address: "\x1b[2J" },
    { session: "c", current: false, connected: false, since: 120_000 },
  ];
  const clock = (at: number) => ({ day: "", time: "", stamp: `stamp ${at}`, offset: "" });
  const lines = format({ kind: "sessions", sessions }, "Alice", clock).map(plainText);
  assertEquals(lines, [
    "-- #1 this one, connected since stamp 0, from 127.0.0.1:4711",
    "-- #2 connected since stamp 60000, from ␛[2J",
    "-- #3 away since stamp 120000",
    "-- /end N ends one: whoever has it needs the password to come back",
  ]);
});
