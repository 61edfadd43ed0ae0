/**
 * A time limit for waiting for another program's output.
 */

/** Milliseconds for a program to show the expected output. */
const TIMEOUT = 10_000;

/** The result of `work`. Rejects if that takes too long, naming `what` did, or if the user stops the program. */
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
