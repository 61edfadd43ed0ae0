/** Messages for a person about servers over TLS that are not trusted. */

import { UnusableServer } from "../../core/session/transport.ts";
import { type Address, formatAddress } from "./address.ts";
import { formatServerUrl } from "./server_url.ts";

/** The server has not proved its identity. Trying again would change nothing. */
export class Untrusted extends UnusableServer {
  override name = "Untrusted";
}

/** The meaning of `refusal`, an error code of the TLS library; `undefined` if another certificate was expected. */
export function certificateProblem(refusal: string, address: Address): string | undefined {
  const certificate = `Cannot trust ${formatAddress(address)}: its certificate`;
  if (refusal.startsWith("certificate expired")) {
    return `${certificate} has expired; or else this machine's clock is wrong`;
  }
  if (refusal.startsWith("certificate not valid yet")) {
    return `${certificate} is not good yet; or else this machine's clock is wrong`;
  }
  if (address.proof?.fingerprint !== undefined) return undefined;
  if (refusal.startsWith("certificate not valid for name")) {
    return `${certificate} is not for ${address.hostname}; write the host as its operator does`;
  }
  if (refusal.includes("CaUsedAsEndEntity")) {
    return `${certificate} is an authority's (CA:TRUE), which TLS takes from no server, whatever ` +
      "--ca says. Whoever runs the server has to make another: with basicConstraints=CA:FALSE, " +
      "which --ca then takes, or with chat-server --tls alone, which makes its own";
  }
  const own = address.proof?.authorities.length
    ? "that one is not in the file of --ca"
    : "give --ca FILE";
  return `${certificate} is of no authority that this machine knows. If it is of an authority of ` +
    `your own, ${own}; if the server has made it, ask whoever runs the server for the ` +
    `fingerprint, and write ${formatServerUrl(address, "FINGERPRINT")}`;
}

/** The message that a server is not the known or the requested one, with the fingerprint that it presents now. */
export async function anotherCertificate(address: Address): Promise<string> {
  // Loaded only here, since most programs never need it.
  const { fetchAuthority } = await import("./shown_certificate.ts");
  const shown = (await fetchAuthority(address).catch(() => undefined))?.fingerprint;
  // Anyone can present the pinned authority's certificate; without a leaf signed by it, that is a
  // forgery.
  return mismatch(address, shown === address.proof?.fingerprint ? undefined : shown);
}

/** The warning; `address` has the expected fingerprint, and `shown` is the presented one. */
export function mismatch(address: Address, shown: string | undefined): string {
  return [
    `THE CERTIFICATE OF ${formatAddress(address)} IS NOT THE ONE THAT IS TRUSTED.`,
    "Somebody may be intercepting the connection, or the server was set up anew.",
    "Nothing was sent to it.",
    `  trusted: ${address.proof?.fingerprint}`,
    `  shown:   ${shown ?? "no authority of its own, or a forged one"}`,
    ...shown === undefined
      ? ["If whoever runs it says that this is right, remove its line from known-servers.jsonl"]
      : ["If whoever runs it says, elsewhere than in this chat, that this is right, write"],
    shown === undefined
      ? "in chat-client's state directory"
      : `  ${formatServerUrl(address, shown)}`,
  ].join("\n");
}
