/**
 * Fetches the certificate that a server presents, to learn whether it has an authority of
 * its own and which. That proves nothing, since anyone can present the certificate of
 * another; it yields the fingerprint to compare. Only the beginning of TLS is sent.
 */

import { connect } from "node:tls";
import { AuthorityInfoAccessExtension, X509Certificate } from "@peculiar/x509";
import { fingerprintOf, OWN_NAME } from "../../protocol/fingerprint.ts";
import type { Address } from "./address.ts";
import { connectTcp } from "./tcp.ts";

/** A server's own authority. */
export interface OwnAuthority {
  readonly fingerprint: string;
  /** Its certificate, in PEM. */
  readonly certificate: string;
}

/** Milliseconds for a server to present its certificate. */
const TIMEOUT = 10_000;

/** The prefix of the URL in which a self-issued certificate carries that of its authority. */
const DATA_URL = "data:application/pkix-cert;base64,";

/** The authority that the server presents as its own; `undefined` if it presents none. */
export async function fetchAuthority(address: Address): Promise<OwnAuthority | undefined> {
  const shown = new X509Certificate(await shownBy(address));
  const access = shown.getExtension(AuthorityInfoAccessExtension);
  const url = access?.caIssuers.map(({ value }) => value).find((each) => each.startsWith(DATA_URL));
  if (url === undefined) return undefined;
  const authority = new X509Certificate(url.slice(DATA_URL.length));
  return {
    fingerprint: await fingerprintOf(new Uint8Array(authority.rawData)),
    certificate: authority.toString("pem"),
  };
}

async function shownBy({ hostname, port }: Address): Promise<Uint8Array<ArrayBuffer>> {
  // Of a host's addresses, the one that accepts.
  const reached = await connectTcp(hostname, port);
  const host = reached.remoteAddr.hostname;
  reached.close();
  return await new Promise((resolve, reject) => {
    const socket = connect({ host, port, servername: OWN_NAME, rejectUnauthorized: false });
    socket.setTimeout(TIMEOUT, () => socket.destroy(new Error("no answer in 10 seconds")));
    socket.once("secureConnect", () => {
      resolve(new Uint8Array(socket.getPeerCertificate().raw));
      socket.destroy();
    });
    socket.once("error", reject);
    socket.once("close", () => reject(new Error("The connection was closed")));
  });
}
