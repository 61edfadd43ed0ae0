import { assertEquals } from "@std/assert";
import { BINDINGS } from "../../../client/editor/bindings.ts";
import { type Key, KeyParser } from "../../../client/editor/keys.ts";
import { PURE } from "../../fixtures/pure.ts";

const encoder = new TextEncoder();

function named(...names: string[]): Key[] {
  return names.map((name) => ({ kind: "named", name }));
}

function text(typed: string): Key[] {
  return [{ kind: "text", text: typed }];
}

/** The bytes of a case: one that is not ASCII stands for itself in a case of bytes alone. */
function bytesOf(input: string): Uint8Array {
  // deno-lint-ignore no-control-regex -- bytes that a terminal may send
  const isBytes = /^[\x00-\xff]*[\x80-\x9f][\x00-\xff]*$/.test(input);
  return isBytes ? Uint8Array.from(input, (byte) => byte.charCodeAt(0)) : encoder.encode(input);
}

const CASES: [string, Key[]][] = [
  ["\r", named("enter")],
  ["\n", named("ctrl-j")],
  ["\t", named("tab")],
  ["\x7f", named("backspace")],
  ["\x08", named("backspace")],
  ["\x01\x05\x1f", named("ctrl-a", "ctrl-e", "ctrl-_")],
  ["\x1b[A\x1b[B\x1b[C\x1b[D", named("up", "down", "right", "left")],
  ["\x1bOA\x1bOH\x1bOF", named("up", "home", "end")],
  ["\x1b[1~\x1b[4~\x1b[3~\x1b[5~", named("home", "end", "delete", "page-up")],
  ["\x1b[1;5C\x1b[1;3D", named("ctrl-right", "alt-left")],
  ["\x1b[3;5~", named("ctrl-delete")],
  ["\x1b[Z", named("shift-tab")],
  ["\x1b\r\x1b\n", named("alt-enter", "alt-enter")],
  ["\x1b[13;2u\x1b[27;3;13~", named("shift-enter", "alt-enter")],
  ["\x1bb\x1b1\x1b\x7f", named("alt-b", "alt-1", "alt-backspace")],
  ["\x1b[I\x1b[O", named("focus-in", "focus-out")],
  ["\x1b]11;rgb:0/0/0\x07\x1b]0;x\x1b\\x", [{ kind: "text", text: "x" }]],
  ["\x1b[?1;2c\x1b[99~", []],
  // Characters and keys in other encodings: CSI u, modifyOtherKeys, the VT100's keypad.
  ["\x1b[32;2u\x1b[97u\x1b[97;2u\x1b[27;2;65~", text(" aAA")],
  ["\x1b[49:33;2u\x1b[97;65u\x1b[0;;229u\x1b[97;1:2;97u", text("!Aåa")],
  ["\x1bOp\x1bOy\x1bOk\x1bOX\x1bO ", text("09+= ")],
  ["\x1b[57400u\x1b[57412;129u", text("1-")],
  ["\x1bOM\x1b[57414u\x1b[13;129u", named("enter", "enter", "enter")],
  ["\x1b[97;5u\x1b[1089::99;5u\x1b[27;6;95~", named("ctrl-a", "ctrl-c", "ctrl-_")],
  ["\x1b\x1b[D\x1b\x1bOC", named("alt-left", "alt-right")],
  ["\x9bA\xc2\x9bB", named("up", "down")],
  ["\x1b]0;title\x1b[A", named("up")],
  ["\x1b[12;3R", named("cursor-column-3")],
  ["日本 é", [{ kind: "text", text: "日本 é" }]],
  ["a\x1b[200~one\r\ntwo\x1b[Aé\x1b[201~b", [
    { kind: "text", text: "a" },
    { kind: "paste", text: "one\r\ntwo\x1b[Aé" },
    { kind: "text", text: "b" },
  ]],
];

/** Typed characters may come in any number of pieces. */
function joined(keys: Key[]): Key[] {
  return keys.reduce<Key[]>((all, key) => {
    const last = all.at(-1);
    if (key.kind !== "text" || last?.kind !== "text") return [...all, key];
    return [...all.slice(0, -1), { kind: "text", text: last.text + key.text }];
  }, []);
}

Deno.test("KeyParser knows every key, whole", PURE, () => {
  for (const [bytes, keys] of CASES) {
    assertEquals(joined(new KeyParser().push(bytesOf(bytes))), keys, JSON.stringify(bytes));
  }
});

Deno.test("KeyParser knows every key, cut at every byte", PURE, () => {
  for (const [text, keys] of CASES) {
    const bytes = bytesOf(text);
    for (let cut = 0; cut <= bytes.length; cut++) {
      const parser = new KeyParser();
      const found = [...parser.push(bytes.subarray(0, cut)), ...parser.push(bytes.subarray(cut))];
      assertEquals(joined(found), keys, `${JSON.stringify(text)} cut at ${cut}`);
    }
  }
});

Deno.test("KeyParser knows every key, byte by byte", PURE, () => {
  for (const [text, keys] of CASES) {
    const parser = new KeyParser();
    const found = [...bytesOf(text)].flatMap((byte) => parser.push(Uint8Array.of(byte)));
    assertEquals(joined(found), keys, JSON.stringify(text));
  }
});

Deno.test("KeyParser takes an Escape for a key when nothing follows", PURE, () => {
  const parser = new KeyParser();
  assertEquals(parser.push(encoder.encode("\x1b")), []);
  assertEquals(parser.waiting, "escape");
  assertEquals(parser.flush(), named("escape"));
  assertEquals(parser.waiting, "nothing");
  assertEquals(parser.push(encoder.encode("\x1b[")), []);
  assertEquals(parser.flush(), named("alt-["));
});

Deno.test("KeyParser ends a paste whose end never comes", PURE, () => {
  const parser = new KeyParser();
  assertEquals(parser.push(encoder.encode("\x1b[200~lost")), []);
  assertEquals(parser.waiting, "paste");
  assertEquals(parser.flush(), [{ kind: "paste", text: "lost" }]);
  assertEquals(parser.push(encoder.encode("x")), [{ kind: "text", text: "x" }]);
});

Deno.test("KeyParser gives up a sequence that has no end", PURE, () => {
  const parser = new KeyParser();
  assertEquals(parser.push(encoder.encode("\x1b]" + "x".repeat(5_000))), []);
  assertEquals(parser.waiting, "sequence");
  assertEquals(parser.flush(), []);
  assertEquals(parser.push(encoder.encode("x")), [{ kind: "text", text: "x" }]);
});

Deno.test("each key of the table is one that the parser can name", PURE, () => {
  const modified = /^(ctrl-)?(alt-)?(shift-)?([a-z_]|[1-9]|[a-z]+|focus-(in|out))$/;
  const strange = [...BINDINGS.keys()].filter((key) => !modified.test(key));
  assertEquals(strange, []);
});
