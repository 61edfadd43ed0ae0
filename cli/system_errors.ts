/** Error messages of the operating system. */

/** The message of `error`, without the error number and the path at its end. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) throw error;
  return error.message.replace(/\s*\(os error \d+\).*$/, "");
}

/** The path that Deno names at the end of the error's words, if it does. */
export function pathIn(error: unknown): string | undefined {
  return error instanceof Error ? /: \w+ '(.*)'$/.exec(error.message)?.[1] : undefined;
}
