/** Errors that end the program. */

/** An error for a person, in one line; the program ends with `code`. */
export class Failure extends Error {
  override name = "Failure";
  /** The exit code: 1 refused or lost, 2 wrong usage. */
  readonly code: 1 | 2;

  constructor(code: 1 | 2, message: string) {
    super(message);
    this.code = code;
  }
}
