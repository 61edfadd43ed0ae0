/**
 * Runs of bytes.
 */

/** The runs one after the other, in an array of their own. */
export function join(runs: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const run of runs) length += run.length;
  const joined = new Uint8Array(length);
  let offset = 0;
  for (const run of runs) {
    joined.set(run, offset);
    offset += run.length;
  }
  return joined;
}
