/** Certificates under the server's own authority, which is kept beside its log. */

import { messageOf } from "../../cli/system_errors.ts";
import {
  fingerprint,
  forbiddenName,
  type Identity,
  isPair,
  issue,
  makeAuthority,
} from "./certificate.ts";
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
  readonly #names: readonly string[];

  private constructor(authority: Authority, names: readonly string[], fingerprint: string) {
    this.#authority = authority;
    this.warning = authority.warning;
    this.#names = names;
    this.fingerprint = fingerprint;
  }

  /**
   * The authority in `directory`, made at the first start; without a directory, one in
   * memory. One that is made where there are `names` can vouch for no others. Rejects with an
   * {@linkcode UnusableCertificate}.
   */
  static async open(
    directory: string | undefined,
    host: string,
    names: readonly string[] = [],
  ): Promise<SelfIssuedCertificate> {
    const all = [host, ...names];
    const constrained = names.length > 0 ? all : [];
    const authority: Authority = directory === undefined
      ? await makeAuthority(Date.now(), constrained)
      : await readAuthority(directory) ?? await keepAuthority(directory, constrained);
    const forbidden = forbiddenName(authority, all);
    if (forbidden !== undefined) throw unusableFor(forbidden, directory);
    return new SelfIssuedCertificate(authority, all, await fingerprint(authority.certificate));
  }

  load(now: number): Promise<Identity> {
    return issue(this.#authority, this.#names, now);
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
async function keepAuthority(directory: string, names: readonly string[]): Promise<Identity> {
  const authority = await makeAuthority(Date.now(), names);
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

function unusableFor(name: string, directory = "in memory"): UnusableCertificate {
  return new UnusableCertificate(
    `Cannot use the authority ${directory}: it was made for other names than ${name}; leave that ` +
      "out, or move the directory away to begin with a new fingerprint",
  );
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
