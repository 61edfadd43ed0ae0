import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { fingerprint } from "../../../server/tls/certificate.ts";
import { type Ended, serverCommand, TestProcess } from "../../fixtures/process.ts";
import { Certificates, dialTls, overTls } from "../../fixtures/tls.ts";
import { Endpoint } from "../../fixtures/endpoint.ts";
import { DAY } from "../../../server/process/time.ts";

const isWindows = Deno.build.os === "windows";

/** Starts a server as a process; `ports` are those of its first lines. */
async function startProcess(args: string[], lines: number) {
  const server = new TestProcess(serverCommand(...args, "--port", "0", "--tls-port", "0"));
  const said: string[] = [];
  while (said.length < lines) said.push(await server.line());
  const ports = said.map((line) => Number(/^Listening on [^ ]*:(\d+)/.exec(line)?.[1]));
  return Object.assign(server, { said, ports });
}

/** Runs the server until it ends by itself. */
async function run(...args: string[]): Promise<Ended> {
  await using server = new TestProcess(serverCommand(...args));
  return await server.ended();
}

Deno.test("--tls makes a certificate, says its fingerprint, and has the same one ever after", async () => {
  await using directory = await Certificates.make();
  const args = ["--data", `${directory.path}/chat.db`, "--tls"];
  const fingerprints: (string | undefined)[] = [];
  for (let start = 0; start < 2; start++) {
    await using server = await startProcess(args, 2);
    const [plain = "", tls = ""] = server.said;
    assertMatch(plain, /^Listening on 127\.0\.0\.1:\d+$/);
    const form = /^Listening on 127\.0\.0\.1:\d+ with TLS, fingerprint ([0-9a-f]{64})$/;
    assertMatch(tls, form);
    fingerprints.push(form.exec(tls)?.[1]);
    const authority = await Deno.readTextFile(`${directory.path}/chat.db-tls/authority.pem`);
    assertEquals(await fingerprint(authority), fingerprints[0]);
    const [port = 0, tlsPort = 0] = server.ports;
    const name = `Alice ${start}`;
    using alice = await overTls(tlsPort, authority).join(name);
    using _bob = await new Endpoint(port).lecture("Bob");
    assertEquals((await alice.receive("notification")).payload.name, "Bob");
  }
  assertEquals(fingerprints[0], fingerprints[1]);
});

Deno.test("--plain off leaves TLS alone; --memory keeps no certificate", async () => {
  await using server = await startProcess(
    ["--memory", "--tls", "--plain", "off", "--web", "off"],
    1,
  );
  assertMatch(server.said[0] ?? "", /with TLS, fingerprint/);
  server.kill("SIGINT");
  const { code, stdout, stderr } = await server.ended();
  assertEquals([code, stdout], [0, []]);
  assert(stderr.some((line) => line.includes("certificate loaded")));
});

Deno.test("plain TCP beyond this machine warns at the start; beside TLS it stays on this machine", async () => {
  const warns: [args: string[], plainHost: string, isWarned: boolean][] = [
    [[], "127.0.0.1", false],
    [["--host", "0.0.0.0"], "0.0.0.0", true],
    [["--host", "0.0.0.0", "--tls"], "127.0.0.1", false],
    [["--host", "0.0.0.0", "--tls", "--plain", "host"], "0.0.0.0", true],
  ];
  for (const [args, plainHost, isWarned] of warns) {
    const lines = args.includes("--tls") ? 2 : 1;
    await using server = await startProcess(["--memory", ...args], lines);
    assertStringIncludes(server.said[0] ?? "", `Listening on ${plainHost}:`);
    server.kill("SIGINT");
    const { stderr } = await server.ended();
    const warnings = stderr.filter((line) => line.includes(" warn "));
    assertEquals(warnings.length, isWarned ? 1 : 0, args.join(" "));
    if (isWarned) assertMatch(warnings[0] ?? "", /not encrypted address=0\.0\.0\.0:.*--tls/);
  }
});

Deno.test("options for TLS that make no sense together end the server with 2", async () => {
  const wrong: [args: string[], reason: string][] = [
    [["--tls-cert", "x"], "--tls-cert and --tls-key need each other"],
    [["--tls", "--tls-key", "x"], "--tls-cert and --tls-key need each other"],
    [["--plain", "off"], "--plain off needs --tls, or --tls-cert"],
    [["--plain", "no"], "--plain must be one of host, loopback, off"],
    [["--tls-port", "65536"], "--tls-port must be a whole number from 0 to 65535"],
  ];
  const ended = await Promise.all(wrong.map(([args]) => run("--memory", ...args)));
  for (const [index, [, reason]] of wrong.entries()) {
    const stderr = [`chat-server: ${reason}; try --help`];
    assertEquals(ended[index], { code: 2, stdout: [], stderr });
  }
});

