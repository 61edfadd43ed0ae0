import { assert, assertEquals, assertRejects } from "@std/assert";
import { TlsEndpoint } from "../../../server/tls/listener.ts";
import { Endpoint } from "../../fixtures/endpoint.ts";
import { Certificates, dialTls, startWith } from "../../fixtures/tls.ts";
import { DAY } from "../../../server/process/time.ts";
import { requestLine } from "../../fixtures/test_client.ts";

/** Milliseconds: short, where a test waits for it to pass. */
const SHORT = 50;

Deno.test("one conversation goes across TLS and plain TCP, the lecture's clients in it", async () => {
  await using certificates = await Certificates.make();
  await using chat = await startWith(certificates);
  const ca = certificates.authority.certificate;
  using lecture = await chat.lecture("Lecture");
  using plain = await chat.join("Plain");
  using secure = await chat.overTls(ca).join("Secure");
  using secureLecture = await chat.overTls(ca).lecture("Old");
  const everyone = [lecture, plain, secure, secureLecture];
  for (const peer of everyone) await peer.settled();
  for (const [index, peer] of everyone.entries()) {
    await peer.send("message", { text: `from ${index}` });
    for (const each of everyone) {
      const { payload } = await each.receive("message");
      assertEquals([payload.text, payload.seq], [`from ${index}`, index + 1]);
    }
  }
});

Deno.test("messages over TLS arrive whole, however many they are and in either direction", async () => {
  await using certificates = await Certificates.make();
  await using chat = await startWith(certificates);
  using alice = await chat.overTls(certificates.authority.certificate).join("Alice");
  const texts = Array.from({ length: 500 }, (_, index) => `${index} `.padEnd(4000, "x"));
  const lines = texts.map((text) => requestLine("message", { text }));
  const writing = alice.write(lines.join(""));
  for (const text of texts) assertEquals((await alice.receive("message")).payload.text, text);
  await writing;
});

Deno.test("a peer that ends its side over TLS still gets all its answers", async () => {
  await using certificates = await Certificates.make();
  await using chat = await startWith(certificates);
  using peer = await chat.overTls(certificates.authority.certificate).dial();
  const connect = { type: "connect", payload: { name: "Alice", room: "General", version: 2 } };
  const say = (id: number) => ({ type: "message", id: `${id}`, payload: { text: "Hi" } });
  const requests = [connect, ...Array.from({ length: 300 }, (_, index) => say(index))];
  await peer.write(requests.map((each) => JSON.stringify(each) + "\n").join(""));
  await peer.finish();
  const answers = await peer.rest();
  assertEquals(answers.map(({ id }) => id).slice(1), requests.slice(1).map((_, id) => `${id}`));
});

Deno.test("a server that stops notifies clients over TLS, and they get every message", async () => {
  await using certificates = await Certificates.make();
  await using chat = await startWith(certificates);
  using alice = await chat.overTls(certificates.authority.certificate).join("Alice");
  await alice.send("message", { text: "last words" });
  await alice.receive("message");
  const stopping = chat.server.stop();
  const told = (await alice.rest()).map(({ payload }) => payload.event);
  assertEquals(told, ["shutdown"]);
  await stopping;
});

Deno.test("a peer that never finishes the handshake is closed when its time is over", async () => {
  await using certificates = await Certificates.make();
  await using chat = await startWith(certificates, { handshakeTimeout: SHORT });
  // Nothing at all, and the beginnings of a TLS handshake.
  await Promise.all([[], [0x16], [0x16, 3, 1, 2, 0, 1]].map(async (beginning) => {
    using conn = await Deno.connect({ hostname: "127.0.0.1", port: chat.tlsPort });
    if (beginning.length > 0) await conn.write(new Uint8Array(beginning));
    assertEquals(await endOf(conn), 0, `${beginning}`);
  }));
  assertEquals(chat.log.filter((line) => line.includes("internal error")), []);
});

