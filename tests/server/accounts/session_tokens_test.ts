import { assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { makeCredentials } from "../../../server/accounts/session_tokens.ts";

/** The SHA-256 of `text` by the system's own implementation, in hex: logs of every version hold that. */
async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return new Uint8Array(digest).toHex();
}

Deno.test("a token is 128 bits, another each time, and what is kept of it is its SHA-256", async () => {
  const { token, tokenHash } = await makeCredentials(undefined);
  assertMatch(token, /^[0-9a-f]{32}$/);
  assertEquals(tokenHash, await sha256(token));
  assertNotEquals((await makeCredentials(undefined)).token, token);
});

Deno.test("a token that is shown is known by its SHA-256, whatever was sent as one", async () => {
  for (
    const shown of ["", "0123456789abcdef0123456789abcdef", "kein Token – 🗝️", "x".repeat(1000)]
  ) {
    assertEquals((await makeCredentials(shown)).shownHash, await sha256(shown));
  }
});
