/** Why the server cannot start, in one line for a person. */
export class StartFailure extends Error {
  override name = "StartFailure";
}
