import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { endOfHead, hasToken, MAX_HEAD, parseHead } from "../../../server/web/http_head.ts";
import { PURE } from "../../fixtures/pure.ts";

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function parse(text: string) {
  return parseHead(bytesOf(text));
}

Deno.test("parseHead() gives the method, the path and the fields", PURE, () => {
  const head = parse(
    "GET /a?b=c#d HTTP/1.1\r\nHost: X:1\r\nAccept:\t a \t\r\nACCEPT: b\xff\r\n\r\n",
  );
  assert("method" in head);
  assertEquals([head.method, head.path], ["GET", "/a"]);
  assertEquals([...head.fields], [["host", "X:1"], ["accept", "a, b\xff"]]);
});

/** Heads that are refused, each of them otherwise well-formed. */
const BAD: [what: string, head: string, status?: number][] = [
  ["a bare LF", "GET / HTTP/1.1\nhost: a\r\n\r\n"],
  ["a bare LF at the end", "GET / HTTP/1.1\r\nhost: a\r\n\n"],
  ["a bare CR", "GET / HTTP/1.1\r\nhost: a\rb: c\r\n\r\n"],
  ["a folded line", "GET / HTTP/1.1\r\nhost: a\r\n b\r\n\r\n"],
  ["a folded first field", "GET / HTTP/1.1\r\n host: a\r\n\r\n"],
  ["a space before the colon", "GET / HTTP/1.1\r\nhost : a\r\n\r\n"],
  ["no colon", "GET / HTTP/1.1\r\nhost: a\r\nb\r\n\r\n"],
  ["no name", "GET / HTTP/1.1\r\nhost: a\r\n: b\r\n\r\n"],
  ["a NUL", "GET / HTTP/1.1\r\nhost: a\r\nb: \0\r\n\r\n"],
  ["no host", "GET / HTTP/1.1\r\n\r\n"],
  ["two spaces", "GET  / HTTP/1.1\r\nhost: a\r\n\r\n"],
  ["a space in the target", "GET /a b HTTP/1.1\r\nhost: a\r\n\r\n"],
  ["a target that is not ASCII", "GET /\xe9 HTTP/1.1\r\nhost: a\r\n\r\n"],
  ["an absolute target", "GET http://a/ HTTP/1.1\r\nhost: a\r\n\r\n"],
  ["CONNECT", "CONNECT a:443 HTTP/1.1\r\nhost: a\r\n\r\n"],
  ["a small method", "get / HTTP/1.1\r\nhost: a\r\n\r\n"],
  ["no version", "GET /\r\n\r\n"],
  ["another protocol", "EHLO localhost\r\n\r\n"],
  ["HTTP/1.0", "GET / HTTP/1.0\r\nhost: a\r\n\r\n", 505],
  ["HTTP/2.0", "GET / HTTP/2.0\r\nhost: a\r\n\r\n", 505],
  ["65 fields", `GET / HTTP/1.1\r\nhost: a\r\n${"b: c\r\n".repeat(64)}\r\n`, 431],
];

Deno.test("parseHead() refuses what two programs could read in two ways", PURE, () => {
  for (const [what, text, status = 400] of BAD) {
    const head = parse(text);
    assertEquals<unknown>("status" in head && head.status, status, what);
  }
  const once = [
    "host",
    "origin",
    "upgrade",
    "content-length",
    "sec-websocket-key",
    "Sec-Fetch-Site",
  ];
  for (const name of once) {
    const head = parse(`GET / HTTP/1.1\r\nhost: a\r\n${name}: a\r\n${name}: a\r\n\r\n`);
    assert("reason" in head, name);
  }
});

Deno.test(
  "parseHead() takes 64 fields, and a field of nearly the whole head in no time",
  PURE,
  () => {
    assert("fields" in parse(`GET / HTTP/1.1\r\nhost: a\r\n${"b: c\r\n".repeat(63)}\r\n`));
    for (const filler of [" ", "\t ", "a ", "a"]) {
      const value = filler.repeat(MAX_HEAD / filler.length - 40);
      assert("reason" in parse(`GET / HTTP/1.1\r\nhost: a\r\nb:${value}\x01\r\n\r\n`));
    }
  },
);

Deno.test(
  "endOfHead() finds the end wherever the bytes were cut, and looks at none twice",
  PURE,
  () => {
    const text = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";
    const bytes = bytesOf(`${text}rest`);
    fc.assert(fc.property(fc.array(fc.nat(bytes.length), { maxLength: 6 }), (cuts) => {
      let from = 0;
      for (const to of [...cuts.sort((one, other) => one - other), bytes.length]) {
        const end = endOfHead(bytes, from, to);
        if (end !== undefined) {
          assertEquals(end, text.length);
          return;
        }
        assert(to < text.length);
        from = to;
      }
    }));
  },
);

Deno.test("endOfHead() does not wait for more of what is refused anyway", PURE, () => {
  for (const text of ["EHLO localhost\r\n", "GET / HTTP/1.1\n", "GET / HTTP/1.1\r\nhost: a\n"]) {
    const bytes = bytesOf(`${text}more`);
    assertEquals(endOfHead(bytes, 0, bytes.length), text.length);
    assert("reason" in parseHead(bytes.subarray(0, text.length)));
  }
});

Deno.test("no bytes make parseHead() throw, or give what is not in them", PURE, () => {
  const piece = fc.constantFrom(
    "GET",
    " ",
    "/",
    "HTTP/1.1",
    "\r\n",
    "\r",
    "\n",
    "host:",
    "a",
    "\0",
    "\xff",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      const text = pieces.join("");
      const head = parse(text);
      if ("reason" in head) return;
      assert(!/(?<!\r)\n|\r(?!\n)|\0/.test(text));
      for (const [name, value] of head.fields) {
        assert(text.toLowerCase().includes(name));
        assert(!/[\r\n\0]/.test(name + value));
      }
    }),
    { numRuns: 2000 },
  );
});

Deno.test("hasToken() finds a token in a list, whatever its case", PURE, () => {
  for (const value of ["upgrade", "Upgrade", "keep-alive, Upgrade", "close ,\tUPGRADE "]) {
    assert(hasToken(value, "upgrade"), value);
  }
  for (const value of [undefined, "", "upgraded", "up grade", "h2c"]) {
    assert(!hasToken(value, "upgrade"), value);
  }
});
