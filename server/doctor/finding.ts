/** A finding of `chat-server doctor` about one thing. */
export interface Finding {
  /** `warn` for what works for now. */
  readonly level: "ok" | "warn" | "fail";
  readonly what: string;
  /** Its state and, unless it is well, what to do. */
  readonly text: string;
}

/** A {@linkcode Finding} as a list. */
export function found(level: Finding["level"], what: string, text: string): Finding[] {
  return [{ level, what, text }];
}
