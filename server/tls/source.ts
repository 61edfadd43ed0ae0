/** Sources of certificates, and the checks that they share. */

import { type Identity, validity } from "./certificate.ts";
import type { LogFields } from "../process/logger.ts";
import type { Reading } from "../process/files.ts";
import { StartFailure } from "../process/start_failure.ts";

/** A source of certificates. */
export interface CertificateSource {
  /** Its name, for people. */
  readonly name: string;
  /** The fingerprint that clients pin, where the server issues its certificates itself. */
  readonly fingerprint?: string;
  /** A warning for the operator about the files of the last certificate that was loaded. */
  readonly warning?: { event: string; fields: LogFields } | undefined;
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
    const advice = certificate.includes("\ufffd")
      ? `; convert it: openssl x509 -in ${path} -out NEW`
      : "";
    throw unusable(path, `it is not a certificate in PEM (-----BEGIN CERTIFICATE-----)${advice}`);
  }
}

/** The text of a file, named `what` for people. */
export function textIn(what: string, reading: Reading): string {
  if ("text" in reading) return reading.text;
  throw new UnusableCertificate(`Cannot read ${what}: ${reading.problem}`);
}
