/** The header of the PROXY protocol, version 2 (HAProxy's proxy-protocol.txt, 2.2). Pure. */

/** The bytes that it begins with. */
export const SIGNATURE = Uint8Array.of(13, 10, 13, 10, 0, 13, 10, 81, 85, 73, 84, 10);

/** Bytes before the addresses. */
const FIXED = 16;

/** A connection that was relayed for another; `0x20` is the proxy's own, as for a health check. */
const PROXY = 0x21;

const TCP4 = 0x11;
const TCP6 = 0x21;

/** The beginning of an IPv4-mapped IPv6 address (RFC 4291, 2.5.5.2). */
const MAPPED = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];

/** A whole header. */
export interface ProxyHeader {
  /** Its length in bytes. */
  readonly length: number;
  /** The peer's; `undefined` where the header gives none. */
  readonly address: { hostname: string; port: number } | undefined;
}

/** The header at the beginning of `bytes`, which have its signature; `undefined` when more must come. */
export function readProxyHeader(bytes: Uint8Array): ProxyHeader | undefined {
  if (bytes.length < FIXED) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const size = view.getUint16(14);
  const length = FIXED + size;
  if (bytes.length < length) return undefined;
  const isRelayed = bytes[12] === PROXY;
  if (isRelayed && bytes[13] === TCP4 && size >= 12) {
    const hostname = bytes.subarray(FIXED, FIXED + 4).join(".");
    return { length, address: { hostname, port: view.getUint16(FIXED + 8) } };
  }
  if (isRelayed && bytes[13] === TCP6 && size >= 36) {
    const address = bytes.subarray(FIXED, FIXED + 16);
    const port = view.getUint16(FIXED + 32);
    // An IPv4 address in an IPv6 one is counted as what it is.
    if (MAPPED.every((byte, at) => address[at] === byte)) {
      return { length, address: { hostname: address.subarray(12).join("."), port } };
    }
    const groups = Array.from(
      { length: 8 },
      (_, at) => view.getUint16(FIXED + 2 * at).toString(16),
    );
    return { length, address: { hostname: groups.join(":"), port } };
  }
  return { length, address: undefined };
}
