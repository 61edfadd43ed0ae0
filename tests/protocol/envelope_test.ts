import { assert, assertEquals, assertLess, assertMatch, assertStringIncludes } from "@std/assert";
import { decodeRequest, encode, type Refused } from "../../protocol/codec.ts";
import type { ErrorCode } from "../../protocol/error_codes.ts";
import { LIMITS } from "../../protocol/message.ts";
import { PURE } from "../fixtures/pure.ts";

// The envelope around the payload, which is the same for every type.

function refusal(line: string): Refused {
  const decoded = decodeRequest(line);
  assert(decoded.type === "refused", `accepted: ${line.slice(0, 200)}`);
  return decoded;
}

function codeOf(line: string): ErrorCode {
  return refusal(line).error.payload.code;
}

Deno.test("decodeRequest() refuses a line that is no JSON object", PURE, () => {
  const notJson = ["", " ", "x", "{", '{"type":"ping"', '{"type":"ping"}}', "{'type':'ping'}"];
  notJson.push(
    '{"type":"ping",}',
    "\uFEFF{}",
    "NaN",
    '{"type":"pi\nng"}',
    '{"a":01}',
    "GET / HTTP/1.1",
  );
  for (const line of notJson) {
    assertEquals(refusal(line).error, {
      type: "error",
      payload: { code: "not_json", message: "Cannot read the line: it is not JSON" },
    }, line);
  }
  for (const line of ["null", "5", "-0", '"ping"', "true", "[]", '[{"type":"ping"}]']) {
    assertEquals(refusal(line).error, {
      type: "error",
      payload: { code: "not_object", message: "Cannot read the line: it is not a JSON object" },
    }, line);
  }
});

Deno.test("decodeRequest() knows only the types of requests", PURE, () => {
  const inherited = ["constructor", "__proto__", "toString", "hasOwnProperty", "valueOf"];
  const events = ["connect_ack", "notification", "error"];
  for (const type of [...inherited, ...events, "", "Ping", "ping ", "refused", "ping\u0000"]) {
    const { error } = refusal(JSON.stringify({ type, id: "7", payload: {} }));
    assertEquals(error, {
      type: "error",
      id: "7",
      payload: {
        code: "unknown_type",
        message: `There is no request of type ${JSON.stringify(type)}`,
      },
    });
  }
  const halfPair = refusal('{"type":"\\ud800"}').error.payload.message;
  assertEquals(halfPair, 'There is no request of type "\ufffd"');
  for (const type of [undefined, null, 5, true, [], ["ping"], {}, { toString: "ping" }]) {
    assertEquals(codeOf(JSON.stringify({ type, payload: {} })), "unknown_type");
  }
});

Deno.test("decodeRequest() answers the longest line with a short error", PURE, () => {
  const long = "😀".repeat(15_000);
  for (
    const request of [
      { type: long },
      { type: "x" + long },
      { type: "ping", id: long },
      { type: "ping", payload: { nonce: long } },
      { type: "message", payload: { text: long } },
      { type: "join", payload: { room: long } },
      { type: "topic", payload: { room: "a", topic: long } },
      { type: "connect", payload: { name: "a", since: { [long]: 1 } } },
    ]
  ) {
    const written = encode(refusal(JSON.stringify(request)).error);
    assertLess(written.length, 250);
    assert(written.isWellFormed());
    assert(!written.includes("\\ud"), "half a surrogate pair is in the answer");
  }
});

Deno.test(
  "decodeRequest() gives back an id of 1 to 64 characters with what it earned",
  PURE,
  () => {
    for (const id of ["a", "0", " ", "\n\u0000", "x".repeat(LIMITS.id), "😀".repeat(LIMITS.id)]) {
      assertEquals(decodeRequest(JSON.stringify({ type: "quit", id })), {
        type: "quit",
        id,
        payload: {},
      });
      for (
        const bad of [
          { type: "nothing" },
          { type: "leave" },
          { type: "leave", payload: { room: 5 } },
          { type: "leave", payload: [] },
        ]
      ) assertEquals(refusal(JSON.stringify({ ...bad, id })).error.id, id);
    }
    const withoutId = decodeRequest('{"type":"quit","id":null}');
    assertEquals(withoutId, { type: "quit", payload: {} });
    assert(!("id" in withoutId));
  },
);

Deno.test("decodeRequest() refuses any other id, and does not repeat it", PURE, () => {
  const tooLong = ["x".repeat(LIMITS.id + 1), "😀".repeat(LIMITS.id + 1)];
  for (const id of ["", ...tooLong, "\ud800", 5, 0, true, false, [], ["a"], {}]) {
    for (const type of ["quit", "nothing"]) {
      const { error } = refusal(JSON.stringify({ type, id }));
      assert(!("id" in error));
      assertEquals(error.payload, {
        code: "bad_field",
        message: `Cannot accept the request: id must be a string of 1 to ${LIMITS.id} characters`,
      });
    }
  }
});

