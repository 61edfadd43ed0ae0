/** What the system says when a file can't be used. */

/** The error's words, without the number and the path behind them. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) throw error;
  return error.message.replace(/\s*\(os error \d+\).*$/, "");
}
