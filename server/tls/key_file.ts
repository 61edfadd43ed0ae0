/** Private keys in files: their form, and who may read them. */

import type { Reading } from "../process/files.ts";
import { type CertificateSource, textIn, UnusableCertificate } from "./source.ts";

/** Forms of a file that is not the key that is needed, and what to do about each; the first that fits. */
const PROBLEMS: [form: RegExp, problem: string][] = [
  [
    /ENCRYPTED/,
    "it has a passphrase, and a server starts unattended; remove it: openssl pkey -in PATH -out NEW",
  ],
  [
    /BEGIN OPENSSH PRIVATE KEY/,
    "it is a key for OpenSSH; give the key that the certificate is for",
  ],
  [/BEGIN DSA PRIVATE KEY/, "DSA keys are not supported; make an ECDSA or RSA key"],
  [/BEGIN (RSA |EC )?PRIVATE KEY-----[\s\w+/=]+-----END/, ""],
  [/BEGIN (RSA |EC )?PRIVATE KEY/, "it is damaged; put back a copy"],
  [/BEGIN (\w+ )?PUBLIC KEY/, "it is a public key; give the private key of the pair"],
  [/BEGIN (\w+ )?CERTIFICATE/, "it is a certificate; give its private key"],
  [
    // Text that was not UTF-8 has this in place of its bytes.
    /\ufffd|\0/,
    "it is not PEM; convert it: openssl pkey -in PATH -out NEW, or openssl pkcs12 -nodes for a .p12 or .pfx file",
  ],
  [/(?:)/, "there is no private key in it (-----BEGIN PRIVATE KEY-----)"],
];

/** The text of the key at `path`. Throws an {@linkcode UnusableCertificate} that names the file and the remedy. */
export function keyIn(path: string, reading: Reading): string {
  const key = textIn(`the key ${path}`, reading);
  const [, problem = ""] = PROBLEMS.find(([form]) => form.test(key)) ?? [];
  if (problem === "") return key;
  throw unusableKey(path, problem.replaceAll("PATH", path));
}

/** The {@linkcode UnusableCertificate} for the key at `path`. */
export function unusableKey(path: string, reason: string): UnusableCertificate {
  return new UnusableCertificate(`Cannot use the key ${path}: ${reason}`);
}

/**
 * Refuses the key at `path` where its mode has some of the bits `forbidden`. A mode that cannot
 * be changed, on a read-only mount, is no reason to: the result is a warning then.
 */
export function checkExposure(
  path: string,
  reading: Reading,
  { forbidden, isReadOnly }: { forbidden: number; isReadOnly: boolean },
): CertificateSource["warning"] {
  const mode = "mode" in reading ? reading.mode ?? 0 : 0;
  if ((mode & forbidden) === 0) return undefined;
  const allowed = (mode & 0o777 & ~forbidden).toString(8);
  const advice = `chmod ${allowed} ${path}, or mount it with that mode`;
  if (!isReadOnly) {
    throw unusableKey(path, `others can read it; ${advice}, and replace it if it was read`);
  }
  return { event: "key readable by others", fields: { key: path, advice } };
}

/**
 * Whether the file at `path` is on a read-only mount, as containers and systemd mount secrets:
 * its mode cannot be changed there. Needs permission to write, and writes nothing.
 */
export function isOnReadOnlyMount(path: string): boolean {
  try {
    // Opening a pipe would wait for its other end.
    if (Deno.statSync(path).isFile) Deno.openSync(path, { write: true }).close();
    return false;
  } catch (error) {
    return error instanceof Error && error.message.includes("(os error 30)");
  }
}
