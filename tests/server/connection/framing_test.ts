import { assertEquals } from "@std/assert";
import type { Received } from "../../fixtures/test_client.ts";
import { startServer } from "../../fixtures/server.ts";

const encoder = new TextEncoder();

/** A ping whose nonce holds everything that could look like the end of an object. */
function ping(nonce: string): string {
  return JSON.stringify({ type: "ping", payload: { nonce } });
}

const TRICKY = 'a"}{\\"}\\é€😀}';

/** The nonces of the pongs among `events`. */
function noncesOf(events: Received[]): unknown[] {
  return events.filter(({ type }) => type === "pong").map(({ payload }) => payload.nonce);
}

/** Several objects in one packet, and the nonces of those that are answered. */
const PACKETS: [what: string, packet: string, nonces: string[]][] = [
  ["one unframed object", ping("a"), ["a"]],
  ["one framed object", ping("a") + "\n", ["a"]],
  ["one object and CRLF", ping("a") + "\r\n", ["a"]],
  ["unframed objects", ping("a") + ping(TRICKY) + ping("c"), ["a", TRICKY, "c"]],
  ["framed objects", [ping("a"), ping("b"), ping("c"), ""].join("\n"), ["a", "b", "c"]],
  ["objects and CRLF", [ping("a"), ping("b"), ping("c"), ""].join("\r\n"), ["a", "b", "c"]],
  ["objects and spaces", [" " + ping("a"), ping("b"), ping("c")].join(" \t"), ["a", "b", "c"]],
  ["all of them mixed", `${ping("a")}${ping("b")}\r\n\n\n${ping("c")}`, ["a", "b", "c"]],
  ["a BOM and an object", "\ufeff" + ping("a"), ["a"]],
  ["blank lines", "\n\r\n \n\n", []],
  ["objects around a line of nonsense", `${ping("a")}nonsense\n${ping("b")}`, ["a", "b"]],
];

Deno.test("objects are understood with and without newlines, however many a packet has", async () => {
  await using chat = await startServer();
  using peer = await chat.connect("Alice");
  for (const [what, packet, nonces] of PACKETS) {
    await peer.write(packet);
    assertEquals(noncesOf(await peer.settled()), nonces, what);
  }
});

Deno.test("an unframed object is answered at once, without waiting for what comes next", async () => {
  await using chat = await startServer();
  using peer = await chat.dial();
  await peer.write(
    JSON.stringify({ type: "connect", payload: { name: "Alice", room: "General" } }),
  );
  await peer.receive("connect_ack");
  await peer.write(JSON.stringify({ type: "message", payload: { text: "Hi" } }));
  assertEquals((await peer.receive("message")).payload.text, "Hi");
});

Deno.test("an object is understood wherever its bytes are split", async () => {
  await using chat = await startServer();
  using witness = await chat.connect("Witness");
  using peer = await chat.connect("Alice");
  (peer.conn as Deno.TcpConn).setNoDelay(true);
  for (const text of [ping(TRICKY), ping("é€😀") + "\r\n"]) {
    const bytes = encoder.encode(text);
    for (let at = 1; at < bytes.length; at++) {
      await peer.write(bytes.subarray(0, at));
      // A round trip of another client: the server has read the first part.
      await witness.settled();
      await peer.write(bytes.subarray(at));
      await peer.receive("pong");
    }
  }
});

Deno.test("objects are understood when they come byte by byte", async () => {
  await using chat = await startServer();
  using peer = await chat.connect("Alice");
  (peer.conn as Deno.TcpConn).setNoDelay(true);
  const bytes = encoder.encode(ping("a") + ping(TRICKY) + "\r\n" + ping("c") + "\n");
  for (let at = 0; at < bytes.length; at++) await peer.write(bytes.subarray(at, at + 1));
  assertEquals(noncesOf(await peer.settled()), ["a", TRICKY, "c"]);
});

Deno.test("a client that ends its side gets all its answers, and then the end", async () => {
  await using chat = await startServer();
  using bob = await chat.join("Bob");
  using alice = await chat.dial();
  const texts = Array.from({ length: 500 }, (_, number) => `text ${number}`);
  const requests = [
    { type: "connect", payload: { name: "Alice", room: "General", version: 2 } },
    ...texts.map((text) => ({ type: "message", payload: { text } })),
    { type: "members", payload: { room: "General" } },
    { type: "history", payload: { room: "General", limit: 1 } },
  ];
  await alice.write(requests.map((request) => JSON.stringify(request) + "\n").join("") + ping("z"));
  await alice.finish();
  const answers = await alice.rest();
  assertEquals(answers.map(({ type, payload }) => payload.text ?? type), [
    "connect_ack",
    ...texts,
    "members",
    "history",
    "pong",
  ]);
  assertEquals((await bob.settled()).map(({ payload }) => payload.text ?? payload.event), [
    "joined",
    ...texts,
    "left",
  ]);
});

Deno.test("an object that its client's end leaves unfinished is refused, and then comes the end", async () => {
  await using chat = await startServer();
  using alice = await chat.join("Alice");
  await alice.write(ping("a") + '{"type":"message","payload":{"text":"Hi"}');
  await alice.finish();
  const answers = await alice.rest();
  assertEquals(answers.map(({ type, payload }) => payload.code ?? type), ["pong", "not_json"]);
});

Deno.test("the server ends every line with one newline", async () => {
  await using chat = await startServer();
  using bob = await chat.join("Bob");
  await bob.send("message", { text: "a\nb\r\nc\u2028d" });
  await bob.settled();
  const alice = await Deno.connect({ hostname: "127.0.0.1", port: chat.port });
  const connect = { type: "connect", payload: { name: "Alice", room: "General", version: 2 } };
  const message = { type: "message", payload: { text: "a\nb\r\nc\u2028d" } };
  await alice.write(
    encoder.encode([connect, message].map((each) => JSON.stringify(each)).join("")),
  );
  await alice.closeWrite();
  const received = await new Response(alice.readable).text();
  const lines = received.split("\n");
  assertEquals(lines.pop(), "");
  assertEquals(lines.map((line) => JSON.parse(line).type), ["connect_ack", "message"]);
  assertEquals(received.includes("\r"), false);
});
