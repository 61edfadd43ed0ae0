/** Addresses of servers as a person writes them: `HOST`, `HOST:PORT`, `[::1]:12345`. */

import { hostAndPort } from "../../cli/host_port.ts";

/** The default port of both programs. */
export const DEFAULT_PORT = 12345;

/** The default server. */
export const DEFAULT_ADDRESS: Address = { hostname: "127.0.0.1", port: DEFAULT_PORT };

/** A host and a TCP port (1 to 65,535). */
export interface Address {
  /** A host name or an IP address; IPv6 without brackets. */
  readonly hostname: string;
  readonly port: number;
  /** The proof that the server must give; without one, the link is plain TCP. */
  readonly proof?: Proof;
}

/** The proof of a server's identity: a certificate for `name`, signed under `authorities`. */
export interface Proof {
  readonly name: string;
  /** Trusted certificates in PEM, besides the well-known ones. */
  readonly authorities: readonly string[];
  /** The fingerprint of the server's own authority, if the server is known by it. */
  readonly fingerprint?: string;
}

/** Parses `HOST[:PORT]`; an IPv6 address needs brackets before a port (RFC 3986). */
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
