/** Connections through a proxy on this machine. */

import { assertEquals } from "@std/assert";
import { ProxyListener } from "../../../server/web/proxy.ts";
import { PrefixedSocket } from "../../../server/web/transport.ts";
import { readProxyHeader, SIGNATURE } from "../../../server/web/proxy_header.ts";
import { PURE } from "../../fixtures/pure.ts";
import { requestLine } from "../../fixtures/test_client.ts";
import {
  clientFrame,
  dial,
  exchange,
  overWebSocket,
  request,
  startWeb,
  statusOf,
  WebSocketClient,
} from "../../fixtures/web.ts";

/** A header of PROXY version 2: its command, its family, and what follows. */
function header(command: number, family: number, rest: number[]): Uint8Array {
  return Uint8Array.of(...SIGNATURE, command, family, rest.length >> 8, rest.length & 255, ...rest);
}

const FOUR = header(0x21, 0x11, [192, 0, 2, 7, 127, 0, 0, 1, 0x30, 0x39, 0, 80]);

Deno.test("readProxyHeader() gives the peer's address, once all of it has come", PURE, () => {
  const six = [0x20, 1, 0x0d, 0xb8, ...Array(11).fill(0), 7];
  const mapped = [...Array(10).fill(0), 0xff, 0xff, 192, 0, 2, 7];
  const headers: [bytes: Uint8Array, address: string | undefined][] = [
    [FOUR, "192.0.2.7 12345"],
    [header(0x21, 0x21, [...six, ...six, 0, 1, 0, 2]), "2001:db8:0:0:0:0:0:7 1"],
    [header(0x21, 0x21, [...mapped, ...mapped, 0, 1, 0, 2]), "192.0.2.7 1"],
    [header(0x20, 0x11, [192, 0, 2, 7, 127, 0, 0, 1, 0, 1, 0, 2]), undefined],
    [header(0x20, 0x00, []), undefined],
    [header(0x21, 0x31, Array(216).fill(65)), undefined],
    [header(0x21, 0x11, [1, 2]), undefined],
  ];
  for (const [bytes, address] of headers) {
    for (let length = 0; length < bytes.length; length++) {
      assertEquals(readProxyHeader(bytes.subarray(0, length)), undefined);
    }
    const whole = readProxyHeader(Uint8Array.of(...bytes, 1, 2, 3));
    assertEquals(whole?.length, bytes.length);
    const given = whole?.address;
    assertEquals(given && `${given.hostname} ${given.port}`, address);
  }
});

/** A server behind a proxy, and the peers of its connections so far. */
async function startBehindProxy() {
  const inner = new ProxyListener(Deno.listen({ hostname: "127.0.0.1", port: 0 }));
  const chat = await startWeb({}, { inner, allowed: { names: ["chat.example.org"], origins: [] } });
  return Object.assign(chat, {
    peers: () =>
      chat.log.map((line) => JSON.parse(line)).filter(({ event }) => event === "connection opened")
        .map(({ peer }) => peer.replace(/^127\.0\.0\.1:.*/, "this machine")),
  });
}

Deno.test("the last X-Forwarded-For is the peer, and X-Forwarded-Proto says whether it is encrypted", async () => {
  await using chat = await startBehindProxy();
  const fields: [fields: Record<string, string>, status: number, peer: string][] = [
    [{}, 200, "this machine"],
    [
      { "x-forwarded-for": "198.51.100.1, 192.0.2.7", "x-forwarded-proto": "https" },
      200,
      "192.0.2.7:0",
    ],
    [{ "x-forwarded-for": "192.0.2.7:99", "x-forwarded-proto": "http" }, 403, "192.0.2.7:99"],
    [{ "x-forwarded-for": "192.0.2.7" }, 403, "192.0.2.7:0"],
    [
      { "x-forwarded-for": "[2001:db8::7]:5", "x-forwarded-proto": "https" },
      200,
      "[2001:db8::7]:5",
    ],
    [{ "x-forwarded-for": "2001:db8::7", "x-forwarded-proto": "https" }, 200, "[2001:db8::7]:0"],
    [{ "x-forwarded-for": "unknown" }, 200, "this machine"],
  ];
  for (const [given, status, peer] of fields) {
    const answer = await exchange(chat.port, request("/", given));
    assertEquals([statusOf(answer), chat.peers().at(-1)], [status, peer], JSON.stringify(given));
  }
});

Deno.test("lines and WebSockets go through a proxy, with their peers' addresses", async () => {
  await using chat = await startBehindProxy();
  using alice = await chat.join("Alice");
  using bob = await overWebSocket(chat.port).join("Bob");
  using carol = await WebSocketClient.open(chat.port, {
    "host": "chat.example.org",
    "origin": "https://chat.example.org",
    "x-forwarded-for": "192.0.2.7",
    "x-forwarded-proto": "https",
  });
  await carol.write(clientFrame(requestLine("connect", { name: "Carol", room: "General" })));
  await carol.frame();
  using dave = await chat.dial();
  await dave.write(FOUR.slice(0, 5));
  await alice.settled();
  await dave.write(FOUR.slice(5));
  await dave.connect("Dave", { room: "General" });
  await bob.settled();
  assertEquals(chat.peers(), ["this machine", "this machine", "192.0.2.7:0", "192.0.2.7:12345"]);
});

Deno.test("peers that a proxy has not spoken for yet hold up no other", async () => {
  await using chat = await startBehindProxy();
  const silent = await Promise.all(Array.from({ length: 100 }, () => dial(chat.port)));
  using alice = await chat.join("Alice");
  await alice.settled();
  for (const each of silent) each.close();
  using bob = await chat.join("Bob");
  await bob.settled();
});

Deno.test("X-Forwarded-For of another machine is not believed, nor is PROXY", async () => {
  const address = { transport: "tcp", hostname: "192.0.2.1", port: 5 } as const;
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const elsewhere = {
    addr: listener.addr,
    accept: async () =>
      new PrefixedSocket(await listener.accept(), new Uint8Array(0), { remoteAddr: address }),
    close: () => {},
  };
  const proxy = new ProxyListener(elsewhere);
  for (
    const words of [
      FOUR,
      new TextEncoder().encode(request("/", { "x-forwarded-for": "127.0.0.1" })),
    ]
  ) {
    using conn = await dial(listener.addr.port);
    await conn.write(words);
    const socket = await proxy.accept();
    assertEquals(socket.remoteAddr, address);
    socket.close();
  }
});
