import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { issue, makeAuthority } from "../../../server/tls/certificate.ts";
import type { CertificateSource } from "../../../server/tls/source.ts";
import { Logger } from "../../../server/process/logger.ts";
import { Tls } from "../../../server/tls/tls.ts";
import { ClientProcess, Home, runClient } from "../../fixtures/client.ts";
import { startServer } from "../../fixtures/server.ts";
import { Certificates, outerAddress, Own, startTlsServer, startWith } from "../../fixtures/tls.ts";
import { DAY } from "../../../server/process/time.ts";

/** Sends "Hi" as Alice to a server. */
async function send(home: Home, url: string, ...args: string[]) {
  const { code, stderr } = await runClient(home, [
    "send",
    "--name",
    "Alice",
    "--server",
    url,
    ...args,
    "Hi",
  ]);
  return { code, stderr: stderr.join("\n") };
}

const OK = { code: 0, stderr: "" };

/** The names of the sessions that a server has opened. */
function sessionsIn(log: string[]): unknown[] {
  return log.map((line) => JSON.parse(line)).filter(({ event }) => event === "session opened")
    .map(({ name }) => name);
}

Deno.test("an unknown self-issued certificate is refused where nobody can be asked, and nothing is sent", async () => {
  await using home = new Home();
  const own = await Own.make();
  await using chat = await startTlsServer(own);
  const url = `chats://127.0.0.1:${chat.tlsPort}`;
  const { code, stderr } = await send(home, url);
  assertEquals([code, sessionsIn(chat.log)], [1, []]);
  assertStringIncludes(stderr, `${url} is new here`);
  assertStringIncludes(stderr, `${url}/#${await own.print}`);
  // The refused server has not become known either.
  assertEquals((await send(home, url)).code, 1);
});

Deno.test("the fingerprint in the address is enough, and the server is known from then on", async () => {
  await using home = new Home();
  const own = await Own.make();
  await using chat = await startTlsServer(own);
  const url = `chats://localhost:${chat.tlsPort}`;
  assertEquals(await send(home, `${url}/General#${await own.print}`), OK);
  assertEquals(await send(home, url), OK);
  // It may renew its certificate as often as it likes.
  await chat.tls.reload();
  assertEquals(await send(home, `${url}/#${(await own.print).toUpperCase()}`), OK);
  assertEquals(sessionsIn(chat.log), ["Alice", "Alice", "Alice"]);
});

Deno.test("a wrong fingerprint in the address refuses loudly, known server or not", async () => {
  await using home = new Home();
  const own = await Own.make();
  await using chat = await startTlsServer(own);
  const url = `chats://127.0.0.1:${chat.tlsPort}`;
  const right = await own.print;
  const wrong = right.replace(/^./, (digit) => digit === "0" ? "1" : "0");
  const refuses = async () => {
    const { code, stderr } = await send(home, `${url}/#${wrong}`);
    assertEquals(code, 1);
    assertStringIncludes(stderr, `THE CERTIFICATE OF ${url} IS NOT THE ONE THAT IS TRUSTED.`);
    assertStringIncludes(stderr, `trusted: ${wrong}\n`);
    assertStringIncludes(stderr, `shown:   ${right}\n`);
  };
  await refuses();
  assertEquals(await send(home, `${url}/#${right}`), OK);
  await refuses();
  assertEquals(await send(home, url), OK);
  assertEquals(sessionsIn(chat.log), ["Alice", "Alice"]);
});

Deno.test("a known server that shows another certificate is refused loudly, before anything is sent", async () => {
  await using home = new Home();
  const own = await Own.make();
  await using chat = await startTlsServer(own);
  const url = `chats://127.0.0.1:${chat.tlsPort}`;
  assertEquals(await send(home, `${url}/#${await own.print}`), OK);
  const other = await Own.make();
  own.shown = other.shown;
  await chat.tls.reload();
  chat.log.length = 0;
  for (let attempt = 0; attempt < 2; attempt++) {
    const { code, stderr } = await send(home, url);
    assertEquals(code, 1);
    assertStringIncludes(stderr, `THE CERTIFICATE OF ${url} IS NOT THE ONE THAT IS TRUSTED.`);
    assertStringIncludes(stderr, `trusted: ${await own.print}\n`);
    assertStringIncludes(stderr, `shown:   ${await other.print}\n`);
    assertStringIncludes(stderr, `${url}/#${await other.print}`);
  }
  assertEquals(sessionsIn(chat.log), []);
  // The person has checked, and names the fingerprint.
  assertEquals(await send(home, `${url}/#${await other.print}`), OK);
  assertEquals(await send(home, url), OK);
});

