/** A file with a password in its first line. */

import { messageOf } from "../../cli/system_errors.ts";

/** Bytes that are read of it; the longest password has fewer. */
const MAX_BYTES = 4_096;

/** The bits of a file's mode by which others than its owner may read or change it. */
const OTHERS = 0o077;

/** Reads the password, or says in one line why the file can't be used. */
export function readPassword(path: string): { password: string } | { problem: string } {
  const problem = (why: string) => ({ problem: `Cannot use the password file ${path}: ${why}` });
  try {
    using file = Deno.openSync(path);
    // By the file that is open: its name may be another's by now. Windows has no mode.
    const { mode } = file.statSync();
    if (mode !== null && (mode & OTHERS) !== 0) {
      return problem(`others may read it; chmod 600 ${path}`);
    }
    const [password = ""] = readBeginning(file).split(/\r?\n/);
    return password === "" ? problem("its first line is empty") : { password };
  } catch (error) {
    return problem(messageOf(error));
  }
}

function readBeginning(file: Deno.FsFile): string {
  const bytes = new Uint8Array(MAX_BYTES);
  let length = 0;
  for (let count = 1; count > 0; length += count) {
    count = file.readSync(bytes.subarray(length)) ?? 0;
  }
  return new TextDecoder().decode(bytes.subarray(0, length));
}
