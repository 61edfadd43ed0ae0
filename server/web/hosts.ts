/**
 * The names by which a browser may reach the server, and the pages that may open a WebSocket.
 * The host comes first: a page whose own name is made to resolve to this machine (DNS rebinding)
 * has an origin that agrees with its host. Pure.
 */

import { withoutMapping } from "../../cli/host_port.ts";

/** Hosts and origins that are allowed beside `localhost`, the address that was dialed, and the page's own origin. */
export interface AllowedHosts {
  /** Names and addresses, without ports. */
  readonly names: readonly string[];
  /** Origins of pages elsewhere, as `https://example.org`. */
  readonly origins: readonly string[];
}

/** The way by which a request has come. */
export interface Way {
  readonly isEncrypted: boolean;
  /** The server's own address, as the peer dialed it. */
  readonly localHostname: string;
}

const HOST = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::(\d{1,5}))?$/i;

/** Whether a `host` field names this server. */
export function isHostAllowed(host: string, { names }: AllowedHosts, way: Way): boolean {
  const [, name] = HOST.exec(host) ?? [];
  if (name === undefined) return false;
  const given = plain(name);
  return ["localhost", way.localHostname, ...names].some((each) => plain(each) === given);
}

/**
 * Whether a page of `origin` may open a WebSocket; `undefined` stands for a client that is no
 * browser. On plain TCP `https` counts as the page's own scheme too: a proxy on this machine may
 * speak TLS for the server.
 */
export function isOriginAllowed(
  origin: string | undefined,
  host: string,
  { origins }: AllowedHosts,
  { isEncrypted }: Way,
): boolean {
  if (origin === undefined) return true;
  const given = origin.toLowerCase();
  const schemes = isEncrypted ? ["https"] : ["http", "https"];
  return schemes.some((scheme) => given === `${scheme}://${host.toLowerCase()}`) ||
    origins.some((each) => each.toLowerCase() === given);
}

/** A name or an address as it is compared: no brackets, no final dot, no IPv4 written as IPv6. */
function plain(name: string): string {
  return withoutMapping(name.toLowerCase().replace(/^\[|\]$|\.$/g, ""));
}