/** Reads until the server closes: how many bytes came. A reset is an end too. */
async function endOf(conn: Deno.Conn): Promise<number> {
  const buffer = new Uint8Array(1000);
  let bytes = 0;
  try {
    for (;;) {
      const count = await conn.read(buffer);
      if (count === null) return bytes;
      bytes += count;
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.ConnectionReset)) throw error;
    return bytes;
  }
}

Deno.test("a peer that is silent after the TLS handshake gets an error and is closed", async () => {
  await using certificates = await Certificates.make();
  await using chat = await startWith(certificates, { handshakeTimeout: 4 * SHORT });
  using silent = await chat.overTls(certificates.authority.certificate).dial();
  assertEquals((await silent.rest()).map(({ payload }) => payload.code), ["handshake_timeout"]);
});

Deno.test("a client of plain TCP gets an error in plain text on the TLS port", async () => {
  await using certificates = await Certificates.make();
  await using chat = await startWith(certificates);
  for (const name of ["Lecture", "Newer"]) {
    using peer = await new Endpoint(chat.tlsPort).dial();
    await peer.send("connect", { name, room: "General" });
    const [error, ...more] = await peer.rest();
    assertEquals([error?.type, error?.payload.code, more], ["error", "tls_required", []]);
  }
});

Deno.test("nonsense on the TLS port ends that connection, and is no error of the server's", async () => {
  await using certificates = await Certificates.make();
  await using chat = await startWith(certificates);
  const random = crypto.getRandomValues(new Uint8Array(60_000));
  const nonsense = [
    random,
    new Uint8Array([0x16, ...random.subarray(0, 5000)]),
    // A handshake of the right form with random content.
    new Uint8Array([0x16, 3, 1, 0, 4, 1, 0, 0, 0]),
    new TextEncoder().encode("GET / HTTP/1.1\r\nHost: chat\r\n\r\n"),
  ];
  for (const bytes of nonsense) {
    using conn = await Deno.connect({ hostname: "127.0.0.1", port: chat.tlsPort });
    await conn.write(bytes);
    await conn.closeWrite();
    await endOf(conn);
  }
  using alice = await chat.overTls(certificates.authority.certificate).connect("Alice");
  await alice.settled();
  assertEquals(chat.log.filter((line) => /internal error|"level":"error"/.test(line)), []);
});

Deno.test("a peer over TLS that never reads delays nobody, and is closed on request", async () => {
  await using certificates = await Certificates.make();
  await using chat = await startWith(certificates, { idleTimeout: 1000 });
  const ca = certificates.authority.certificate;
  using slow = await chat.overTls(ca).join("Slow");
  using bob = await chat.join("Bob");
  const line = requestLine("message", { text: "x".repeat(4096) });
  // More than all buffers between the ends hold.
  for (let sent = 0; sent < 32_000_000; sent += 100 * line.length) {
    await bob.write(line.repeat(100));
    await bob.settled();
  }
  // It is pinged and closed, though it reads no byte of that; Bob gets its `left`.
  for (;;) {
    const event = await bob.next();
    if (event?.type === "ping") await bob.send("pong");
    if (event?.payload.event === "left") break;
  }
  // Sent lines still arrive; a connection that is cut off gets no close_notify.
  await slow.rest().catch(() => {/* an end that is not TLS's */});
});

Deno.test("certificates change while clients come and go, and none is refused", async () => {
  await using certificates = await Certificates.make();
  await using chat = await startWith(certificates);
  const ca = certificates.authority.certificate;
  using alice = await chat.overTls(ca).join("Alice");
  let isOver = false;
  let visits = 0;
  const comeAndGo = async (name: string) => {
    while (!isOver) {
      using peer = await chat.overTls(ca).connect(name);
      await peer.send("quit");
      assertEquals(await peer.rest(), []);
      visits++;
    }
  };
  const visiting = Promise.all(["Bob", "Carol", "Dave"].map(comeAndGo));
  for (let change = 1; change <= 20; change++) {
    await certificates.renew();
    await chat.tls.reload();
    while (visits < 10 * change) await Promise.race([alice.settled(), visiting]);
  }
  isOver = true;
  await visiting;
  // The earlier connection is still open.
  await alice.send("message", { text: "still here" });
  assertEquals((await alice.receive("message")).payload.text, "still here");
});

