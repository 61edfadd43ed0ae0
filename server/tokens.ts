/**
 * Session tokens: secrets of 128 random bits. The server keeps their hashes alone,
 * so that what it stores opens nobody's session.
 */

import { hash } from "node:crypto";
import type { Credentials } from "./arrivals.ts";

/** A fresh token with its hash, and the hash of the token that the client showed. */
export function makeCredentials(shown: string | undefined): Credentials {
  const token = crypto.getRandomValues(new Uint8Array(16)).toHex();
  const tokenHash = hashToken(token);
  return shown === undefined
    ? { token, tokenHash }
    : { token, tokenHash, shownHash: hashToken(shown) };
}

/**
 * SHA-256 in hexadecimal. A token has full entropy, so it needs neither salt nor cost.
 * Not by `crypto.subtle`: its way to another thread and back costs more than the hash.
 */
function hashToken(token: string): string {
  return hash("sha256", token, "hex");
}
