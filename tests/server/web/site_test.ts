/** The page, and the statuses of everything that is not the page. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Page } from "../../../server/web/page.ts";
import { limits } from "../../fixtures/server.ts";
import {
  dial,
  exchange,
  HTML,
  overWebSocket,
  request,
  startWeb,
  statusOf,
  UPGRADE,
} from "../../fixtures/web.ts";

Deno.test("GET / is the page, under a policy that allows its own script and style alone", async () => {
  await using chat = await startWeb();
  const answer = await fetch(`http://127.0.0.1:${chat.port}/`);
  assertEquals([answer.status, await answer.text()], [200, HTML]);
  const policy = answer.headers.get("content-security-policy") ?? "";
  const script = await crypto.subtle.digest(
    "SHA-256",
    new TextEncoder().encode("document.title = 'Chat, running'"),
  );
  assertStringIncludes(policy, `script-src 'sha256-${new Uint8Array(script).toBase64()}'`);
  assertMatch(policy, /^default-src 'none'; .*; style-src 'sha256-[^']*'; connect-src 'self'/);
  assertStringIncludes(policy, "frame-ancestors 'none'; require-trusted-types-for 'script'");
  const fields: Record<string, string> = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "content-type": "text/html; charset=utf-8",
  };
  for (const [name, value] of Object.entries(fields)) assertEquals(answer.headers.get(name), value);
  assertEquals(answer.headers.get("set-cookie"), null);
});

Deno.test("the page comes gzipped to those who take that; HEAD gets the same fields and no body", async () => {
  await using chat = await startWeb();
  const gets = async (encodings: string) => {
    const answer = await exchange(
      chat.port,
      request("/", { "accept-encoding": encodings }, "HEAD"),
    );
    assertEquals(statusOf(answer), 200);
    assert(answer.endsWith("\r\n\r\n"));
    const [, length] = /^content-length: (\d+)\r$/m.exec(answer) ?? [];
    assert(Number(length) > 0);
    return answer.includes("content-encoding: gzip");
  };
  for (const each of ["gzip", "br, gzip;q=0.5", "GZIP"]) assert(await gets(each), each);
  for (const each of ["", "br", "gzip;q=0", "x-gzip", "br, gzip; q=0.0"]) {
    assert(!await gets(each), each);
  }
});

Deno.test("where the page was not built, its address says how to build it", async () => {
  await using chat = await startWeb({}, { page: new Page(undefined) });
  const answer = await exchange(chat.port, request("/"));
  assertEquals(statusOf(answer), 503);
  assertStringIncludes(answer, "deno task page");
});

/** Requests that get neither the page nor a WebSocket. */
const REFUSED: [what: string, request: string, status: number, more?: string][] = [
  ["another path", request("/favicon.ico"), 404],
  ["a path of an object's own", request("/__proto__"), 404],
  ["a path that is written otherwise", request("/%63hat"), 404],
  ["POST", request("/", { "content-length": "5" }, "POST") + "hello", 405, "allow: GET, HEAD"],
  ["OPTIONS", request("/chat", {}, "OPTIONS"), 405, "allow: GET"],
  ["a body", request("/", { "content-length": "5" }) + "hello", 400],
  ["a chunked body", request("/", { "transfer-encoding": "chunked" }) + "0\r\n\r\n", 400],
  ["HTTP/1.0", "GET / HTTP/1.0\r\nhost: localhost\r\n\r\n", 505],
  ["HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400],
  ["another protocol", "EHLO localhost\r\n", 400],
  ["a bare LF", "GET / HTTP/1.1\nhost: localhost\n\n", 400],
  ["no host", "GET / HTTP/1.1\r\n\r\n", 400],
  ["another host", request("/", { host: "evil.example" }), 421],
  [
    "another host's WebSocket",
    request("/chat", { ...UPGRADE, host: "evil.example:80", origin: "http://evil.example:80" }),
    421,
  ],
  ["another origin", request("/chat", { ...UPGRADE, origin: "http://evil.example" }), 403],
  [
    "an origin at another port",
    request("/chat", { ...UPGRADE, host: "localhost:1", origin: "http://localhost:2" }),
    403,
  ],
  ["no upgrade", request("/chat"), 426, "upgrade: websocket"],
  [
    "an old WebSocket",
    request("/chat", { ...UPGRADE, "sec-websocket-version": "8" }),
    426,
    "sec-websocket-version: 13",
  ],
  ["no key", request("/chat", { ...UPGRADE, "sec-websocket-key": "short" }), 400],
  ["a head without an end", `GET / HTTP/1.1\r\nhost: localhost\r\na: ${"b".repeat(8192)}`, 431],
];

Deno.test("every other request gets a true status, and its connection is closed", async () => {
  await using chat = await startWeb();
  using witness = await chat.join("Witness");
  for (const [what, sent, status, more = "connection: close"] of REFUSED) {
    const answer = await exchange(chat.port, sent);
    assertEquals(statusOf(answer), status, what);
    assertStringIncludes(answer, more, what);
    assertStringIncludes(answer, "x-content-type-options: nosniff", what);
  }
  assertEquals(await witness.settled(), []);
  assertEquals(chat.log.filter((line) => /"level":"(info|warn|error)"/.test(line)).length, 1);
});

Deno.test("nothing behind an HTTP request is read as lines, however it is cut", async () => {
  await using chat = await startWeb();
  using witness = await chat.join("Witness");
  const lines = '\n{"type":"connect","payload":{"name":"Mallory","room":"General"}}\n' +
    '{"type":"message","payload":{"text":"Said by a page"}}\n';
  const heads = [
    ...REFUSED.map(([, head]) => head),
    request("/"),
    `PUT /${lines.trim()} HTTP/1.1\r\n\r\n`,
    "POST / HTTP/1.1\r\n",
    "G",
  ];
  for (const head of heads) {
    for (
      const pieces of [[head + lines], [head, lines], [...head.slice(0, 40), head.slice(40), lines]]
    ) {
      using peer = await dial(chat.port);
      peer.setNoDelay(true);
      const answer = new Response(peer.readable).text().catch(() => "");
      for (const piece of pieces) {
        // The server may have closed the connection already.
        await peer.write(new TextEncoder().encode(piece)).catch(() => {});
        if (pieces.length < 10) await witness.settled();
      }
      await peer.closeWrite().catch(() => {});
      await answer;
    }
  }
  assertEquals((await witness.settled()).map(({ type }) => type), []);
  assertEquals(chat.log.filter((line) => line.includes('"session opened"')).length, 1);
});

Deno.test("names and origins that the operator gives are allowed", async () => {
  const allowed = { names: ["chat.example.org"], origins: ["https://other.example"] };
  await using chat = await startWeb({}, { allowed });
  const own = { host: "chat.example.org", origin: "https://chat.example.org" };
  const other = { host: "chat.example.org", origin: "https://other.example" };
  for (const fields of [own, other]) {
    using conn = await dial(chat.port);
    await conn.write(new TextEncoder().encode(request("/chat", { ...UPGRADE, ...fields })));
    const buffer = new Uint8Array(1000);
    const count = await conn.read(buffer) ?? 0;
    const answer = new TextDecoder().decode(buffer.subarray(0, count));
    assertEquals(statusOf(answer), 101);
    // The example of RFC 6455, 1.3.
    assertStringIncludes(answer, "sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  }
});

Deno.test("visits are logged at debug alone, and both kinds of client at info", async () => {
  await using chat = await startWeb();
  await exchange(chat.port, request("/"));
  for (const clients of [chat, overWebSocket(chat.port)]) {
    using alice = await clients.join("Alice");
    await alice.send("quit");
    await alice.rest();
  }
  using bob = await chat.join("Bob");
  await bob.settled();
  const events = chat.log.map((line) => JSON.parse(line)).map(({ level, event, connection }) =>
    `${connection} ${level} ${event}`
  );
  const session = (id: number) => [
    `${id} debug connection opened`,
    `${id} info session opened`,
    `${id} info connection closed`,
  ];
  const ofConnection = (id: number) => events.filter((each) => each.startsWith(`${id} `));
  assertEquals([1, 2, 3].flatMap(ofConnection), [
    "1 debug connection opened",
    "1 debug connection closed",
    ...session(2),
    ...session(3),
  ]);
});

Deno.test("a head that does not come to its end is answered 408 when its time is up", async () => {
  await using chat = await startWeb({ handshakeTimeout: 200 });
  for (const head of ["G", "GET / HTTP/1.1\r\nhost: localhost\r\na: b"]) {
    const answer = await exchange(chat.port, head);
    assertEquals(statusOf(answer), 408, answer);
  }
  // A peer that says nothing is told as before, in a line.
  assertMatch(await exchange(chat.port, ""), /^\{"type":"error".*"handshake_timeout"/);
});

Deno.test("a connection that is turned away is told so in what it speaks", async () => {
  const settings = { limits: limits({ "max-connections": 1 }) };
  await using chat = await startWeb(settings);
  using _alice = await chat.join("Alice");
  const answer = await exchange(chat.port, request("/"));
  assertEquals(statusOf(answer), 503);
  assertStringIncludes(answer, "The server has its 1 connections");
  for (const endpoint of [chat, overWebSocket(chat.port)]) {
    using turnedAway = await endpoint.dial();
    await turnedAway.send("connect", { name: "Bob", version: 2 });
    assertEquals((await turnedAway.receive("error")).payload.code, "server_full");
    assertEquals(await turnedAway.next(), undefined);
  }
  // One that says nothing gets a line.
  assertMatch(await exchange(chat.port, ""), /^\{"type":"error".*"server_full"/);
});
