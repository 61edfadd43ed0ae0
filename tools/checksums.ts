/**
 * Checksums, and their list in the format that `sha256sum -c` reads.
 *
 * @module
 */

/** Bytes in a buffer that is not shared with another thread. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** The sha256 of `bytes`, in lower-case hexadecimal. */
export async function sha256(bytes: Bytes): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0"))
    .join("");
}

/** The text of `SHA256SUMS` for files given by name and sum, sorted by name. */
export function formatSums(sums: ReadonlyMap<string, string>): string {
  return [...sums.keys()].sort()
    .map((name) => `${sums.get(name)}  ${name}\n`)
    .join("");
}

/** The text of `SHA256SUMS` for these files of one directory. */
export async function sumFiles(
  directory: string,
  names: readonly string[],
): Promise<string> {
  const sums = new Map<string, string>();
  for (const name of names) {
    sums.set(name, await sha256(await Deno.readFile(`${directory}/${name}`)));
  }
  return formatSums(sums);
}
