/** The waiting time before the next try to connect. */

/** The shortest and the longest wait, in milliseconds, before jitter. */
export const BACKOFF = { first: 250, longest: 30_000 } as const;

/**
 * Milliseconds to wait before try number `attempt` (from 0): doubling up to the
 * longest, of which the upper half is left to `random` (0 to 1), so that the
 * clients of a restarted server do not all return at the same moment.
 */
export function backoff(attempt: number, random: number): number {
  // 2^31 and more would only overflow on the way to the bound.
  const wait = Math.min(BACKOFF.longest, BACKOFF.first * 2 ** Math.min(attempt, 30));
  return Math.round(wait / 2 + wait / 2 * random);
}
