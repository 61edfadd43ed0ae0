/**
 * The agreement of both ends of a TLS link: the port, and how to recognize a server that
 * makes its own certificate. {@link ./mod.ts} specifies it.
 */

/** The default port for TLS. */
export const TLS_PORT = 12_346;

/**
 * The subject name of every certificate of a server's own making, whatever its address.
 * No public authority signs a name below `.invalid` (RFC 2606), so a certificate for this
 * name that verifies was signed by the pinned authority.
 */
export const OWN_NAME = "chat-server.invalid";

/** The SHA-256 of a certificate's DER in 64 lower-case hexadecimal digits. */
export async function fingerprintOf(der: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", der)).toHex();
}

/** Parses a fingerprint as people copy it, in upper case or with colons; `undefined` if it is none. */
export function parseFingerprint(text: string): string | undefined {
  const digits = text.replace(/^sha-?256:/i, "").replaceAll(":", "").toLowerCase();
  return /^[0-9a-f]{64}$/.test(digits) ? digits : undefined;
}
