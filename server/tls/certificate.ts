/**
 * Certificates that the server issues itself: an authority that never changes, and
 * certificates under it that are renewed before they expire. TLS libraries refuse one
 * certificate that is both.
 */

import {
  AuthorityInfoAccessExtension,
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  GeneralName,
  type JsonGeneralName,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";
import { fingerprintOf, OWN_NAME } from "../../protocol/fingerprint.ts";
import { firstForbidden, isAddress, nameConstraints } from "./name_constraints.ts";
import { DAY } from "../process/time.ts";

/** A certificate, or a chain of them with the server's own first, and its private key; both PEM. */
export interface Identity {
  certificate: string;
  key: string;
}

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

/** The lifetime of an authority: clients pin it once. */
const AUTHORITY_LIFE = 36_500 * DAY;

/** The lifetime of a certificate under it. */
const LEAF_LIFE = 90 * DAY;

/** By how much a client's clock may be behind. */
const SKEW = DAY;

/** Makes an authority; with `names`, one for these, this machine and {@linkcode OWN_NAME} alone. */
export async function makeAuthority(
  now: number,
  names: readonly string[] = [],
): Promise<Identity> {
  const keys = await generateKeys();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: "CN=chat-server authority",
    keys,
    signingAlgorithm: ALGORITHM,
    ...lifetime(now, AUTHORITY_LIFE),
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      ...(names.length > 0 ? [nameConstraints(allNames(names))] : []),
    ],
  });
  return { certificate: pem(certificate), key: await exportKey(keys.privateKey) };
}

/** Makes a certificate under `authority`, for {@linkcode OWN_NAME}, this machine and `names`. */
export async function issue(
  authority: Identity,
  names: readonly string[],
  now: number,
): Promise<Identity> {
  const issuer = new X509Certificate(authority.certificate);
  const keys = await generateKeys();
  const certificate = await X509CertificateGenerator.create({
    subject: "CN=chat-server",
    issuer: issuer.subject,
    publicKey: keys.publicKey,
    signingKey: await importKey(authority.key),
    signingAlgorithm: ALGORITHM,
    ...lifetime(now, LEAF_LIFE),
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension(namesFor(names)),
      await AuthorityKeyIdentifierExtension.create(issuer.publicKey),
      // Not every TLS library shows a client the whole chain, so the certificate carries its authority.
      new AuthorityInfoAccessExtension({ caIssuers: dataUrl(issuer) }),
    ],
  });
  const chain = pem(certificate) + authority.certificate;
  return { certificate: chain, key: await exportKey(keys.privateKey) };
}

/** Whether an authority's key is that of its certificate; rejects when there is no key to be read. */
export async function isPair({ certificate, key }: Identity): Promise<boolean> {
  const publicKey = await new X509Certificate(certificate).publicKey.export(ALGORITHM, ["verify"]);
  const text = new TextEncoder().encode(certificate);
  const signature = await crypto.subtle.sign(ALGORITHM, await importKey(key), text);
  return await crypto.subtle.verify(ALGORITHM, publicKey, signature, text);
}

/** The fingerprint of the first certificate in a PEM text. */
export async function fingerprint(certificate: string): Promise<string> {
  return await fingerprintOf(new Uint8Array(new X509Certificate(certificate).rawData));
}

/** The validity of the first certificate in a PEM text; throws when there is none. */
export function validity(certificate: string): { from: Date; until: Date } {
  const { notBefore, notAfter } = new X509Certificate(certificate);
  return { from: notBefore, until: notAfter };
}

/** The first of `names` for which `authority` cannot issue certificates; `undefined` for none. */
export function forbiddenName(authority: Identity, names: readonly string[]): string | undefined {
  return firstForbidden(new X509Certificate(authority.certificate), allNames(names));
}

/** `names` and those of every certificate. */
function allNames(given: readonly string[]): string[] {
  const names = new Set([OWN_NAME, "localhost", "127.0.0.1", "::1", ...given]);
  // Neither is a name: they stand for every address of the machine.
  for (const every of ["0.0.0.0", "::"]) names.delete(every);
  return [...names].filter((name) => /^[\w.:-]+$/.test(name));
}

function namesFor(names: readonly string[]): JsonGeneralName[] {
  return allNames(names).map((value) => ({ type: isAddress(value) ? "ip" : "dns", value }));
}

function dataUrl({ rawData }: X509Certificate): GeneralName {
  const base64 = btoa(String.fromCharCode(...new Uint8Array(rawData)));
  return new GeneralName("url", `data:application/pkix-cert;base64,${base64}`);
}

function lifetime(now: number, life: number) {
  return { notBefore: new Date(now - SKEW), notAfter: new Date(now + life) };
}

function pem(certificate: X509Certificate): string {
  return certificate.toString("pem") + "\n";
}

function generateKeys(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
}

async function exportKey(key: CryptoKey): Promise<string> {
  const bytes = await crypto.subtle.exportKey("pkcs8", key);
  return PemConverter.encode(bytes, "PRIVATE KEY") + "\n";
}

async function importKey(text: string): Promise<CryptoKey> {
  const [bytes = new ArrayBuffer()] = PemConverter.decode(text);
  return await crypto.subtle.importKey("pkcs8", bytes, ALGORITHM, false, ["sign"]);
}
