/** Certificates under the server's own authority, which is kept beside its log. */

import { messageOf } from "../../cli/system_errors.ts";
import { fingerprint, type Identity, isPair, issue, makeAuthority } from "./certificate.ts";
import { checkExposure, isOnReadOnlyMount, keyIn, unusableKey } from "./key_file.ts";
import { certificateIn, type CertificateSource, UnusableCertificate } from "./source.ts";
import { exists, readFile } from "../process/files.ts";

const FILES = { certificate: "authority.pem", key: "authority.key" } as const;

/** The mode bits that the key's file must not have: only its owner may read it. */
const FORBIDDEN = 0o077;

/** An authority, and what to know of its files. */
interface Authority extends Identity {
  warning?: CertificateSource["warning"];
}

/** The server's own authority, and certificates under it. */
export class SelfIssuedCertificate implements CertificateSource {
  readonly name = "of the server's own";
  readonly fingerprint: string;
  readonly warning: CertificateSource["warning"];
  readonly #authority: Identity;
  readonly #host: string;

  private constructor(authority: Authority, host: string, fingerprint: string) {
    this.#authority = authority;
    this.warning = authority.warning;
    this.#host = host;
    this.fingerprint = fingerprint;
  }

  /**
   * The authority in `directory`, made at the first start; without a directory, one in
   * memory. Rejects with an {@linkcode UnusableCertificate}.
   */
  static async open(directory: string | undefined, host: string): Promise<SelfIssuedCertificate> {
    const authority: Authority = directory === undefined
      ? await makeAuthority(Date.now())
      : await readAuthority(directory) ?? await keepAuthority(directory);
    return new SelfIssuedCertificate(authority, host, await fingerprint(authority.certificate));
  }

  load(now: number): Promise<Identity> {
    return issue(this.#authority, this.#host, now);
  }

  // Nothing is open: the authority was read at the start.
  close(): void {}
}

async function readAuthority(directory: string): Promise<Authority | undefined> {
  if (!hasAuthority(directory)) return undefined;
  const path = `${directory}/${FILES.certificate}`;
  const keyPath = `${directory}/${FILES.key}`;
  const { certificate } = certificateIn(path, readFile(path));
  const reading = readFile(keyPath);
  const key = keyIn(keyPath, reading);
  const isReadOnly = isOnReadOnlyMount(keyPath);
  const warning = checkExposure(keyPath, reading, { forbidden: FORBIDDEN, isReadOnly });
  if (await isPair({ certificate, key }).catch(() => false)) return { certificate, key, warning };
  throw unusableKey(
    keyPath,
    `it is not that of ${path}; put back a copy, or move the directory away to begin with a ` +
      "new fingerprint",
  );
}

/** Makes an authority. Its directory appears whole or not at all. */
async function keepAuthority(directory: string): Promise<Identity> {
  const authority = await makeAuthority(Date.now());
  const fresh = `${directory}.new`;
  try {
    Deno.mkdirSync(fresh, { recursive: true, mode: 0o700 });
    Deno.writeTextFileSync(`${fresh}/${FILES.key}`, authority.key, { mode: 0o600 });
    Deno.writeTextFileSync(`${fresh}/${FILES.certificate}`, authority.certificate);
    Deno.renameSync(fresh, directory);
  } catch (error) {
    throw cannotKeep(directory, error);
  }
  return authority;
}

function hasAuthority(directory: string): boolean {
  try {
    return exists(directory);
  } catch (error) {
    throw cannotKeep(directory, error);
  }
}

function cannotKeep(directory: string, error: unknown): UnusableCertificate {
  return new UnusableCertificate(
    `Cannot keep a certificate in ${directory}: ${messageOf(error)}`,
  );
}
