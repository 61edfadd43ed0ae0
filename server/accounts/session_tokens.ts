/**
 * Session tokens: secrets of 128 random bits. The server keeps their hashes alone, so
 * that its log opens nobody's session.
 */

import type { Credentials } from "../hub/admission.ts";

const encoder = new TextEncoder();

// Neither `crypto.subtle`, whose way to another thread and back costs more than the hash,
// nor `node:crypto`: to load that costs the first connection a tenth of a second, and 8 MB.
let loading: Promise<typeof import("@noble/hashes/sha2")> | undefined;

/** A fresh token with its hash, and the hash of the token that the client showed. */
export async function makeCredentials(shown: string | undefined): Promise<Credentials> {
  const { sha256 } = await (loading ??= import("@noble/hashes/sha2"));
  // A token has full entropy, so it needs neither salt nor cost.
  const hashToken = (token: string) => sha256(encoder.encode(token)).toHex();
  const token = crypto.getRandomValues(new Uint8Array(16)).toHex();
  const tokenHash = hashToken(token);
  return shown === undefined
    ? { token, tokenHash }
    : { token, tokenHash, shownHash: hashToken(shown) };
}

/** A fresh invitation code: 80 random bits in letters and digits that people can read out. */
export function makeCode(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => CODE_LETTERS[byte % CODE_LETTERS.length]).join("");
}

/** Thirty-two, without those that are taken for another. */
const CODE_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789";
