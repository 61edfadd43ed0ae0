/** What the system says when a file or a host can't be reached. */

/** The error's words, without the number and the path behind them. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) throw error;
  return error.message.replace(/\s*\(os error \d+\).*$/, "");
}