Deno.test("a certificate that can't be used ends the server with one line and 1", async () => {
  await using good = await Certificates.make();
  await using expired = await Certificates.make(Date.now() - 100 * DAY);
  const { certificate, key } = good.files;
  const none = `${good.path}/none`;
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const port = `${taken.addr.port}`;
  const unusable: [args: string[], reason: string][] = [
    [["--tls-cert", none, "--tls-key", key], `Cannot read the certificate ${none}: `],
    [["--tls-cert", certificate, "--tls-key", none], `Cannot read the key ${none}: `],
    [["--tls-cert", key, "--tls-key", key], `Cannot use the certificate ${key}: it is no`],
    [
      ["--tls-cert", certificate, "--tls-key", expired.files.key],
      `Cannot use the certificate ${certificate}: the key is not that of the certificate`,
    ],
    [
      ["--tls-cert", expired.files.certificate, "--tls-key", expired.files.key],
      `Cannot use the certificate ${expired.files.certificate}: it expired on `,
    ],
    [
      ["--tls", "--tls-port", port],
      `Cannot listen on 127.0.0.1 port ${port}: the port is taken; ` +
      "stop what uses it, or choose another with --tls-port",
    ],
  ];
  const ended = await Promise.all(
    unusable.map(([args]) => run("--memory", "--port", "0", "--tls-port", "0", ...args)),
  );
  for (const [index, [, reason]] of unusable.entries()) {
    const { code, stdout, stderr: [line, ...more] } = ended[index] as Ended;
    assertEquals([code, stdout, more], [1, [], []], line);
    assert(line?.startsWith(`chat-server: ${reason}`), line);
  }
});

Deno.test({
  name: "SIGHUP has the server read its certificate again, and disturbs nobody",
  ignore: isWindows,
  async fn() {
    await using certificates = await Certificates.make();
    await using other = await Certificates.make();
    // Links, as certbot makes them.
    const [certificate, key] = ["live.pem", "live.key"].map((name) => `${other.path}/${name}`);
    assert(certificate !== undefined && key !== undefined);
    const show = async ({ files }: Certificates) => {
      for (const [link, file] of [[certificate, files.certificate], [key, files.key]] as const) {
        await Deno.remove(link).catch(() => {/* the first time there is none */});
        await Deno.symlink(file, link);
      }
    };
    await show(certificates);
    const args = ["--memory", "--tls-cert", certificate, "--tls-key", key];
    await using server = await startProcess(args, 2);
    assertEquals(/ with TLS$/.test(server.said[1] ?? ""), true);
    const [port = 0, tlsPort = 0] = server.ports;
    const ca = certificates.authority.certificate;
    using alice = await overTls(tlsPort, ca).join("Alice");
    using bob = await new Endpoint(port).join("Bob");
    await alice.receive("notification");
    await show(other);
    server.kill("SIGHUP");
    await server.stderr.until("certificate loaded again");
    await assertRejects(() => dialTls(tlsPort, ca), Error, "invalid peer certificate");
    (await dialTls(tlsPort, other.authority.certificate)).close();
    await Deno.writeTextFile(certificate, "nonsense");
    server.kill("SIGHUP");
    await server.stderr.until("certificate not loaded");
    (await dialTls(tlsPort, other.authority.certificate)).close();
    await bob.send("message", { text: "all the same" });
    assertEquals((await alice.receive("message")).payload.text, "all the same");
  },
});

Deno.test({
  name: "SIGHUP renews a certificate of the server's own, and its fingerprint stays",
  ignore: isWindows,
  async fn() {
    await using directory = await Certificates.make();
    const args = ["--data", `${directory.path}/chat.db`, "--tls"];
    await using server = await startProcess(args, 2);
    const authority = await Deno.readTextFile(`${directory.path}/chat.db-tls/authority.pem`);
    server.kill("SIGHUP");
    const line = await server.stderr.until("certificate loaded again");
    assertEquals(/fingerprint=([0-9a-f]{64})/.exec(line)?.[1], await fingerprint(authority));
    (await dialTls(server.ports[1] ?? 0, authority)).close();
  },
});
