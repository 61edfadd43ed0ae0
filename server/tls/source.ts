/** Sources of certificates, and the checks that they share. */

import { type Identity, validity } from "./certificate.ts";
import type { Reading } from "../process/files.ts";
import { StartFailure } from "../process/start_failure.ts";

/** A source of certificates. */
export interface CertificateSource {
  /** Its name, for people. */
  readonly name: string;
  /** The fingerprint that clients pin, where the server issues its certificates itself. */
  readonly fingerprint?: string;
  /** A certificate that is valid at `now`. Rejects with an {@linkcode UnusableCertificate}. */
  load(now: number): Promise<Identity>;
  /** Closes what it needs for loading. */
  close(): void;
}

/** Why a certificate cannot be used. */
export class UnusableCertificate extends StartFailure {
  override name = "UnusableCertificate";
}

/** The {@linkcode UnusableCertificate} for the certificate at `path`. */
export function unusable(path: string, reason: string): UnusableCertificate {
  return new UnusableCertificate(`Cannot use the certificate ${path}: ${reason}`);
}

/** The text of the certificate at `path`, and its validity. */
export function certificateIn(path: string, reading: Reading) {
  const certificate = textIn(`the certificate ${path}`, reading);
  try {
    return { certificate, ...validity(certificate) };
  } catch {
    // The parser's own message says nothing to a person.
    throw unusable(path, "it is not a certificate in PEM (-----BEGIN CERTIFICATE-----)");
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
