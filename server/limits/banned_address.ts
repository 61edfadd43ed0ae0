/** An IP address that a person writes, to be banned. */

import { isLoopback } from "../../cli/host_port.ts";
import { peerKey } from "./rate_limit_key.ts";

/** An address, well written or not: nobody who writes one means a name. */
const LIKE_ADDRESS = /^(?:\d+(?:\.\d+){3}|[0-9a-f.]*:[0-9a-f.]*:[0-9a-f:.]*)(?:%\w+)?(?:\/\d+)?$/i;

/**
 * The key of the address that `written` gives, as {@linkcode peerKey} makes it of a peer's; why
 * it cannot be banned; or `undefined` where it is no address at all.
 */
export function bannedAddress(written: string): { key: string } | { problem: string } | undefined {
  if (!LIKE_ADDRESS.test(written)) return undefined;
  const [address = "", length] = written.replace(/%\w+/, "").split("/");
  if (length !== undefined && !(address.includes(":") && length === "64")) {
    return { problem: "a ban is of one address, or of one /64 of IPv6" };
  }
  const canonical = canonicalAddress(address);
  if (canonical === undefined) return { problem: "that is no IP address" };
  if (isLoopback(canonical) || canonical === "0.0.0.0" || canonical === "::") {
    return { problem: "this machine is never banned, since a proxy on it stands for everyone" };
  }
  return { key: peerKey(canonical) };
}

/** An address as the WHATWG URL Standard writes it; an IPv4 address in IPv6 as IPv4. */
function canonicalAddress(address: string): string | undefined {
  const url = URL.parse(`http://${address.includes(":") ? `[${address}]` : address}`);
  if (url === null) return undefined;
  const plain = url.hostname.replace(/^\[|\]$/g, "");
  const [, high, low] = /^::ffff:([0-9a-f]+):([0-9a-f]+)$/.exec(plain) ?? [];
  if (high === undefined || low === undefined) return plain;
  const [one, other] = [parseInt(high, 16), parseInt(low, 16)];
  return [one >> 8, one & 255, other >> 8, other & 255].join(".");
}
