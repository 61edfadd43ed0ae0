/** Where a server listens, as a person writes it: `HOST`, `HOST:PORT`, `[::1]:12345`. */

import { hostAndPort } from "../../cli/host_port.ts";

/** The port that both programs use unless told otherwise. */
export const DEFAULT_PORT = 12345;

/** The server that is meant when none is named. */
export const DEFAULT_ADDRESS: Address = { hostname: "127.0.0.1", port: DEFAULT_PORT };

/** A host and a TCP port (1 to 65,535). */
export interface Address {
  /** A name or an IP address; IPv6 without brackets. */
  readonly hostname: string;
  readonly port: number;
  /** What the server has to show; without it the link is plain TCP. */
  readonly proof?: Proof;
}

/** What makes a server the one that is meant: a certificate for `name` that `authorities` vouch for. */
export interface Proof {
  readonly name: string;
  /** Certificates in PEM that are trusted, besides the well-known ones. */
  readonly authorities: readonly string[];
  /** The fingerprint of the server's own authority, where it has one and is known by it. */
  readonly fingerprint?: string;
}

/** Reads `HOST[:PORT]`; an IPv6 address needs brackets when a port follows (RFC 3986). */
export function parseAddress(
  text: string,
  usualPort = DEFAULT_PORT,
): Address | { problem: string } {
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/.exec(text);
  if (bracketed !== null) return address(bracketed[1] ?? "", bracketed[2] ?? usualPort, text);
  const colons = text.split(":").length - 1;
  if (colons > 1) return address(text, usualPort, text);
  const [hostname = "", port] = text.split(":");
  return address(hostname, port ?? usualPort, text);
}

function address(hostname: string, port: string | number, written: string) {
  if (!/^[\p{L}\p{N}._%:-]{1,253}$/u.test(hostname)) {
    return { problem: `Cannot use "${written}" as a server: write HOST or HOST:PORT` };
  }
  const number = /^\d{1,5}$/.test(`${port}`) ? Number(port) : 0;
  return number >= 1 && number <= 65_535
    ? { hostname, port: number }
    : { problem: `Cannot use "${written}" as a server: the port must be 1 to 65535` };
}

/** The address as a person would write it. */
export function formatAddress({ hostname, port, proof }: Address): string {
  return (proof === undefined ? "" : "chats://") + hostAndPort({ hostname, port });
}
