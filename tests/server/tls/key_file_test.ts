import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { checkExposure, isOnReadOnlyMount, keyIn } from "../../../server/tls/key_file.ts";
import { SelfIssuedCertificate } from "../../../server/tls/self_issued.ts";
import { UnusableCertificate } from "../../../server/tls/source.ts";
import { Certificates } from "../../fixtures/tls.ts";
import { serverCommand, TestProcess } from "../../fixtures/process.ts";
import { PURE } from "../../fixtures/pure.ts";
import { canMount, SmallDisk } from "../../fixtures/small_disk.ts";

const BODY = "\nMIIEvQIBADANBgkqhkiG9w0BAQEF\nAASCBKcwggSjAgEA+/==\n";

function pem(label: string, body = BODY): string {
  return `-----BEGIN ${label}-----${body}-----END ${label}-----\n`;
}

Deno.test("keys in the forms that TLS libraries read are taken", PURE, () => {
  const parameters = pem("EC PARAMETERS", "\nBggqhkjOPQMBBw==\n");
  const chain = pem("CERTIFICATE");
  for (const label of ["PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"]) {
    for (const text of [pem(label), parameters + pem(label), chain + pem(label)]) {
      for (const each of [text, text.replaceAll("\n", "\r\n")]) {
        assertEquals(keyIn("a.key", { text: each, mode: 0o600 }), each);
      }
    }
  }
});

Deno.test("a file that is no usable key is refused by its name, with what to do", PURE, () => {
  const encrypted = "\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,5CEB53D8CB32A879\n" + BODY;
  const refused: [text: string, words: string][] = [
    [pem("ENCRYPTED PRIVATE KEY"), "has a passphrase.*openssl pkey -in a.key"],
    [pem("RSA PRIVATE KEY", encrypted), "has a passphrase.*openssl pkey -in a.key"],
    [pem("OPENSSH PRIVATE KEY"), "OpenSSH"],
    [pem("DSA PRIVATE KEY"), "DSA"],
    [pem("PRIVATE KEY", "\n!!!\n"), "damaged"],
    [pem("PRIVATE KEY").slice(0, 60), "damaged"],
    [pem("PUBLIC KEY"), "public key"],
    [pem("RSA PUBLIC KEY"), "public key"],
    [pem("CERTIFICATE"), "is a certificate"],
    ["0\ufffd\u0004\ufffd\u0002\u0001\0", "not PEM.*openssl pkey -in a.key"],
    ["", "no private key in it"],
    ["nonsense\n", "no private key in it"],
  ];
  for (const [text, words] of refused) {
    const error = assertThrows(() => keyIn("a.key", { text, mode: 0o600 }), UnusableCertificate);
    assertMatch(error.message, new RegExp(`^Cannot use the key a\\.key: [^\\n]*${words}`), text);
  }
  const problem = "No such file or directory";
  assertThrows(() => keyIn("a.key", { problem }), UnusableCertificate, `key a.key: ${problem}`);
});

Deno.test("a mode that shows a key to others is refused with the mode to give it", PURE, () => {
  const expected: [mode: number, forbidden: number, chmod: string | undefined][] = [
    [0o600, 0o007, undefined],
    [0o440, 0o007, undefined],
    [0o644, 0o007, "chmod 640 a.key"],
    [0o100444, 0o007, "chmod 440 a.key"],
    [0o640, 0o077, "chmod 600 a.key"],
    [0o666, 0o077, "chmod 600 a.key"],
  ];
  for (const [mode, forbidden, chmod] of expected) {
    const reading = { text: "", mode };
    const check = (isReadOnly: boolean) =>
      checkExposure("a.key", reading, { forbidden, isReadOnly })?.fields["advice"];
    assertEquals(`${check(true)}`.startsWith(`${chmod}`), true, mode.toString(8));
    if (chmod === undefined) assertEquals(check(false), undefined);
    else assertThrows(() => check(false), UnusableCertificate, `others can read it; ${chmod}`);
  }
  const unknown = { text: "", mode: null };
  const options = { forbidden: 0o077, isReadOnly: false };
  assertEquals(checkExposure("a.key", unknown, options), undefined);
});

Deno.test({
  name: "a key on a read-only mount is taken with the mode that it has, and with a warning",
  ignore: !canMount,
  async fn() {
    await using certificates = await Certificates.make();
    await using disk = await SmallDisk.mount(65_536);
    assert(disk !== undefined);
    const key = `${disk.path}/tls.key`;
    const args = ["--memory", "--port", "0", "--plain", "off", "--tls-port", "0"];
    const command = serverCommand(
      ...[...args, "--tls-cert", certificates.files.certificate, "--tls-key", key],
    );
    for (const [mode, isOpen] of [[0o400, false], [0o440, false], [0o444, true]] as const) {
      await disk.remount("rw");
      await Deno.writeTextFile(key, await Deno.readTextFile(certificates.files.key));
      await Deno.chmod(key, mode);
      if (isOpen) {
        await using refused = new TestProcess(command);
        const { code, stderr: [line, ...more] } = await refused.ended();
        assertEquals([code, more], [1, []]);
        assertMatch(line ?? "", /Cannot use the key .*: others can read it; chmod 440 /);
      }
      await disk.remount("ro");
      assertEquals([isOnReadOnlyMount(key), isOnReadOnlyMount(certificates.files.key)], [
        true,
        false,
      ]);
      await using server = new TestProcess(command);
      assertMatch(await server.line(), /^Listening on .* with TLS/);
      server.kill("SIGHUP");
      const seen: string[] = [];
      while (!seen.at(-1)?.includes("certificate loaded again")) {
        seen.push(await server.stderr.next() ?? "");
      }
      const warnings = seen.filter((line) => line.includes("key readable by others"));
      // At the start, and with the reload.
      assertEquals(warnings.length, isOpen ? 2 : 0, seen.join("\n"));
    }
  },
});

Deno.test({
  name: "an authority on a read-only mount is taken with the mode that it has",
  ignore: !canMount,
  async fn() {
    await using disk = await SmallDisk.mount(65_536);
    assert(disk !== undefined);
    const directory = `${disk.path}/chat.db-tls`;
    const { fingerprint } = await SelfIssuedCertificate.open(directory, "localhost");
    await Deno.chmod(`${directory}/authority.key`, 0o440);
    await assertRejects(() => SelfIssuedCertificate.open(directory, "::"), UnusableCertificate);
    await disk.remount("ro");
    const taken = await SelfIssuedCertificate.open(directory, "localhost");
    assertEquals([taken.fingerprint, taken.warning?.event], [
      fingerprint,
      "key readable by others",
    ]);
  },
});
