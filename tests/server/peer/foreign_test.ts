import { assertEquals, assertStringIncludes } from "@std/assert";
import type { Received, TestClient } from "../../fixtures/test_client.ts";
import { Directory } from "../../fixtures/files.ts";
import { hasProgram } from "../../fixtures/process.ts";
import { startServer, type TestServer } from "../../fixtures/server.ts";
import { startWeb } from "../../fixtures/web.ts";

const CONNECT = '{"type":"connect","payload":{"name":"Mallory","room":"General"}}\n';
const MESSAGE = '{"type":"message","payload":{"text":"Said by a page"}}\n';
const REQUESTS = `\n${CONNECT}${MESSAGE}`;

/** First lines of other protocols and of no protocol, each followed by requests that must not be obeyed. */
const FOREIGN: [what: string, bytes: string][] = [
  ["a POST", `POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99\r\n\r\n${REQUESTS}`],
  ["a POST with bare newlines", `POST / HTTP/1.0\n\n${REQUESTS}`],
  ["a PUT with a request in its path", `PUT /${CONNECT.trim()} HTTP/1.1\r\n\r\n${REQUESTS}`],
  ["a POST after blank lines", `\r\n\n \t\n\nPOST / HTTP/1.1\r\n\r\n${REQUESTS}`],
  ["a POST after a BOM", `\ufeffPOST / HTTP/1.1\r\n\r\n${REQUESTS}`],
  ["HTTP/2", `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${REQUESTS}`],
  ["SMTP", `EHLO localhost\r\n${REQUESTS}`],
  ["a form field", `--boundary\r\nContent-Disposition: form-data; name="a"\r\n\r\n${REQUESTS}`],
  ["text", `Hello, everyone!\n${REQUESTS}`],
  ["text before an object", `x${CONNECT}${REQUESTS}`],
  ["a closing brace", `}\n${REQUESTS}`],
  ["an array of requests", `[${CONNECT.trim()},${MESSAGE.trim()}]\n${REQUESTS}`],
  ["a string", `"connect"\n${REQUESTS}`],
  ["a number", `5\n${REQUESTS}`],
  ["null", `null\n${REQUESTS}`],
  ["half an object", `{"type":\n${REQUESTS}`],
  ["braces around what is not JSON", `{POST / HTTP/1.1}\r\n${REQUESTS}`],
  ["an object that nests too deep", `${'{"a":'.repeat(5000)}1${"}".repeat(5000)}\n${REQUESTS}`],
];

/** The ways in which the bytes may arrive. */
const CUTS: Record<string, (bytes: string) => string[]> = {
  "in one piece": (bytes) => [bytes],
  "head and requests apart": (bytes) => [bytes.replace(REQUESTS, ""), REQUESTS],
  "line by line": (bytes) => bytes.split(/(?<=\n)/),
};

for (const [cut, pieces] of Object.entries(CUTS)) {
  Deno.test(`a connection whose first line is no JSON object gets an error and is closed (${cut})`, async () => {
    await using chat = await startServer();
    using witness = await chat.join("Witness");
    for (const [what, bytes] of FOREIGN) {
      using peer = await chat.dial();
      (peer.conn as Deno.TcpConn).setNoDelay(true);
      for (const piece of pieces(bytes)) {
        // The server may have closed the connection already.
        await peer.write(piece).catch(() => {});
        await witness.settled();
      }
      const events = await peer.rest();
      assertEquals(events.map(({ type }) => type), ["error"], what);
      assertStringIncludes("not_json not_object", events[0]?.payload.code, what);
      assertStringIncludes(events[0]?.payload.message, "the connection is closed", what);
    }
    assertEquals(await heard(witness), []);
  });
}

Deno.test("the log gives one reason for each closed connection, whatever follows the first line", async () => {
  await using chat = await startServer();
  using witness = await chat.join("Witness");
  const rests = [new Uint8Array([0xff, 0x0a]), "x".repeat(100_000), "\n{\n"];
  for (const rest of rests) {
    using peer = await chat.dial();
    await peer.write("POST / HTTP/1.1\r\n\r\n");
    await peer.write(rest);
    await peer.rest();
  }
  await witness.settled();
  const closings = chat.log.filter((line) => line.includes('"closing the connection"'));
  assertEquals(closings.map((line) => JSON.parse(line).code), rests.map(() => "not_json"));
});

Deno.test("a first line that is an object lets the connection stay, whatever else is wrong with it", async () => {
  await using chat = await startServer();
  const lines = [
    "{}",
    '{"type":"POST"}',
    '{"type":"connect","payload":{"version":2}}',
    '\ufeff\n\n {"type":"ping"}',
  ];
  for (const line of lines) {
    using peer = await chat.dial();
    await peer.write(`${line}\nnonsense\n`);
    await peer.receive("error");
    assertEquals((await peer.receive("error")).payload.code, "not_json", line);
    await peer.send("connect", { name: "Alice", version: 2 });
    await peer.receive("connect_ack");
    await peer.send("quit");
    await peer.rest();
  }
});

const hasChromium = await hasProgram("chromium");

/** Each way in which a page can send bytes of its own to another origin without being asked. */
const PAGE = (address: string) =>
  `<!doctype html><script type="module">
const body = ${JSON.stringify(REQUESTS)};
const to = ${JSON.stringify(address)};
const sent = [
  fetch(to, { method: "POST", mode: "no-cors", body }),
  fetch(to, { method: "POST", mode: "no-cors", body: new Blob([body]) }),
  fetch(to, { method: "POST", mode: "no-cors", body: new URLSearchParams({ body }) }),
  new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.onloadend = resolve;
    request.open("POST", to);
    request.send(body);
  }),
];
navigator.sendBeacon(to, body);
await Promise.allSettled(sent);
await fetch("/done");
</script>`;

Deno.test({
  name: "no page in a browser can speak in the chat",
  ignore: !hasChromium,
  async fn(t) {
    await t.step("over lines alone", () => haveAPageSpeak(startServer));
    await t.step("where a page is served too", () => haveAPageSpeak(startWeb));
  },
});

async function haveAPageSpeak(start: () => Promise<TestServer>): Promise<void> {
  await using chat = await start();
  using witness = await chat.join("Witness");
  const done = Promise.withResolvers<void>();
  await using site = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    if (new URL(request.url).pathname === "/done") done.resolve();
    const page = PAGE(`http://127.0.0.1:${chat.port}/`);
    return new Response(page, { headers: { "content-type": "text/html" } });
  });
  using profile = new Directory();
  const browser = new Deno.Command("chromium", {
    args: [
      ...["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
      ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
      ...["--remote-debugging-port=0", `--user-data-dir=${profile.path}`],
      `http://127.0.0.1:${site.addr.port}/`,
    ],
    stdout: "null",
    stderr: "null",
  }).spawn();
  await done.promise;
  assertEquals(await heard(witness), []);
  browser.kill();
  await browser.status;
  assertEquals(chat.log.filter((line) => line.includes('"session opened"')).length, 1);
}

/** The events that a member of the room was sent, by type. */
async function heard(witness: TestClient): Promise<string[]> {
  return (await witness.settled()).map(({ type }: Received) => type);
}
