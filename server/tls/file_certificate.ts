/** A certificate in an operator's files, which may be replaced at any time. */

import type { Identity } from "./certificate.ts";
import { certificateIn, type CertificateSource, keyIn, unusable } from "./source.ts";
import { onlyReading } from "../process/permissions.ts";
import type { Reading } from "../process/files.ts";

/** Nobody but the owner and a group may read the key: Debian has `ssl-cert` for that. */
const FORBIDDEN = 0o007;

/** A certificate in a file, and its key in another. */
export class FileCertificate implements CertificateSource {
  readonly name: string;
  readonly #key: string;
  /** Reads these two files, and may do nothing else. */
  readonly #worker: Worker;
  readonly #requests: ((reading: Reading) => void)[] = [];

  constructor({ certificate, key }: { certificate: string; key: string }) {
    this.name = certificate;
    this.#key = key;
    this.#worker = new Worker(new URL("./certificate_worker.ts", import.meta.url), {
      type: "module",
      deno: { permissions: onlyReading([certificate, key]) },
    });
    // Answers come in the order of the requests.
    this.#worker.onmessage = ({ data }: MessageEvent<Reading>) => this.#requests.shift()?.(data);
  }

  async load(now: number): Promise<Identity> {
    const { certificate, from, until } = certificateIn(this.name, await this.#read(this.name));
    const key = keyIn(this.#key, await this.#read(this.#key), FORBIDDEN);
    if (now > until.getTime()) throw unusable(this.name, `it expired on ${dayOf(until)}; renew it`);
    if (now < from.getTime()) throw unusable(this.name, `it is good only from ${dayOf(from)} on`);
    return { certificate, key };
  }

  close(): void {
    this.#worker.terminate();
  }

  #read(path: string): Promise<Reading> {
    const { promise, resolve } = Promise.withResolvers<Reading>();
    this.#requests.push(resolve);
    this.#worker.postMessage(path);
    return promise;
  }
}

function dayOf(date: Date): string {
  return date.toISOString().slice(0, 10);
}
