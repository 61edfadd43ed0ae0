import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { AuthorityInfoAccessExtension, X509Certificate } from "@peculiar/x509";
import { fingerprintOf, OWN_NAME, parseFingerprint } from "../../../protocol/fingerprint.ts";
import {
  fingerprint,
  type Identity,
  issue,
  makeAuthority,
} from "../../../server/tls/certificate.ts";
import { FileCertificate } from "../../../server/tls/file_certificate.ts";
import { SelfIssuedCertificate } from "../../../server/tls/self_issued.ts";
import { StartFailure } from "../../../server/process/start_failure.ts";
import { Certificates } from "../../fixtures/tls.ts";
import { PURE } from "../../fixtures/pure.ts";
import { DAY } from "../../../server/process/time.ts";

const isWindows = Deno.build.os === "windows";

/** Whether `certificate` is signed by `authority`'s key. */
function isOf({ certificate }: Identity, authority: Identity): Promise<boolean> {
  const { publicKey } = new X509Certificate(authority.certificate);
  return new X509Certificate(certificate).verify({ publicKey, signatureOnly: true });
}

Deno.test(
  "a certificate is its authority's, and lasts from yesterday for ninety days",
  PURE,
  async () => {
    const now = Date.UTC(2030, 0, 1);
    const authority = await makeAuthority(now);
    const own = await issue(authority, ["chat.example.org"], now + DAY);
    assert(await isOf(own, authority));
    assert(!await isOf(own, await makeAuthority(now)));
    const { notBefore, notAfter } = new X509Certificate(own.certificate);
    assertEquals([notBefore.getTime(), notAfter.getTime()], [now, now + 91 * DAY]);
    const life = new X509Certificate(authority.certificate).notAfter.getTime() - now;
    assert(life > 99 * 365 * DAY);
  },
);

Deno.test(
  "a certificate is for the name that all have, this machine, and the host if it is one",
  PURE,
  async () => {
    const authority = await makeAuthority(Date.now());
    const always = [OWN_NAME, "localhost", "127.0.0.1", "0:0:0:0:0:0:0:1"];
    const hosts: [string, string[]][] = [
      ["0.0.0.0", []],
      ["::", []],
      ["127.0.0.1", []],
      ["chat.example.org", ["chat.example.org"]],
      ["192.0.2.7", ["192.0.2.7"]],
      ["fe80::1%eth0", []],
    ];
    for (const [host, more] of hosts) {
      const { certificate } = await issue(authority, [host], Date.now());
      const text = new X509Certificate(certificate).toString("text");
      const names = [...text.matchAll(/(?:DNS|IP): (\S+)/g)].map(([, name]) => name ?? "");
      assertEquals(names.map(spelledOut).sort(), [...always, ...more].sort(), host);
    }
  },
);

function spelledOut(name: string): string {
  return name.replace(/^::1$/, "0:0:0:0:0:0:0:1").replace(/,$/, "");
}

Deno.test("a certificate brings its authority along, and so does its chain", PURE, async () => {
  const authority = await makeAuthority(Date.now());
  const { certificate } = await issue(authority, ["::"], Date.now());
  assert(certificate.endsWith(authority.certificate));
  const access = new X509Certificate(certificate).getExtension(AuthorityInfoAccessExtension);
  const url = access?.caIssuers[0]?.value ?? "";
  const brought = new X509Certificate(url.replace("data:application/pkix-cert;base64,", ""));
  assertEquals(brought.toString("pem") + "\n", authority.certificate);
});

Deno.test("the fingerprint is the SHA-256 of the certificate's bytes", PURE, async () => {
  const { certificate } = await makeAuthority(Date.now());
  const base64 = certificate.replace(/-----[A-Z ]+-----|\s/g, "");
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  assertEquals(await fingerprint(certificate), await fingerprintOf(bytes));
});

Deno.test("parseFingerprint() takes what people copy, and nothing else", PURE, () => {
  const plain = "0123456789abcdef".repeat(4);
  const colons = plain.toUpperCase().replace(/..(?=.)/g, "$&:");
  for (const text of [plain, colons, `SHA256:${colons}`, `sha-256:${plain}`]) {
    assertEquals(parseFingerprint(text), plain, text);
  }
  for (const text of ["", "#", plain.slice(1), plain + "0", plain.replace("0", "g"), ` ${plain}`]) {
    assertEquals(parseFingerprint(text), undefined, text);
  }
});

