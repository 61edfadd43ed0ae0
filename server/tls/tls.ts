/**
 * TLS for the server's life: a certificate, the listener that shows it, and its renewal, on
 * the operator's request and before it expires.
 */

import { type Identity, validity } from "./certificate.ts";
import { type CertificateSource, unusable, UnusableCertificate } from "./source.ts";
import type { Listener, Transport, TransportListener } from "../connection/connection.ts";
import { FileCertificate } from "./file_certificate.ts";
import type { Logger } from "../process/logger.ts";
import { DAY } from "../process/time.ts";
import { SelfIssuedCertificate } from "./self_issued.ts";
import { TlsEndpoint, TlsListener } from "./listener.ts";
import type { TlsSocket } from "./socket.ts";

/** How long before it expires a certificate is renewed, in milliseconds. */
const RENEWAL = 30 * DAY;

/** A listener for TLS whose certificate is kept valid. */
export class Tls implements Listener {
  readonly #listener: TlsListener;
  readonly #source: CertificateSource;
  readonly #logger: Logger;
  readonly #watch: ReturnType<typeof setInterval>;
  #until: number;

  private constructor(
    source: CertificateSource,
    logger: Logger,
    { listener, until }: { listener: TlsListener; until: number },
  ) {
    this.#source = source;
    this.#logger = logger;
    this.#listener = listener;
    this.#until = until;
    this.#watch = setInterval(() => this.renewIfDue(Date.now()), DAY);
  }

  /** Rejects with an {@linkcode UnusableCertificate}, or as `listen` throws. */
  static async open(
    source: CertificateSource,
    listen: () => TransportListener,
    logger: Logger,
  ): Promise<Tls> {
    try {
      const { endpoint, until } = await load(source, Date.now());
      return new Tls(source, logger, { listener: new TlsListener(listen, endpoint), until });
    } catch (error) {
      source.close();
      throw error;
    }
  }

  get addr(): Deno.NetAddr {
    return this.#listener.addr;
  }

  accept(): Promise<TlsSocket> {
    return this.#listener.accept();
  }

  /** TLS over a connection that another listener has accepted. */
  over(socket: Transport): TlsSocket {
    return this.#listener.over(socket);
  }

  close(): void {
    clearInterval(this.#watch);
    this.#listener.close();
    this.#source.close();
  }

  /** The fingerprint that clients pin, where the server issues its certificates itself. */
  get fingerprint(): string | undefined {
    return this.#source.fingerprint;
  }

  /** When the certificate expires, in epoch milliseconds. */
  get until(): number {
    return this.#until;
  }

  /** Loads the certificate again, for connections from now on. One that cannot be used changes nothing. */
  async reload(now = Date.now()): Promise<void> {
    try {
      const { endpoint, until } = await load(this.#source, now);
      this.#listener.renew(endpoint);
      this.#until = until;
      this.report("certificate loaded again");
    } catch (error) {
      if (!(error instanceof UnusableCertificate)) throw error;
      this.#logger.log("error", "certificate not loaded", {
        reason: `${error.message}; the one before stays in use`,
      });
    }
  }

  /** Reloads a certificate that is about to expire; logs a warning when there is no newer one. */
  async renewIfDue(now: number): Promise<void> {
    if (this.#until - now > RENEWAL) return;
    await this.reload(now);
    if (this.#until - now < RENEWAL / 2) {
      this.#logger.log("warn", "certificate expires soon", { until: dateOf(this.#until) });
    }
  }

  /** Logs the certificate in use. */
  report(event: string): void {
    const { fingerprint, warning } = this.#source;
    if (warning !== undefined) this.#logger.log("warn", warning.event, warning.fields);
    this.#logger.log("info", event, { until: dateOf(this.#until), fingerprint });
  }
}

/** Where certificates come from: an operator's files, or an authority of the server's own. */
export interface TlsSettings {
  /** The host that a certificate of the server's own is for, and names beside it. */
  host: string;
  names: readonly string[];
  /** The operator's certificate and key. */
  files: { certificate: string; key: string } | undefined;
  /** Where an authority of the server's own is kept; `undefined` for in memory. */
  directory: string | undefined;
}

/** The source that `settings` ask for. */
export async function certificateSource(
  { host, names, files, directory }: TlsSettings,
): Promise<CertificateSource> {
  return files === undefined
    ? await SelfIssuedCertificate.open(directory, host, names)
    : new FileCertificate(files);
}

async function load(source: CertificateSource, now: number) {
  const identity = await source.load(now);
  const until = validity(identity.certificate).until.getTime();
  return { endpoint: open(identity, source), until };
}

/** Reasons of the TLS library, in words for people. */
const REASONS: [words: RegExp, reason: string][] = [
  [/KeyMismatch/, "the key is not that of the certificate; give both of one pair"],
  [
    /parse private key/,
    "its key is of a kind that is not supported; make an ECDSA (P-256) or RSA key",
  ],
];

function open(identity: Identity, { name }: CertificateSource): TlsEndpoint {
  try {
    return new TlsEndpoint(identity);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const [, reason = error.message] = REASONS.find(([words]) => words.test(error.message)) ?? [];
    throw unusable(name, reason);
  }
}

function dateOf(time: number): string {
  return new Date(time).toISOString();
}
