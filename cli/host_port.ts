/** Socket addresses: how both programs write and classify them. */

/** `HOST:PORT`, with an IPv6 address in brackets (RFC 3986). */
export function hostAndPort(
  { hostname, port }: { readonly hostname: string; readonly port: number },
): string {
  return hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}

/** Whether an IP address is loopback, so that no one can listen on the way. */
export function isLoopback(hostname: string): boolean {
  const plain = withoutMapping(hostname);
  return plain === "::1" || /^127(\.\d+){3}$/.test(plain);
}

/** The IPv4 address of an IPv4-mapped IPv6 address (RFC 4291, 2.5.5.2); others as they are. */
export function withoutMapping(hostname: string): string {
  return /^::ffff:(\d+(?:\.\d+){3})$/i.exec(hostname)?.[1] ?? hostname;
}

/** An address that can be dialed on this machine: a listener on all addresses is on loopback, too. */
export function reachable(
  { hostname, port }: { readonly hostname: string; readonly port: number },
): { hostname: string; port: number } {
  return { hostname: LOOPBACK.get(hostname) ?? hostname, port };
}

const LOOPBACK: ReadonlyMap<string, string> = new Map([["0.0.0.0", "127.0.0.1"], ["::", "::1"]]);
