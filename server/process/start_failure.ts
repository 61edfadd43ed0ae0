/** Why the server can't start, in one line for a person. */
export class StartFailure extends Error {
  override name = "StartFailure";
}
