/** Addresses of sockets, as both sides write and judge them. */

/** A host and a port as people write them: IPv6 in brackets (RFC 3986). */
export function hostAndPort(
  { hostname, port }: { readonly hostname: string; readonly port: number },
): string {
  return hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}

/** Whether an IP address is this machine's own, and nobody can listen on the way. */
export function isLoopback(hostname: string): boolean {
  const plain = withoutMapping(hostname);
  return plain === "::1" || /^127(\.\d+){3}$/.test(plain);
}

/** An IPv4 address written as IPv6 (RFC 4291, 2.5.5.2) is the IPv4 address. */
export function withoutMapping(hostname: string): string {
  return /^::ffff:(\d+(?:\.\d+){3})$/i.exec(hostname)?.[1] ?? hostname;
}
