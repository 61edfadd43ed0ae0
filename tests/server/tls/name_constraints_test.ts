/** An authority that can vouch for its own names alone. */

import { assertEquals, assertRejects } from "@std/assert";
import { issue, makeAuthority } from "../../../server/tls/certificate.ts";
import { SelfIssuedCertificate } from "../../../server/tls/self_issued.ts";
import { UnusableCertificate } from "../../../server/tls/source.ts";
import { Directory } from "../../fixtures/files.ts";
import { hasProgram } from "../../fixtures/process.ts";

const NAMES = ["chat.lan", "192.0.2.7", "2001:db8::7"];

/** Whether a TLS client that trusts `ca` takes a certificate for `hostname`. */
async function takes(
  ca: string,
  hostname: string,
  { certificate: cert, key }: { certificate: string; key: string },
) {
  using listener = Deno.listenTls({ hostname: "127.0.0.1", port: 0, cert, key });
  const served = listener.accept().then(async (conn) => {
    await conn.handshake().catch(() => {/* The client says why. */});
    conn.close();
  });
  const conn = await Deno.connect({ hostname: "127.0.0.1", port: listener.addr.port });
  using tls = await Deno.startTls(conn, { hostname, caCerts: [ca] });
  try {
    await tls.handshake();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.InvalidData) return false;
    throw error;
  } finally {
    await served;
  }
}

Deno.test("an authority with names is good for these, this machine and the pinned name alone", async () => {
  const authority = await makeAuthority(Date.now(), NAMES);
  const own = await issue(authority, NAMES, Date.now());
  for (const name of [...NAMES, "localhost", "127.0.0.1", "chat-server.invalid"]) {
    assertEquals(await takes(authority.certificate, name, own), true, name);
  }
  for (const name of ["bank.example", "192.0.2.8", "2001:db8::8"]) {
    const forged = await issue(authority, [name], Date.now());
    assertEquals(await takes(authority.certificate, name, forged), false, name);
  }
  const free = await makeAuthority(Date.now());
  const any = await issue(free, ["bank.example"], Date.now());
  assertEquals(await takes(free.certificate, "bank.example", any), true);
});

Deno.test({
  name: "OpenSSL reads the constraints as they are meant",
  ignore: !await hasProgram("openssl"),
  async fn() {
    using directory = new Directory();
    const file = directory.file("authority.pem");
    await Deno.writeTextFile(file, (await makeAuthority(Date.now(), NAMES)).certificate);
    const { stdout } = await new Deno.Command("openssl", {
      args: ["x509", "-in", file, "-noout", "-text"],
    }).output();
    const text = new TextDecoder().decode(stdout);
    const [, constraints = ""] = /Name Constraints: critical\n((?: {12,}.*\n)*)/.exec(text) ?? [];
    assertEquals(constraints.trim().split(/\n\s*/), [
      "Permitted:",
      "DNS:chat-server.invalid",
      "DNS:localhost",
      "IP:127.0.0.1/255.255.255.255",
      "IP:0:0:0:0:0:0:0:1/FFFF:FFFF:FFFF:FFFF:FFFF:FFFF:FFFF:FFFF",
      "DNS:chat.lan",
      "IP:192.0.2.7/255.255.255.255",
      "IP:2001:DB8:0:0:0:0:0:7/FFFF:FFFF:FFFF:FFFF:FFFF:FFFF:FFFF:FFFF",
    ]);
  },
});

Deno.test("a kept authority takes the names that it was made for, or any when it was made for none", async () => {
  using directory = new Directory();
  const constrained = directory.file("constrained");
  const { fingerprint } = await SelfIssuedCertificate.open(constrained, "::", NAMES);
  const again = await SelfIssuedCertificate.open(constrained, "0.0.0.0", ["chat.lan"]);
  assertEquals(again.fingerprint, fingerprint);
  for (const [host, names] of [["::", ["other.lan"]], ["192.0.2.9", ["chat.lan"]]] as const) {
    const error = await assertRejects(
      () => SelfIssuedCertificate.open(constrained, host, names),
      UnusableCertificate,
    );
    assertEquals(error.message.includes("it was made for other names than"), true);
  }
  const free = directory.file("free");
  const first = await SelfIssuedCertificate.open(free, "::");
  assertEquals(
    (await SelfIssuedCertificate.open(free, "::", NAMES)).fingerprint,
    first.fingerprint,
  );
});
