/**
 * The name constraints of an authority (RFC 5280, 4.2.1.10): the only names and addresses that it
 * can vouch for. A machine that trusts it for one chat trusts it for nothing else.
 */

import { Extension, type X509Certificate } from "@peculiar/x509";

const OID = "2.5.29.30";

/** Tags of DER: a sequence, the permitted subtrees, a DNS name, an address with its mask. */
const TAG = { sequence: 0x30, permitted: 0xa0, dns: 0x82, ip: 0x87 } as const;

/** The extension that permits `names`, which are DNS names and IP addresses, and nothing else. */
export function nameConstraints(names: readonly string[]): Extension {
  const permitted = der(TAG.permitted, ...names.map(subtree));
  return new Extension(OID, true, der(TAG.sequence, permitted));
}

/** The first of `names` that an authority cannot vouch for; `undefined` when it can for all. */
export function firstForbidden(
  authority: X509Certificate,
  names: readonly string[],
): string | undefined {
  const constraints = authority.getExtension(OID);
  if (constraints === null) return undefined;
  const permitted = hex(new Uint8Array(constraints.value));
  return names.find((name) => !permitted.includes(hex(subtree(name))));
}

/** Whether a host is an IP address. */
export function isAddress(host: string): boolean {
  return host.includes(":") || /^\d+(\.\d+){3}$/.test(host);
}

function subtree(name: string): Uint8Array<ArrayBuffer> {
  if (!isAddress(name)) return der(TAG.sequence, der(TAG.dns, new TextEncoder().encode(name)));
  const address = name.includes(":") ? groupsOf(name) : name.split(".").map(Number);
  const mask = new Uint8Array(address.length).fill(0xff);
  return der(TAG.sequence, der(TAG.ip, Uint8Array.from(address), mask));
}

/** The bytes of an IPv6 address, whose canonical form the URL parser knows. */
function groupsOf(address: string): number[] {
  const [head = "", tail] = new URL(`http://[${address}]/`).hostname.slice(1, -1).split("::");
  const words = (part: string) =>
    part === "" ? [] : part.split(":").map((word) => parseInt(word, 16));
  const [first, last] = [words(head), words(tail ?? "")];
  const zeros = Array<number>(tail === undefined ? 0 : 8 - first.length - last.length).fill(0);
  return [...first, ...zeros, ...last].flatMap((word) => [word >> 8, word & 0xff]);
}

/** A value in DER, of up to 65,535 bytes. */
function der(tag: number, ...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const content = parts.flatMap((part) => [...part]);
  const { length } = content;
  const size = length < 0x80
    ? [length]
    : length < 0x100
    ? [0x81, length]
    : [0x82, length >> 8, length & 0xff];
  return Uint8Array.from([tag, ...size, ...content]);
}

function hex(bytes: Uint8Array): string {
  return bytes.toHex();
}
