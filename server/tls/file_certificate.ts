/** A certificate in an operator's files, which may be replaced at any time. */

import type { Identity } from "./certificate.ts";
import { checkExposure, isOnReadOnlyMount, keyIn } from "./key_file.ts";
import { certificateIn, type CertificateSource, unusable } from "./source.ts";
import { FileReader } from "../process/file_reader.ts";

/** The mode bits that a key must not have: a group may read it, such as Debian's `ssl-cert`. */
const FORBIDDEN = 0o007;

/** A certificate in a file, and its key in another. */
export class FileCertificate implements CertificateSource {
  readonly name: string;
  warning: CertificateSource["warning"];
  readonly #key: string;
  /** Found out at the start: a running server has no permission for it. */
  readonly #isKeyReadOnly: boolean;
  readonly #files: FileReader;

  constructor({ certificate, key }: { certificate: string; key: string }) {
    this.name = certificate;
    this.#key = key;
    this.#isKeyReadOnly = isOnReadOnlyMount(key);
    this.#files = new FileReader([certificate, key]);
  }

  async load(now: number): Promise<Identity> {
    const { certificate, from, until } = certificateIn(
      this.name,
      await this.#files.read(this.name),
    );
    const reading = await this.#files.read(this.#key);
    const key = keyIn(this.#key, reading);
    const isReadOnly = this.#isKeyReadOnly;
    this.warning = checkExposure(this.#key, reading, { forbidden: FORBIDDEN, isReadOnly });
    if (now > until.getTime()) throw unusable(this.name, `it expired on ${dayOf(until)}; renew it`);
    if (now < from.getTime()) throw unusable(this.name, `it is good only from ${dayOf(from)} on`);
    return { certificate, key };
  }

  close(): void {
    this.#files[Symbol.dispose]();
  }
}

function dayOf(date: Date): string {
  return date.toISOString().slice(0, 10);
}
