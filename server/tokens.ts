/**
 * Session tokens: secrets of 128 random bits. The server keeps their hashes alone,
 * so that what it stores opens nobody's session.
 */

import { createHash } from "node:crypto";
import type { Credentials } from "./arrivals.ts";

/** A fresh token with its hash, and the hash of the token that the client showed. */
export function makeCredentials(shown: string | undefined): Credentials {
  const token = crypto.getRandomValues(new Uint8Array(16)).toHex();
  const tokenHash = hash(token);
  return shown === undefined ? { token, tokenHash } : { token, tokenHash, shownHash: hash(shown) };
}

/**
 * SHA-256 in hexadecimal. A token has full entropy, so it needs neither salt nor cost;
 * and it is so short that handing it to another thread would take longer than the hash.
 */
function hash(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}