Deno.test("an authority is made once, and kept where only its owner can read it", async () => {
  await using directory = await Certificates.make();
  const path = `${directory.path}/chat.db-tls`;
  const first = await SelfIssuedCertificate.open(path, "::");
  const second = await SelfIssuedCertificate.open(path, "::");
  assertEquals(second.fingerprint, first.fingerprint);
  const authority = { certificate: await Deno.readTextFile(`${path}/authority.pem`), key: "" };
  assert(await isOf(await second.load(Date.now()), authority));
  const names = await Array.fromAsync(Deno.readDir(path), ({ name }) => name);
  assertEquals(names.sort(), ["authority.key", "authority.pem"]);
  if (isWindows) return;
  const modes = [path, `${path}/authority.key`].map((each) => Deno.statSync(each).mode ?? 0);
  assertEquals(modes.map((mode) => (mode & 0o777).toString(8)), ["700", "600"]);
});

Deno.test("an authority that was half made when the server was killed is made anew", async () => {
  await using directory = await Certificates.make();
  const path = `${directory.path}/chat.db-tls`;
  await Deno.mkdir(`${path}.new`);
  await Deno.writeTextFile(`${path}.new/authority.key`, "half a ke");
  const own = await SelfIssuedCertificate.open(path, "::");
  await own.load(Date.now());
  assertEquals((await SelfIssuedCertificate.open(path, "::")).fingerprint, own.fingerprint);
});

Deno.test("an authority whose files are damaged is refused by the file's name, and left", async () => {
  await using directory = await Certificates.make();
  const path = `${directory.path}/chat.db-tls`;
  const damages: [file: string, damage: (file: string) => Promise<void>][] = [
    ["authority.pem", (file) => Deno.remove(file)],
    ["authority.key", (file) => Deno.remove(file)],
    ["authority.pem", (file) => Deno.writeTextFile(file, "nonsense")],
    ["authority.key", (file) => Deno.writeTextFile(file, "nonsense")],
    ["authority.key", async (file) => {
      await Deno.writeTextFile(file, (await makeAuthority(Date.now())).key);
    }],
  ];
  for (const [file, damage] of damages) {
    await SelfIssuedCertificate.open(path, "::");
    await damage(`${path}/${file}`);
    const error = await assertRejects(
      async () => await (await SelfIssuedCertificate.open(path, "::")).load(Date.now()),
      StartFailure,
    );
    assertStringIncludes(error.message, `${path}/${file}`);
    await Deno.remove(path, { recursive: true });
  }
});

Deno.test({
  name: "a key that others can read is refused; a given one may be a group's",
  ignore: isWindows,
  async fn() {
    await using certificates = await Certificates.make();
    const given = new FileCertificate(certificates.files);
    using _closed = { [Symbol.dispose]: () => given.close() };
    const loadedWith = async (mode: number) => {
      await Deno.chmod(certificates.files.key, mode);
      try {
        return (await given.load(Date.now())).key.length > 0;
      } catch (error) {
        assert(error instanceof StartFailure);
        assertStringIncludes(error.message, `${certificates.files.key}: others can read it`);
        return false;
      }
    };
    const modes = [0o600, 0o400, 0o640, 0o604, 0o644, 0o666];
    const loaded = [];
    for (const mode of modes) loaded.push(await loadedWith(mode));
    assertEquals(loaded, [true, true, true, false, false, false]);
    const path = `${certificates.path}/own`;
    await SelfIssuedCertificate.open(path, "::");
    for (const mode of [0o640, 0o604]) {
      await Deno.chmod(`${path}/authority.key`, mode);
      await assertRejects(
        () => SelfIssuedCertificate.open(path, "::"),
        StartFailure,
        "others can read it",
      );
    }
  },
});

Deno.test("a certificate that is not good now is refused with its day", async () => {
  const made = Date.UTC(2030, 5, 15);
  await using certificates = await Certificates.make(made);
  const given = new FileCertificate(certificates.files);
  using _closed = { [Symbol.dispose]: () => given.close() };
  const path = certificates.files.certificate;
  await given.load(made + 89 * DAY);
  const times: [number, string][] = [
    [made + 91 * DAY, `${path}: it expired on 2030-09-13`],
    [made - 2 * DAY, `${path}: it is good only from 2030-06-14 on`],
  ];
  for (const [now, reason] of times) {
    await assertRejects(() => given.load(now), StartFailure, reason);
  }
});
