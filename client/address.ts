/** Where a server listens, as a person writes it: `HOST`, `HOST:PORT`, `[::1]:12345`. */

/** The port that both programs use unless told otherwise. */
export const DEFAULT_PORT = 12345;

/** The server that is meant when none is named. */
export const DEFAULT_ADDRESS: Address = { hostname: "127.0.0.1", port: DEFAULT_PORT };

/** A host and a TCP port (1 to 65,535). */
export interface Address {
  /** A name or an IP address; IPv6 without brackets. */
  readonly hostname: string;
  readonly port: number;
}

/** Reads `HOST[:PORT]`; an IPv6 address needs brackets when a port follows (RFC 3986). */
export function parseAddress(text: string): Address | { problem: string } {
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/.exec(text);
  if (bracketed !== null) return address(bracketed[1] ?? "", bracketed[2], text);
  const colons = text.split(":").length - 1;
  if (colons > 1) return address(text, undefined, text);
  const [hostname = "", port] = text.split(":");
  return address(hostname, port, text);
}

function address(hostname: string, port: string | undefined, written: string) {
  if (!/^[\p{L}\p{N}._%:-]{1,253}$/u.test(hostname)) {
    return { problem: `Cannot use "${written}" as a server: write HOST or HOST:PORT` };
  }
  if (port === undefined) return { hostname, port: DEFAULT_PORT };
  const number = /^\d{1,5}$/.test(port) ? Number(port) : 0;
  return number >= 1 && number <= 65_535
    ? { hostname, port: number }
    : { problem: `Cannot use "${written}" as a server: the port must be 1 to 65535` };
}

/** The address as {@linkcode parseAddress} reads it. */
export function formatAddress({ hostname, port }: Address): string {
  return hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}