Deno.test("a new connection gets the new certificate, and an old one goes on", async () => {
  await using certificates = await Certificates.make();
  await using another = await Certificates.make();
  await using chat = await startWith(certificates);
  const ca = certificates.authority.certificate;
  using alice = await chat.overTls(ca).join("Alice");
  await Deno.copyFile(another.files.certificate, certificates.files.certificate);
  await Deno.copyFile(another.files.key, certificates.files.key);
  await chat.tls.reload();
  await assertRejects(() => dialTls(chat.tlsPort, ca), Error, "invalid peer certificate");
  using _bob = await chat.overTls(another.authority.certificate).join("Bob");
  assertEquals((await alice.receive("notification")).payload.name, "Bob");
});

Deno.test("a bad new certificate is logged with its file, and the old one stays", async () => {
  await using certificates = await Certificates.make();
  await using chat = await startWith(certificates);
  const ca = certificates.authority.certificate;
  const { certificate, key } = certificates.files;
  const good = await Deno.readTextFile(certificate);
  const { key: otherKey } = await (await Certificates.make()).renew();
  const bad: [path: string, content: string, reason: string][] = [
    [certificate, "nonsense", `${certificate}: it is not a certificate`],
    [certificate, good.replace(/[A-Z]{4}/, "AAAA"), certificate],
    [key, otherKey, `${certificate}: the key is not`],
    [key, "nonsense", `${key}: there is no private key`],
    [certificate, "", certificate],
  ];
  for (const [path, content, reason] of bad) {
    const before = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, content);
    chat.log.length = 0;
    await chat.tls.reload();
    const [line = "{}"] = chat.log.filter((each) => each.includes("certificate not loaded"));
    assert(JSON.parse(line).reason?.includes(reason), `${reason} in ${line}`);
    (await dialTls(chat.tlsPort, ca)).close();
    await Deno.writeTextFile(path, before);
  }
});

Deno.test("a certificate is renewed before its end, and its end is announced when it is not", async () => {
  const now = Date.now();
  await using certificates = await Certificates.make(now);
  await using chat = await startWith(certificates);
  const events = () => chat.log.splice(0).map((line) => JSON.parse(line).event);
  events();
  await chat.tls.renewIfDue(now + 59 * DAY);
  assertEquals(events(), []);
  // A newer certificate exists within the last thirty days, and then none does.
  await certificates.renew(now + 60 * DAY);
  await chat.tls.renewIfDue(now + 61 * DAY);
  assertEquals(events(), ["certificate loaded again"]);
  await chat.tls.renewIfDue(now + 61 * DAY);
  assertEquals(events(), []);
  await chat.tls.renewIfDue(now + 60 * DAY + 80 * DAY);
  assertEquals(events(), ["certificate loaded again", "certificate expires soon"]);
});

Deno.test("another program of this machine gets nowhere at the inner end of TLS", async () => {
  await using certificates = await Certificates.make();
  const read = (path: string) => Deno.readTextFile(path);
  const { certificate, key } = certificates.files;
  const endpoint = new TlsEndpoint({ certificate: await read(certificate), key: await read(key) });
  using stranger = await Deno.connect({ hostname: "127.0.0.1", port: endpoint.port });
  const { tls, near } = await endpoint.makePair();
  assertEquals(tls.remoteAddr.port, near.localAddr.port);
  assert(tls.remoteAddr.port !== stranger.localAddr.port);
  near.close();
  tls.close();
  endpoint.close();
});
