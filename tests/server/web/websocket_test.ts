/** WebSockets over real sockets: the same chat as over lines, and what breaks the protocol. */

import { assert, assertEquals, assertGreater, assertLess, assertMatch } from "@std/assert";
// @ts-types="../../fixtures/ws.d.ts"
import WsClient from "ws";
import { LIMITS } from "../../../protocol/mod.ts";
import { Directory } from "../../fixtures/files.ts";
import { upTo } from "../../fixtures/log.ts";
import { requestLine } from "../../fixtures/test_client.ts";
import { clientFrame, overWebSocket, startWeb, WebSocketClient } from "../../fixtures/web.ts";

const CONNECT = requestLine("connect", { name: "Alice", room: "General", version: 2 });

Deno.test("a lecture client, a client of version 2 and a WebSocket talk on one port", async () => {
  await using chat = await startWeb();
  using lecture = await chat.lecture("Lecture");
  using lines = await chat.join("Lines");
  using page = await overWebSocket(chat.port).join("Page");
  const all = [lecture, lines, page];
  await Promise.all(all.map((each) => each.settled()));
  for (const each of all) {
    await each.send("message", { text: "Hello" });
    await each.settled();
  }
  const heard = await Promise.all(all.map((each) => each.settled()));
  const last = heard.map((events) => events.at(-1)?.payload.sender);
  assertEquals(last, ["Page", "Page", undefined]);
});

Deno.test("a message may hold several lines, or a part of one in each of its frames", async () => {
  await using chat = await startWeb();
  using client = await WebSocketClient.open(chat.port);
  const half = CONNECT.length / 2;
  await client.write(clientFrame(CONNECT.slice(0, half), 0x01));
  await client.write(clientFrame("between", 0x89));
  await client.write(clientFrame(CONNECT.slice(half), 0x80));
  await client.write(
    clientFrame(requestLine("ping", { nonce: "1" }) + requestLine("ping", { nonce: "2" })),
  );
  // Without the newline: the message's end ends the line.
  await client.write(clientFrame("nonsense"));
  await client.write(clientFrame('{"type":"quit"}'));
  let text = "";
  const others: [number, string][] = [];
  for (let frame = await client.frame(); frame !== undefined; frame = await client.frame()) {
    const payload = new TextDecoder().decode(frame.payload);
    if (frame.first === 0x81) text += payload;
    else others.push([frame.first, payload]);
    if (frame.first === 0x81) assert(payload.endsWith("\n"));
  }
  assertEquals(
    others,
    [[0x8a, "between"], [0x88, "\x03\xe8"]].map((
      [first, payload],
    ) => [first, first === 0x88 ? new TextDecoder().decode(Uint8Array.of(3, 0xe8)) : payload]),
  );
  const types = text.trim().split("\n").map((line) => JSON.parse(line).type);
  assertEquals(types, ["connect_ack", "pong", "pong", "error"]);
});

/** What a client sends behind `connect`, and how it is closed; an error of the protocol comes first. */
const BREACHES: [what: string, bytes: Uint8Array, code: number, error?: string][] = [
  ["no mask", Uint8Array.of(0x81, 2, 0x7b, 0x7d), 1002],
  ["binary", clientFrame("{}", 0x82), 1003],
  ["a fragmented ping", clientFrame("", 0x09), 1002],
  ["a line that is too long", clientFrame(`{${" ".repeat(LIMITS.line)}`), 1009, "line_too_long"],
  ["not UTF-8", clientFrame(Uint8Array.of(0x7b, 0xff, 0x0a)), 1007, "not_utf8"],
  ["a close frame", clientFrame(Uint8Array.of(0x03, 0xe9), 0x88), 1001],
  ["a close frame without a code", clientFrame("", 0x88), 1000],
  ["quit", clientFrame('{"type":"quit"}'), 1000],
];

Deno.test("a breach gets its error and then one close frame with its code", async () => {
  await using chat = await startWeb();
  using witness = await chat.join("Witness");
  for (const [what, bytes, code, error] of BREACHES) {
    using client = await WebSocketClient.open(chat.port);
    await client.write(clientFrame(requestLine("connect", { name: what, version: 2 })));
    await client.frame();
    await client.write(bytes);
    const rest = await client.rest();
    const codes = rest.text.trim().split("\n").filter(Boolean).map((line) =>
      JSON.parse(line).payload.code
    );
    assertEquals(
      [rest.code, codes.filter(Boolean)],
      [code, error === undefined ? [] : [error]],
      what,
    );
    await witness.settled();
  }
  assertEquals(chat.log.filter((line) => line.includes('"level":"error"')), []);
});