Deno.test("a server that shows the known authority without its key is refused", async () => {
  await using home = new Home();
  const own = await Own.make();
  await using chat = await startTlsServer(own);
  const url = `chats://127.0.0.1:${chat.tlsPort}`;
  const { key } = await makeAuthority(Date.now());
  const forged = { certificate: own.authority.certificate, key };
  const print = await own.print;
  own.shown = () => issue(forged, ["::"], Date.now());
  await chat.tls.reload();
  // The fingerprint is right, but nothing is sent, neither before the server is known nor after.
  for (let attempt = 0; attempt < 2; attempt++) {
    const { code, stderr } = await send(home, `${url}/#${print}`);
    assertEquals(code, 1);
    assertStringIncludes(stderr, "no authority of its own, or a forged one");
  }
  assertEquals(sessionsIn(chat.log), []);
});

Deno.test("a server that a known authority vouches for needs no question, and is held to it", async () => {
  await using home = new Home();
  await using certificates = await Certificates.make();
  await using chat = await startWith(certificates);
  const url = `chats://localhost:${chat.tlsPort}`;
  const { code } = await send(home, url);
  assertEquals(code, 1);
  assertEquals(await send(home, url, "--ca", certificates.ca), OK);
  // The authorities of another file do not count.
  await using other = await Certificates.make();
  const refused = await send(home, url, "--ca", other.ca);
  assertEquals(refused.code, 1);
  assertStringIncludes(
    refused.stderr,
    "its certificate is of no authority that this machine knows",
  );
  assertEquals(sessionsIn(chat.log), ["Alice"]);
});

Deno.test("an authority that only the system knows is enough, at first and again", async () => {
  await using home = new Home();
  await using certificates = await Certificates.make();
  await using chat = await startWith(certificates);
  const url = `chats://localhost:${chat.tlsPort}`;
  const trusting = async (file: string) => {
    const args = ["send", "--name", "Alice", "--server", url, "Hi"];
    await using client = new ClientProcess(home, args, { SSL_CERT_FILE: file });
    const { code, stderr } = await client.finish();
    return { code, stderr: stderr.join("\n") };
  };
  await using other = await Certificates.make();
  assertEquals((await send(home, url)).code, 1);
  assertEquals((await trusting(other.ca)).code, 1);
  assertEquals(await trusting(certificates.ca), OK);
  assertEquals(await trusting(certificates.ca), OK);
  for (const file of [other.ca, "/nonexistent"]) assertEquals((await trusting(file)).code, 1);
  assertEquals((await send(home, url)).code, 1);
});

Deno.test("a server that an authority vouched for is not known again by a certificate of its own making", async () => {
  await using home = new Home();
  await using certificates = await Certificates.make();
  const given = new Own(certificates.authority);
  await using chat = await startTlsServer(given);
  const url = `chats://localhost:${chat.tlsPort}`;
  assertEquals(await send(home, url, "--ca", certificates.ca), OK);
  const own = await Own.make();
  given.shown = own.shown;
  await chat.tls.reload();
  const { code, stderr } = await send(home, url, "--ca", certificates.ca);
  assertEquals(code, 1);
  // No question is asked: only unknown servers are asked about.
  assert(!stderr.includes("is new here"), stderr);
  assertStringIncludes(stderr, "write " + url + "/#FINGERPRINT");
  assertEquals(await send(home, `${url}/#${await own.print}`), OK);
});

Deno.test("a client that can't remember servers goes by its options each time", async () => {
  await using home = new Home();
  const own = await Own.make();
  await using chat = await startTlsServer(own);
  const url = `chats://localhost:${chat.tlsPort}`;
  // A directory is where the file's lock would be.
  const lock = `${home.path}/state/chat-client/known-servers.jsonl.lock`;
  await Deno.mkdir(lock, { recursive: true });
  assertEquals(await send(home, `${url}/#${await own.print}`), OK);
  assertEquals((await send(home, url)).code, 1);
  assertEquals(await send(home, `${url}/#${await own.print}`), OK);
});

Deno.test("an expired certificate is refused, whichever authority signed it", async () => {
  await using home = new Home();
  const own = await Own.make();
  own.shown = () => issue(own.authority, ["::"], Date.now() - 100 * DAY);
  await using chat = await startTlsServer(own);
  await using ca = await Certificates.make();
  await Deno.writeTextFile(ca.ca, own.authority.certificate);
  const url = `chats://127.0.0.1:${chat.tlsPort}`;
  for (const args of [[`${url}/#${await own.print}`], [url, "--ca", ca.ca]] as const) {
    const [where, ...more] = args;
    const { code, stderr } = await send(home, where, ...more);
    assertEquals(code, 1);
    assertStringIncludes(stderr, "its certificate has expired");
  }
  assertEquals(sessionsIn(chat.log), []);
});

