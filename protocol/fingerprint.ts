/**
 * What both ends of a TLS link go by: the port, and how a server that makes its
 * own certificate is told from another. {@link ./mod.ts} says it in full.
 */

/** The port that TLS is served on unless told otherwise. */
export const TLS_PORT = 12_346;

/**
 * The name that every certificate under an authority of a server's own making is for,
 * whatever the server's address is. Nobody else's authority vouches for a name below
 * `.invalid` (RFC 2606), so a certificate for it that verifies is the pinned one's.
 */
export const OWN_NAME = "chat-server.invalid";

/** The SHA-256 of a certificate's DER, as it is written everywhere: 64 lower-case hexadecimal digits. */
export async function fingerprintOf(der: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", der)).toHex();
}

/** Reads a fingerprint as people copy it, in capitals or with colons; `undefined` when it is none. */
export function parseFingerprint(text: string): string | undefined {
  const digits = text.replace(/^sha-?256:/i, "").replaceAll(":", "").toLowerCase();
  return /^[0-9a-f]{64}$/.test(digits) ? digits : undefined;
}
