/**
 * Waiting for a program that may never say what it is waited for: an end to that.
 */

/** Milliseconds that a program has, to show what it is to show. */
const TIMEOUT = 10_000;

/** What `work` comes to. Rejects when it takes too long, saying `what` did, or when the person stops the program. */
export async function inTime<Result>(
  work: Promise<Result>,
  what: string,
  signal: AbortSignal,
): Promise<Result> {
  const { promise: end, reject } = Promise.withResolvers<never>();
  const seconds = TIMEOUT / 1000;
  const timer = setTimeout(() => reject(new Error(`${what} took over ${seconds} s`)), TIMEOUT);
  const onAbort = () => reject(signal.reason);
  signal.addEventListener("abort", onAbort);
  try {
    signal.throwIfAborted();
    return await Promise.race([work, end]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
  }
}