Deno.test("fragments that never end are bounded as a line is", async () => {
  await using chat = await startWeb();
  using client = await WebSocketClient.open(chat.port);
  await client.write(clientFrame("x".repeat(60_000), 0x01));
  const rest = client.rest();
  const endless = clientFrame("x".repeat(60_000), 0x00);
  await client.write(endless).catch(() => {});
  await client.write(endless).catch(() => {});
  const { text, code } = await rest;
  assertMatch(text, /"line_too_long"/);
  assertEquals(code, 1009);
});

Deno.test("half a message is no line when the connection ends in it", async () => {
  await using chat = await startWeb();
  using witness = await chat.join("Witness");
  using client = await WebSocketClient.open(chat.port);
  await client.write(clientFrame(CONNECT));
  await client.frame();
  await witness.settled();
  await client.write(clientFrame('{"type":"message","payload":{"text":"half', 0x01));
  await client.conn.closeWrite();
  await client.rest();
  assertEquals((await witness.receive("notification")).payload.event, "left");
});

Deno.test("the server's stop is a notification and a close frame with 1001", async () => {
  const chat = await startWeb();
  using client = await WebSocketClient.open(chat.port);
  await client.write(clientFrame(CONNECT));
  await client.frame();
  const [{ text, code }] = await Promise.all([client.rest(), chat[Symbol.asyncDispose]()]);
  assertMatch(text, /"shutdown"/);
  assertEquals(code, 1001);
});

Deno.test("a slow reader over a WebSocket gets everything", async () => {
  using directory = new Directory();
  await using chat = await startWeb({}, { path: directory.file() });
  using slow = await overWebSocket(chat.port).join("Slow");
  using bob = await chat.join("Bob");
  const line = requestLine("message", { text: "😀".repeat(LIMITS.text) });
  for (let said = 0; said < 1000; said += 20) {
    await bob.write(line.repeat(20));
    await bob.settled();
  }
  const seqs: number[] = [];
  let behind = 0;
  while (seqs.at(-1) !== 1000) {
    const event = await slow.next();
    assert(event !== undefined);
    if (event.payload.event === "behind") behind = event.payload.behind;
    if (event.type === "message") seqs.push(event.payload.seq);
  }
  assertEquals(seqs, upTo(1000));
  assertGreater(behind, 0);
  assertLess(behind, 1000);
});

Deno.test("the runtime's own WebSocket is understood", async () => {
  await using chat = await startWeb();
  const socket = new WebSocket(`ws://localhost:${chat.port}/chat`);
  const closed = new Promise<CloseEvent>((resolve) => socket.onclose = resolve);
  await new Promise((resolve) => socket.onopen = resolve);
  const text = "😀".repeat(LIMITS.text);
  const heard: string[] = [];
  socket.onmessage = ({ data }) => heard.push(...data.trim().split("\n"));
  socket.send(CONNECT);
  socket.send(requestLine("message", { text }));
  socket.send(requestLine("quit"));
  const { code, wasClean } = await closed;
  assertEquals([code, wasClean], [1000, true]);
  assertEquals(heard.map((line) => JSON.parse(line).payload.text), [undefined, text]);
});

Deno.test("the client of npm's ws is understood, with pings, fragments and a close code", async () => {
  await using chat = await startWeb();
  const socket = new WsClient(`ws://localhost:${chat.port}/chat`);
  const heard: string[] = [];
  socket.on("message", (data) => heard.push(...String(data).trim().split("\n")));
  await new Promise<void>((resolve) => socket.on("open", resolve));
  const pong = new Promise((resolve) => socket.on("pong", (data) => resolve(String(data))));
  const text = "x".repeat(LIMITS.text);
  socket.send(CONNECT.slice(0, 20), { fin: false });
  socket.ping("are you there?");
  socket.send(CONNECT.slice(20), { fin: true });
  assertEquals(await pong, "are you there?");
  const answered = new Promise<void>((resolve) =>
    socket.on("message", () => heard.length > 1 && resolve())
  );
  socket.send(requestLine("message", { text }));
  await answered;
  assertEquals(heard.map((line) => JSON.parse(line).payload.text), [undefined, text]);
  const closed = new Promise((resolve) => socket.on("close", resolve));
  socket.close(4000);
  assertEquals(await closed, 4000);
});
