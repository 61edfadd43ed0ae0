/** What every source of certificates has, and the checks that they share. */

import { type Identity, validity } from "./certificate.ts";
import type { Reading } from "../process/files.ts";
import { StartFailure } from "../process/start_failure.ts";

/** What a certificate comes from. */
export interface CertificateSource {
  /** What a person knows it by. */
  readonly name: string;
  /** What its clients pin, where it is of the server's own making. */
  readonly fingerprint?: string;
  /** The certificate that is good at `now`. Fails with an {@linkcode UnusableCertificate}. */
  load(now: number): Promise<Identity>;
  /** Lets go of what it needs to load. */
  close(): void;
}

/** Why there is no certificate to be had. */
export class UnusableCertificate extends StartFailure {
  override name = "UnusableCertificate";
}

/** The {@linkcode UnusableCertificate} for the certificate at `path`. */
export function unusable(path: string, reason: string): UnusableCertificate {
  return new UnusableCertificate(`Cannot use the certificate ${path}: ${reason}`);
}

/** The text of the certificate at `path`, and from when until when it is good. */
export function certificateIn(path: string, reading: Reading) {
  const certificate = textIn(`the certificate ${path}`, reading);
  try {
    return { certificate, ...validity(certificate) };
  } catch {
    // Whatever the parser has stumbled over says nothing to a person.
    throw unusable(path, "it is no certificate in PEM (-----BEGIN CERTIFICATE-----)");
  }
}

/** The text of the key at `path`; `forbidden` are the bits that its file's mode may not have. */
export function keyIn(path: string, reading: Reading, forbidden: number): string {
  const key = textIn(`the key ${path}`, reading);
  if ("problem" in reading || ((reading.mode ?? 0) & forbidden) === 0) return key;
  throw new UnusableCertificate(
    `Cannot use the key ${path}: others can read it; chmod 600 ${path}, ` +
      "and make a new one if somebody has",
  );
}

function textIn(what: string, reading: Reading): string {
  if ("text" in reading) return reading.text;
  throw new UnusableCertificate(`Cannot read ${what}: ${reading.problem}`);
}
