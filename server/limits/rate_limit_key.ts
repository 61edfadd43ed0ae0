/** The keys of limits by address. */

import { isLoopback, withoutMapping } from "../../cli/host_port.ts";

/**
 * The key of a peer's address. Of an IPv6 address that is its /64, because a host has all
 * addresses of its /64. An IPv4 address written as IPv6 is the IPv4 address.
 */
export function peerKey(hostname: string): string {
  const plain = withoutMapping(hostname);
  if (!plain.includes(":")) return plain;
  const [head = "", tail] = (plain.split("%")[0] as string).split("::");
  const first = head === "" ? [] : head.split(":");
  const last = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - first.length - last.length);
  const groups = [...first, ...Array(zeros).fill("0"), ...last];
  const prefix = groups.slice(0, 4).map((group) => parseInt(group, 16).toString(16));
  return `${prefix.join(":")}::/64`;
}

/** The same, or `undefined` for an address of this machine unless the limits hold for it too. */
export function limitedKey(hostname: string, limitLoopback: boolean): string | undefined {
  return isLoopback(hostname) && !limitLoopback ? undefined : peerKey(hostname);
}