Deno.test("decodeRequest() gets through the deepest line that it takes", PURE, () => {
  // The levels around it: the line's own object, its payload and, once, `since`.
  const depth = LIMITS.depth - 3;
  const nested = "[".repeat(depth) + "]".repeat(depth);
  const objects = '{"a":'.repeat(depth) + "1" + "}".repeat(depth);
  assertEquals(codeOf(nested), "not_object");
  assertEquals(codeOf("[".repeat(LIMITS.depth)), "not_json");
  for (const deep of [nested, objects]) {
    assertEquals(codeOf(`{"type":${deep}}`), "unknown_type");
    assertEquals(codeOf(`{"type":"quit","id":${deep}}`), "bad_field");
    assertEquals(codeOf(`{"type":"message","payload":{"text":${deep}}}`), "bad_text");
    assertEquals(
      codeOf(`{"type":"connect","payload":{"name":"a","since":{"a":${deep}}}}`),
      "bad_field",
    );
    assertEquals(decodeRequest(`{"type":"quit","payload":{"x":${deep}}}`).type, "quit");
  }
});

Deno.test("decodeRequest() refuses what nests deeper, whether it ends or not", PURE, () => {
  const depth = LIMITS.depth + 1;
  const half = LIMITS.line / 2 - 100;
  const deep = [
    "[".repeat(depth),
    '{"a":'.repeat(depth),
    "[".repeat(half) + "]".repeat(half),
    `{"type":"quit","payload":{"x":"${"]".repeat(depth)}\\"","y":${"[".repeat(depth)}`,
    `{"type":"quit","payload":{"x":${"[".repeat(depth - 2)}${"]".repeat(depth - 2)}}}`,
  ];
  for (const line of deep) {
    assertEquals(refusal(line).error.payload, {
      code: "not_json",
      message: `Cannot read the line: it nests more than ${LIMITS.depth} deep`,
    });
  }
});

Deno.test("decodeRequest() takes brackets in a text for nothing else", PURE, () => {
  for (const text of ["[", "{", '"[', "\\[", '\\"{'].map((part) => part.repeat(1300))) {
    const payload = { text };
    const line = JSON.stringify({ type: "message", payload, more: "[".repeat(LIMITS.depth) });
    assertEquals(decodeRequest(line), { type: "message", payload });
  }
});

Deno.test("decodeRequest() takes the last of repeated keys", PURE, () => {
  assertEquals(
    decodeRequest('{"type":"quit","type":"ping","payload":5,"payload":{"nonce":[],"nonce":"b"}}'),
    { type: "ping", payload: { nonce: "b" } },
  );
  assertEquals(codeOf('{"type":"ping","payload":{"nonce":"b","nonce":[]}}'), "bad_field");
});

Deno.test("decodeRequest() reads numbers as JSON writes them, where they are exact", PURE, () => {
  const read = (seq: string) => `{"type":"read","payload":{"room":"a","seq":${seq}}}`;
  for (const seq of ["0", "1.0", "1e3", "10e-1", "9007199254740991"]) {
    const payload = { room: "a", seq: Number(seq) };
    assertEquals(decodeRequest(read(seq)), { type: "read", payload });
  }
  const past = ["-1", "0.5", "9007199254740992", "1e21", "1e400", "-1e400", "9".repeat(1000)];
  for (const seq of past) assertEquals(codeOf(read(seq)), "bad_field", seq);
});

Deno.test("decodeRequest() lets no key reach a prototype", PURE, () => {
  assertEquals(codeOf('{"__proto__":{"type":"ping"}}'), "unknown_type");
  assertEquals(codeOf('{"type":"leave","__proto__":{"payload":{"room":"a"}}}'), "missing_field");
  assertEquals(codeOf('{"type":"leave","payload":{"__proto__":{"room":"a"}}}'), "missing_field");
  const decoded = decodeRequest(
    '{"type":"connect","payload":{"name":"a","since":{"__proto__":5,"constructor":6,"toString":7}}}',
  );
  assert(decoded.type === "connect");
  const since = decoded.payload.since ?? {};
  assertEquals(Object.entries(since), [["__proto__", 5], ["constructor", 6], ["toString", 7]]);
  assertEquals(Object.getPrototypeOf(since), Object.prototype);
  assertStringIncludes(encode(decoded), '"__proto__":5');
  assertEquals(Object.keys(Object.prototype), []);
});

Deno.test("decodeRequest() says which refusals answer a connect of the lecture's", PURE, () => {
  const lecture = [{}, { name: "" }, { name: "a", room: 5 }, { version: null }, [], "Alice", null];
  for (const payload of [...lecture, undefined]) {
    assert(refusal(JSON.stringify({ type: "connect", payload })).lecture, JSON.stringify(payload));
  }
  const others = [
    { type: "connect", payload: { version: 2 } },
    { type: "connect", payload: { name: "", version: 2 } },
    { type: "connect", payload: { name: "a", version: "2" } },
    { type: "connect", payload: { name: "a", version: 0 } },
    { type: "message", payload: {} },
    { type: "message", payload: [] },
    { type: "nothing", payload: {} },
    { payload: { name: "Alice" } },
    [],
  ];
  for (const other of others) {
    assert(!refusal(JSON.stringify(other)).lecture, JSON.stringify(other));
  }
  assert(!refusal("connect").lecture);
});

Deno.test("decodeRequest() writes errors that a person can read", PURE, () => {
  for (const line of ["", "5", '{"type":"x"}', '{"type":"quit","id":5}', '{"type":"join"}']) {
    assertMatch(refusal(line).error.payload.message, /^(Cannot|There is no) [^\n]*[^.\s]$/);
  }
});
