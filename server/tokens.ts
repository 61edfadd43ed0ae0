/**
 * Session tokens: secrets of 128 random bits. The server keeps their hashes alone,
 * so that what it stores opens nobody's session.
 */

import type { Credentials } from "./arrivals.ts";

const encoder = new TextEncoder();

/** A fresh token with its hash, and the hash of the token that the client showed. */
export async function makeCredentials(shown: string | undefined): Promise<Credentials> {
  const token = crypto.getRandomValues(new Uint8Array(16)).toHex();
  const tokenHash = await hash(token);
  return shown === undefined
    ? { token, tokenHash }
    : { token, tokenHash, shownHash: await hash(shown) };
}

/** SHA-256 in hexadecimal. A token has full entropy, so it needs neither salt nor cost. */
async function hash(token: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", encoder.encode(token));
  return new Uint8Array(digest).toHex();
}
