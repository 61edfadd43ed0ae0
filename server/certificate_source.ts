/**
 * Where a certificate comes from: from files that the operator names, or from an
 * authority of the server's own, which is kept beside its log.
 */

import {
  fingerprint,
  type Identity,
  isPair,
  issue,
  makeAuthority,
  validity,
} from "./certificate.ts";
import { StartFailure } from "./start_failure.ts";

/** Why there is no certificate to be had. */
export class UnusableCertificate extends StartFailure {
  override name = "UnusableCertificate";
}

/** What a certificate comes from. */
export interface CertificateSource {
  /** What a person knows it by. */
  readonly name: string;
  /** What its clients pin, where it is of the server's own making. */
  readonly fingerprint?: string;
  /** The certificate that is good at `now`. Fails with an {@linkcode UnusableCertificate}. */
  load(now: number): Promise<Identity>;
}

/** Who may read a key, as bits of its file's mode. */
const FORBIDDEN = {
  /** Nobody else may read the server's own. */
  own: 0o077,
  /** A given one may be a group's, as in Debian's `ssl-cert`. */
  given: 0o007,
} as const;

/** A certificate in a file, and its key in another. */
export class GivenCertificate implements CertificateSource {
  readonly name: string;
  readonly #files: { certificate: string; key: string };

  constructor(files: { certificate: string; key: string }) {
    this.#files = files;
    this.name = files.certificate;
  }

  async load(now: number): Promise<Identity> {
    const path = this.#files.certificate;
    const certificate = await read("certificate", path);
    const key = await readKey(this.#files.key, FORBIDDEN.given);
    const { from, until } = validityOf(certificate, path);
    if (now > until.getTime()) throw refused(path, `it expired on ${dayOf(until)}; renew it`);
    if (now < from.getTime()) throw refused(path, `it is good only from ${dayOf(from)} on`);
    return { certificate, key };
  }
}

/** An authority of the server's own, and certificates under it. */
export class OwnCertificate implements CertificateSource {
  readonly name = "of the server's own";
  readonly fingerprint: string;
  readonly #authority: Identity;
  readonly #host: string;

  private constructor(authority: Identity, host: string, fingerprint: string) {
    this.#authority = authority;
    this.#host = host;
    this.fingerprint = fingerprint;
  }

  /** The authority in `directory`, made at the first start; of none, one that is forgotten at the end. */
  static async open(directory: string | undefined, host: string): Promise<OwnCertificate> {
    const authority = directory === undefined
      ? await makeAuthority(Date.now())
      : await readAuthority(directory) ?? await keepAuthority(directory);
    return new OwnCertificate(authority, host, await fingerprint(authority.certificate));
  }

  load(now: number): Promise<Identity> {
    return issue(this.#authority, this.#host, now);
  }
}

const FILES = { certificate: "authority.pem", key: "authority.key" } as const;

async function readAuthority(directory: string): Promise<Identity | undefined> {
  if (!await exists(directory)) return undefined;
  const path = `${directory}/${FILES.certificate}`;
  const certificate = await read("certificate", path);
  const key = await readKey(`${directory}/${FILES.key}`, FORBIDDEN.own);
  validityOf(certificate, path);
  if (!await isPair({ certificate, key }).catch(() => false)) {
    const advice = "put back a copy, or move the directory away to begin with a new fingerprint";
    throw new UnusableCertificate(
      `Cannot use the key ${directory}/${FILES.key}: it is not that of ${path}; ${advice}`,
    );
  }
  return { certificate, key };
}

/** Makes an authority. Its directory appears whole or not at all. */
async function keepAuthority(directory: string): Promise<Identity> {
  const authority = await makeAuthority(Date.now());
  const fresh = `${directory}.new`;
  try {
    await Deno.mkdir(fresh, { recursive: true, mode: 0o700 });
    await Deno.writeTextFile(`${fresh}/${FILES.key}`, authority.key, { mode: 0o600 });
    await Deno.writeTextFile(`${fresh}/${FILES.certificate}`, authority.certificate);
    await Deno.rename(fresh, directory);
  } catch (error) {
    throw new UnusableCertificate(`Cannot keep a certificate in ${directory}: ${reasonOf(error)}`);
  }
  return authority;
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw refused(path, reasonOf(error));
  }
}

async function readKey(path: string, forbidden: number): Promise<string> {
  const key = await read("key", path);
  const { mode } = await Deno.stat(path);
  // Windows has no mode.
  if (mode !== null && (mode & forbidden) !== 0) {
    throw new UnusableCertificate(
      `Cannot use the key ${path}: others can read it; chmod 600 ${path}, or make a new one if somebody has`,
    );
  }
  return key;
}

async function read(what: "certificate" | "key", path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    throw new UnusableCertificate(`Cannot read the ${what} ${path}: ${reasonOf(error)}`);
  }
}

function validityOf(certificate: string, path: string) {
  try {
    return validity(certificate);
  } catch {
    // Whatever the parser has stumbled over says nothing to a person.
    throw refused(path, "it is no certificate in PEM (-----BEGIN CERTIFICATE-----)");
  }
}

function refused(path: string, reason: string): UnusableCertificate {
  return new UnusableCertificate(`Cannot use the certificate ${path}: ${reason}`);
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) throw error;
  return error.message.replace(/\s*\(os error \d+\).*$/, "");
}

function dayOf(date: Date): string {
  return date.toISOString().slice(0, 10);
}
