/**
 * A look at the certificate that a server shows, to learn whether it has an authority
 * of its own and which. It proves nothing, for anyone can show what another has shown:
 * it says what there is to compare. Nothing is sent but the beginning of TLS.
 */

import { connect } from "node:tls";
import { AuthorityInfoAccessExtension, X509Certificate } from "@peculiar/x509";
import { fingerprintOf, OWN_NAME } from "../../protocol/fingerprint.ts";
import type { Address } from "./address.ts";

/** The authority of a server's own. */
export interface OwnAuthority {
  readonly fingerprint: string;
  /** Its certificate, in PEM. */
  readonly certificate: string;
}

/** Milliseconds that a server may take to show its certificate. */
const TIMEOUT = 10_000;

/** Where a certificate of a server's own making carries its authority's. */
const DATA_URL = "data:application/pkix-cert;base64,";

/** The authority that the server names as its own; `undefined` where it names none. */
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

function shownBy({ hostname: host, port }: Address): Promise<Uint8Array<ArrayBuffer>> {
  return new Promise((resolve, reject) => {
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