Deno.test("plain TCP and TLS that are mistaken for each other get a clear error", async () => {
  await using home = new Home();
  const own = await Own.make();
  await using chat = await startTlsServer(own);
  const plain = await send(home, `127.0.0.1:${chat.tlsPort}`);
  assertEquals(plain.code, 1);
  assertStringIncludes(plain.stderr, "This port speaks TLS: use a chats:// address");
  for (const fragment of ["", `#${await own.print}`]) {
    const { code, stderr } = await send(home, `chats://127.0.0.1:${chat.port}/${fragment}`);
    assertEquals(code, 1);
    assertStringIncludes(stderr, "no TLS is spoken there; for plain TCP write chat://");
  }
  const unusable = await send(home, `chats://h`, "--ca", `${home.path}/none`);
  assertEquals(unusable.code, 2);
  assertStringIncludes(unusable.stderr, `Cannot read the authorities in ${home.path}/none: `);
});

Deno.test("every way of calling the client goes over TLS", async () => {
  await using home = new Home();
  const own = await Own.make();
  await using chat = await startTlsServer(own);
  const url = `chats://127.0.0.1:${chat.tlsPort}/Ops`;
  const as = (...args: string[]) => [...args, "--name", "Alice"];
  const first = await runClient(home, as(`${url}#${await own.print}`), ["from a pipe"]);
  assertEquals([first.code, first.stdout.at(-1)], [0, "[Ops] Alice: from a pipe"]);
  const json = await runClient(home, as(url, "--json"), [
    '{"type": "message", "payload": {"text": "in JSON"}}',
  ]);
  assertStringIncludes(json.stdout.join("\n"), '"text":"in JSON"');
  const asked: [string[], string[]][] = [
    [["tail"], ["[Ops] Alice: from a pipe", "[Ops] Alice: in JSON"]],
    [["search", "json", "--room", "Ops"], ["[Ops] Alice: in JSON"]],
    [["rooms"], ["Ops\t0\t"]],
    [["who"], []],
  ];
  for (const [args, expected] of asked) {
    const { code, stdout, stderr } = await runClient(home, as(...args, "--server", url));
    assertEquals([code, stdout, stderr], [0, expected, []], args.join(" "));
  }
  const env = { CHAT_SERVER: url };
  await using client = new ClientProcess(home, as("--plain"), env);
  await client.type("from the environment");
  const { stdout } = await client.finish();
  assertStringIncludes(stdout.join("\n"), "[Ops] Alice: from the environment");
  assert(sessionsIn(chat.log).every((name) => name === "Alice"));
});

Deno.test("a link that is lost comes back over TLS, and not to somebody else", async () => {
  await using home = new Home();
  const own = await Own.make();
  const first = await startTlsServer(own);
  const { tlsPort } = first;
  const url = `chats://127.0.0.1:${tlsPort}/General#${await own.print}`;
  await using client = new ClientProcess(home, [url, "--name", "Alice", "--retry", "60"]);
  await client.type("one");
  await client.stdout.until("one");
  await first[Symbol.asyncDispose]();
  await client.stderr.until("trying to connect again");
  const again = async (source: CertificateSource) => {
    const logger = new Logger("error", "json", () => {});
    const tls = await Tls.open(
      source,
      () => Deno.listen({ hostname: "127.0.0.1", port: tlsPort }),
      logger,
    );
    return await startServer({ listeners: [tls] });
  };
  const second = await again(own);
  await client.stderr.until("Connected again");
  await client.type("two");
  await client.stdout.until("two");
  await second[Symbol.asyncDispose]();
  const third = await again(await Own.make());
  const { code, stderr } = await client.ended();
  assertEquals([code, sessionsIn(third.log)], [1, []]);
  assertStringIncludes(stderr.join("\n"), "IS NOT THE ONE THAT IS TRUSTED");
  await third[Symbol.asyncDispose]();
});

Deno.test({
  name:
    "a password goes over TLS to wherever the server is, and over plain TCP to no other machine",
  ignore: outerAddress() === undefined,
  async fn() {
    await using home = new Home();
    const own = await Own.make();
    const everywhere = { hostname: "0.0.0.0", port: 0 };
    const tls = await Tls.open(
      own,
      () => Deno.listen(everywhere),
      new Logger("error", "json", () => {}),
    );
    const plain = Deno.listen(everywhere);
    await using chat = await startServer({ listeners: [plain, tls] });
    using alice = await chat.connect("Alice");
    await alice.send("register", { password: "correct horse" });
    await alice.settled();
    await Deno.writeTextFile(`${home.path}/password`, "correct horse\n", { mode: 0o600 });
    const password = ["--password-file", `${home.path}/password`];
    const host = outerAddress();
    const { code, stderr } = await send(home, `chat://${host}:${plain.addr.port}`, ...password);
    assertEquals(code, 1);
    assertStringIncludes(stderr, "The password was not sent");
    const url = `chats://${host}:${tls.addr.port}/#${await own.print}`;
    assertEquals(await send(home, url, ...password), OK);
  },
});
