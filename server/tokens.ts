/**
 * Session tokens: secrets of 128 random bits. The server keeps their hashes alone,
 * so that what it stores opens nobody's session.
 */

import type { Credentials } from "./arrivals.ts";
import { nodeCrypto } from "./node_crypto.ts";

/** A fresh token with its hash, and the hash of the token that the client showed. */
export async function makeCredentials(shown: string | undefined): Promise<Credentials> {
  const { hash } = await nodeCrypto();
  // SHA-256: a token has full entropy, so it needs neither salt nor cost. Not by
  // `crypto.subtle`: its way to another thread and back costs more than the hash.
  const hashToken = (token: string) => hash("sha256", token, "hex");
  const token = crypto.getRandomValues(new Uint8Array(16)).toHex();
  const tokenHash = hashToken(token);
  return shown === undefined
    ? { token, tokenHash }
    : { token, tokenHash, shownHash: hashToken(shown) };
}
